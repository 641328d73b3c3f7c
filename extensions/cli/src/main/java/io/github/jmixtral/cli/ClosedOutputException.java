package io.github.jmixtral.cli;

import java.io.IOException;

/** Standard output was closed by its reader, such as {@code head}. */
final class ClosedOutputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ClosedOutputException(IOException cause) {
    super("standard output: closed by its reader", cause);
  }
}
