package io.github.jmixtral.error;

/**
 * A file breaks the rules of its format, or contradicts another file of its folder: {@code
 * model.safetensors: tensor 'lm_head.weight': expected shape [32000, 4096], found [32000, 4095]}.
 *
 * @since 0.1.0
 */
public final class MalformedFileException extends JmixtralException {
  private static final long serialVersionUID = 1L;

  /**
   * @param place the file, followed by where in it (a tensor, a key, an offset), separated by
   *     {@code ": "}
   * @param problem what is wrong there, as the rest of the sentence
   */
  public MalformedFileException(String place, String problem) {
    super(place + ": " + problem);
  }

  /** The same with the exception of a parser underneath. */
  public MalformedFileException(String place, String problem, Throwable cause) {
    super(place + ": " + problem, cause);
  }

  /**
   * A value that is another than it should be.
   *
   * @param place the file's name, followed by where in it (a tensor, a key, an offset), separated
   *     by {@code ": "}
   * @param expected what should stand there
   * @param found what stands there
   */
  public MalformedFileException(String place, String expected, String found) {
    super(place + ": expected " + expected + ", found " + found);
  }
}
