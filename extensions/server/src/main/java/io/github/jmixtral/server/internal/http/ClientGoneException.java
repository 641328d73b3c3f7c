package io.github.jmixtral.server.internal.http;

import java.io.IOException;
import org.eclipse.jetty.io.QuietException;
import org.jspecify.annotations.Nullable;

/** The client has closed its connection, or reads too slowly: there is no one to answer. */
public final class ClientGoneException extends IOException implements QuietException {
  private static final long serialVersionUID = 1;

  ClientGoneException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
