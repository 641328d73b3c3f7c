package io.github.jmixtral.server.internal.http;

/** Learns of requests as they end. Must return soon. */
@FunctionalInterface
public interface RequestListener {
  /** A request has ended. */
  void ended(ServedRequest request);
}
