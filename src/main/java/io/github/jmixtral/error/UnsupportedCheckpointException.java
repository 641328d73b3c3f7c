package io.github.jmixtral.error;

/**
 * A checkpoint is well-formed but asks for something that jmixtral does not do: another {@code
 * model_type}, an unknown rope type, an unknown quantisation.
 *
 * @since 0.1.0
 */
public final class UnsupportedCheckpointException extends JmixtralException {
  private static final long serialVersionUID = 1L;

  /**
   * @param place the file, followed by where in it, separated by {@code ": "}
   * @param problem what is not supported there and what to do, as the rest of the sentence
   */
  public UnsupportedCheckpointException(String place, String problem) {
    super(place + ": " + problem);
  }

  /**
   * A value that is not supported.
   *
   * @param place the file, followed by where in it, separated by {@code ": "}
   * @param supported what is supported
   * @param found what the checkpoint asks for
   */
  public UnsupportedCheckpointException(String place, String supported, String found) {
    super(place + ": expected " + supported + ", found " + found);
  }
}
