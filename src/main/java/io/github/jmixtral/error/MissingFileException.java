package io.github.jmixtral.error;

/**
 * A file or folder that a checkpoint needs is not there.
 *
 * @since 0.1.0
 */
public final class MissingFileException extends JmixtralException {
  private static final long serialVersionUID = 1L;

  /**
   * @param place the path that was looked for
   * @param problem what is missing there and what to do, as the rest of the sentence
   */
  public MissingFileException(String place, String problem) {
    super(place + ": " + problem);
  }
}
