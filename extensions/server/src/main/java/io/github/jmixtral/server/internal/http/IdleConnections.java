package io.github.jmixtral.server.internal.http;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;

/**
 * Closes connections on which no request has begun or run for some time, whatever bytes trickle in:
 * those that are kept for later, those that never finish their headers or their handshake.
 */
final class IdleConnections {
  private final Duration patience;
  private final Map<EndPoint, Use> uses = new ConcurrentHashMap<>();

  /**
   * How a connection is used.
   *
   * @param running the number of its requests
   * @param since when that changed, by {@link System#nanoTime}
   */
  private record Use(int running, long since) {}

  IdleConnections(Duration patience) {
    this.patience = patience;
  }

  /** The socket's end point below TLS and whatever else there is. */
  static EndPoint endPoint(Request request) {
    EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
    while (endPoint instanceof EndPoint.Wrapper wrapper) {
      endPoint = wrapper.unwrap();
    }
    return endPoint;
  }

  void requestBegins(EndPoint endPoint) {
    count(endPoint, 1);
  }

  void requestEnds(EndPoint endPoint) {
    count(endPoint, -1);
  }

  private void count(EndPoint endPoint, int change) {
    uses.merge(
        endPoint,
        new Use(Math.max(0, change), System.nanoTime()),
        (old, changed) -> new Use(old.running() + change, changed.since()));
  }

  /** Closes what has been idle for too long. To be called every now and then. */
  void sweep(Collection<EndPoint> connected) {
    long now = System.nanoTime();
    for (EndPoint endPoint : connected) {
      Use use = uses.computeIfAbsent(endPoint, _ -> new Use(0, now));
      if (use.running() == 0 && now - use.since() > patience.toNanos()) {
        endPoint.close();
      }
    }
    uses.keySet().removeIf(endPoint -> !endPoint.isOpen());
  }
}
