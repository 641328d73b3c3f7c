package io.github.jmixtral.server.internal.http;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/**
 * Reads the bodies of requests, within bounds: a size for each, a size for all that are held at the
 * same time, and a time.
 */
final class BodyReader {
  private static final int FIRST_CAPACITY = 8 * 1024;

  private final int maxBytes;
  private final long maxBytesOfAll;
  private final Duration patience;
  private final AtomicLong held = new AtomicLong();

  BodyReader(int maxBytes, long maxBytesOfAll, Duration patience) {
    this.maxBytes = maxBytes;
    this.maxBytesOfAll = maxBytesOfAll;
    this.patience = patience;
  }

  /**
   * Reads a body; its bytes count as held until they are {@link #release released}.
   *
   * @throws HttpFailure if the body is too large, too slow or malformed, or there are too many
   * @throws ClientGoneException if the client has gone
   */
  byte[] read(Request request) throws ClientGoneException, InterruptedException {
    HttpField encoding = request.getHeaders().getField(HttpHeader.CONTENT_ENCODING);
    if (encoding != null && !"identity".equalsIgnoreCase(encoding.getValue())) {
      throw HttpFailure.encoded(String.valueOf(encoding.getValue()));
    }
    if (request.getLength() > maxBytes) {
      throw HttpFailure.tooLarge(maxBytes);
    }
    long deadline = System.nanoTime() + patience.toNanos();
    byte[] body = new byte[0];
    int length = 0;
    boolean whole = false;
    try {
      while (true) {
        Content.Chunk chunk = next(request, deadline);
        try {
          ByteBuffer bytes = chunk.getByteBuffer();
          int count = bytes.remaining();
          if (count > maxBytes - length) {
            throw HttpFailure.tooLarge(maxBytes);
          }
          if (length + count > body.length) {
            int capacity = Math.max(FIRST_CAPACITY, Math.max(2 * body.length, length + count));
            hold(capacity - body.length);
            body = Arrays.copyOf(body, capacity);
          }
          bytes.get(body, length, count);
          length += count;
        } finally {
          chunk.release();
        }
        if (chunk.isLast()) {
          release(body.length - length);
          whole = true;
          return Arrays.copyOf(body, length);
        }
      }
    } finally {
      if (!whole) {
        release(body.length);
      }
    }
  }

  private void hold(int bytes) {
    if (held.addAndGet(bytes) > maxBytesOfAll) {
      held.addAndGet(-bytes);
      throw HttpFailure.busy("the server holds too many large requests; come again later");
    }
  }

  /** The bytes are no longer held. */
  void release(int bytes) {
    held.addAndGet(-bytes);
  }

  /** How many bytes are held now. */
  long held() {
    return held.get();
  }

  private static Content.Chunk next(Request request, long deadline)
      throws ClientGoneException, InterruptedException {
    while (true) {
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        await(request, deadline);
      } else if (Content.Chunk.isFailure(chunk)) {
        throw failure(chunk.getFailure());
      } else {
        return chunk;
      }
    }
  }

  private static RuntimeException failure(Throwable cause) throws ClientGoneException {
    if (cause instanceof HttpException malformed) {
      return HttpFailure.ofStatus(
          malformed.getCode(), "the body of the request is malformed: " + malformed.getReason());
    }
    if (cause instanceof TimeoutException) {
      return HttpFailure.slowBody();
    }
    throw new ClientGoneException("the client went away while it sent its request", cause);
  }

  private static void await(Request request, long deadline) throws InterruptedException {
    var arrival = new CompletableFuture<Void>();
    request.demand(() -> arrival.complete(null));
    try {
      arrival.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      throw HttpFailure.slowBody();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
