package io.github.jmixtral.server.internal.http;

/** Answers the requests of a route. */
@FunctionalInterface
public interface Responder {
  /**
   * Answers a request, on a virtual thread of its own.
   *
   * @throws HttpFailure if it is refused, also when an answer of events has begun
   * @throws ClientGoneException if the client has gone
   */
  void answer(Exchange exchange) throws ClientGoneException;
}
