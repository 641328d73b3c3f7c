package io.github.jmixtral.openai.api;

import java.util.Objects;

/**
 * A request that is not answered.
 *
 * @since 0.1.0
 */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ApiError error;

  /** An exception that carries an error. */
  public ApiException(ApiError error) {
    this(error, null);
  }

  /**
   * An exception with what caused it.
   *
   * @param cause or null
   */
  @SuppressWarnings("exports") // applications need not have the annotation of the null
  public ApiException(ApiError error, @org.jspecify.annotations.Nullable Throwable cause) {
    super(error.message(), cause);
    this.error = Objects.requireNonNull(error, "error");
  }

  /** What the client is answered. */
  public ApiError error() {
    return error;
  }
}
