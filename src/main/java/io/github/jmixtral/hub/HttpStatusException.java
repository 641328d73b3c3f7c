package io.github.jmixtral.hub;

import java.io.IOException;
import java.util.OptionalLong;

/** A server's answer that is neither the content nor a refusal. */
final class HttpStatusException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final long retryAfterSeconds;

  HttpStatusException(int status, OptionalLong retryAfterSeconds) {
    super("HTTP " + status);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds.orElse(0);
  }

  /** Whether the server may answer otherwise in a moment. */
  boolean isPassing() {
    return status == 408 || status == 416 || status == 429 || status >= 500;
  }

  /** Whether the server has nothing from the byte on that it was asked for. */
  boolean isRangeRefused() {
    return status == 416;
  }

  /** How long the server asks to wait. */
  long retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
