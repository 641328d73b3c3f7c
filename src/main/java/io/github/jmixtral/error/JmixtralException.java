package io.github.jmixtral.error;

/**
 * The superclass of the exceptions about files, checkpoints and downloads. A message is one line:
 * the place, what is wrong, and where possible what to do.
 *
 * @since 0.1.0
 */
public abstract class JmixtralException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  JmixtralException(String message) {
    super(message);
  }

  JmixtralException(String message, Throwable cause) {
    super(message, cause);
  }
}
