package io.github.jmixtral.cli;

import java.io.IOException;

/** Nobody reads standard output any more, as when {@code head} has seen enough. */
final class ClosedOutputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ClosedOutputException(IOException cause) {
    super("standard output: closed by its reader", cause);
  }
}
