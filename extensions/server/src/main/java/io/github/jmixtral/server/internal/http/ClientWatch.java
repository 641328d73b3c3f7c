package io.github.jmixtral.server.internal.http;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a client has gone while its request waits, is computed or is answered. With HTTP/2
 * the connection itself reads and reports. With HTTP/1.1 the end of the input is seen by a {@link
 * ReadAheadEndPoint}; as a client may close its side and wait for the answer all the same, it is
 * then asked a few times whether it is still there.
 */
final class ClientWatch {
  /** Pauses in front of the questions; the last one repeats. */
  private static final List<Duration> PAUSES =
      List.of(Duration.ZERO, Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofSeconds(1));

  private final Exchange exchange;
  private final @Nullable ReadAheadEndPoint endPoint;
  private volatile boolean over;

  private ClientWatch(Request request, Exchange exchange) {
    this.exchange = exchange;
    this.endPoint =
        request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_2
                && request.getConnectionMetaData().getConnection().getEndPoint()
                    instanceof ReadAheadEndPoint readAhead
            ? readAhead
            : null;
  }

  /** Begins to watch. To be called when the request's body has been read. */
  static ClientWatch begin(Request request, Exchange exchange) {
    var watch = new ClientWatch(request, exchange);
    if (watch.endPoint != null) {
      watch.endPoint.watch(() -> Thread.ofVirtual().start(watch::question));
    } else {
      request.addFailureListener(watch::failed);
    }
    return watch;
  }

  /** Ends the watch. To be called before the request completes. */
  void end() {
    over = true;
    if (endPoint != null) {
      endPoint.unwatch();
    }
  }

  private void failed(Throwable cause) {
    if (!(cause instanceof TimeoutException)) {
      exchange.clientHasGone();
    }
  }

  private void question() {
    try {
      for (int asked = 0; !over; asked++) {
        Thread.sleep(PAUSES.get(Math.min(asked, PAUSES.size() - 1)));
        if (!over && !exchange.isClientThere()) {
          exchange.clientHasGone();
          return;
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
