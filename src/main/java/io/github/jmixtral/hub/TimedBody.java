package io.github.jmixtral.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The body of a response as a stream whose reads fail after a time of silence. The HTTP client's
 * own stream waits forever: the client's timeouts end with the headers. One thread reads it.
 */
final class TimedBody extends InputStream implements BodySubscriber<InputStream> {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Duration silence;
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private final AtomicReference<Flow.Subscription> subscription = new AtomicReference<>();
  private final Queue<ByteBuffer> ready = new ArrayDeque<>();
  private boolean ended;
  private volatile boolean closed;

  private sealed interface Signal {
    record Bytes(List<ByteBuffer> buffers) implements Signal {}

    record Failure(Throwable cause) implements Signal {}

    record End() implements Signal {}
  }

  /**
   * @param silence how long to wait for the next bytes
   */
  TimedBody(Duration silence) {
    this.silence = silence;
  }

  @Override
  public CompletionStage<InputStream> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription.set(given);
    if (closed) {
      given.cancel();
    } else {
      given.request(1);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    signals.add(new Signal.Bytes(buffers));
  }

  @Override
  public void onError(Throwable failure) {
    signals.add(new Signal.Failure(failure));
  }

  @Override
  public void onComplete() {
    signals.add(new Signal.End());
  }

  @Override
  public int read() throws IOException {
    ByteBuffer bytes = next();
    return bytes.hasRemaining() ? Byte.toUnsignedInt(bytes.get()) : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    ByteBuffer bytes = next();
    int count = Math.min(length, bytes.remaining());
    bytes.get(into, offset, count);
    return count == 0 ? -1 : count;
  }

  /** Returns a buffer with the next bytes, or without any at the end. */
  private ByteBuffer next() throws IOException {
    while (true) {
      if (closed) {
        throw new IOException("the response is closed");
      }
      ByteBuffer first = ready.peek();
      if (first != null && first.hasRemaining()) {
        return first;
      }
      if (first != null) {
        ready.remove();
      } else if (ended) {
        return NOTHING;
      } else {
        await();
      }
    }
  }

  private void await() throws IOException {
    Signal signal;
    try {
      signal = signals.poll(silence.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
    switch (signal) {
      case Signal.Bytes(List<ByteBuffer> buffers) -> {
        ready.addAll(buffers);
        // The subscription is there: bytes have come.
        Objects.requireNonNull(subscription.get()).request(1);
      }
      case Signal.Failure(Throwable cause) -> throw new IOException(cause.getMessage(), cause);
      case Signal.End() -> ended = true;
      case null ->
          throw new HttpTimeoutException("nothing came for %,d ms".formatted(silence.toMillis()));
    }
  }

  /** Ends the request, unless everything has come. */
  @Override
  public void close() {
    closed = true;
    Flow.Subscription given = subscription.get();
    if (given != null) {
      given.cancel();
    }
  }
}
