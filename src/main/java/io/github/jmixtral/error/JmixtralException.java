package io.github.jmixtral.error;

/**
 * The root of everything that jmixtral throws on purpose. Messages are one line: the place, what
 * was found and what was expected there.
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
