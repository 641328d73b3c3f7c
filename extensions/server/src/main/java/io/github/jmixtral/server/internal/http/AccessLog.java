package io.github.jmixtral.server.internal.http;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs a line for each request, under the name {@code io.github.jmixtral.server.access}. */
public final class AccessLog implements RequestListener {
  private static final Logger LOGGER = LoggerFactory.getLogger("io.github.jmixtral.server.access");

  /** A log of all requests. */
  public AccessLog() {}

  @Override
  public void ended(ServedRequest request) {
    if (LOGGER.isInfoEnabled()) {
      LOGGER.info(
          "{} {} {} {} {} bytes {} ms",
          request.client(),
          printable(request.method()),
          printable(request.target()),
          request.status(),
          request.bytes(),
          request.time().toMillis());
    }
  }

  /** A line of the log must not be made by a client. */
  private static String printable(String text) {
    return text.replaceAll("[^\\x21-\\x7e]", "?");
  }
}
