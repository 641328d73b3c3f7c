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
   * @param expected what should be there, and for what
   */
  public MissingFileException(String place, String expected) {
    super(place + ": expected " + expected + ", found nothing there");
  }
}
