package io.github.jmixtral.server.internal.http;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.http.HttpHeader;

/**
 * An answer that is written event by event. While there is nothing to send, a line that means
 * nothing is sent now and then, so that proxies keep the connection and a client that has vanished
 * is found. To be closed, which does not end the answer but these lines.
 */
public final class EventStream implements AutoCloseable {
  /** Says why a stream ends. */
  public interface LastEvent {
    /**
     * The last event of a stream that fails.
     *
     * @param sent how many events came before
     */
    Event of(HttpFailure failure, int sent);
  }

  private final Answer answer;
  private final EventFormat format;
  private final LastEvent failures;
  private final Duration pingInterval;
  private final Runnable whenGone;
  private final Thread pings;
  private final ReentrantLock turn = new ReentrantLock();

  // Guarded by the lock.
  private boolean begun;
  private int sent;
  private volatile boolean closed;
  private volatile long lastWrite = System.nanoTime();

  EventStream(
      Answer answer,
      EventFormat format,
      LastEvent failures,
      Duration pingInterval,
      Runnable whenGone) {
    this.answer = answer;
    this.format = format;
    this.failures = failures;
    this.pingInterval = pingInterval;
    this.whenGone = whenGone;
    this.pings = Thread.ofVirtual().unstarted(this::ping);
    if (format.ping().length > 0) {
      pings.start();
    }
  }

  EventFormat format() {
    return format;
  }

  /**
   * Sends an event, at once.
   *
   * @throws ClientGoneException if the client has gone or does not read
   */
  public void send(Event event) throws ClientGoneException {
    turn.lock();
    try {
      write(false, format.text(event).getBytes(StandardCharsets.UTF_8));
      sent++;
    } finally {
      turn.unlock();
    }
  }

  /** Ends the answer. */
  public void end() throws ClientGoneException {
    write(true, new byte[0]);
  }

  /** Ends the answer with an event that says why. */
  void fail(HttpFailure failure) throws ClientGoneException {
    turn.lock();
    try {
      write(true, format.text(failures.of(failure, sent)).getBytes(StandardCharsets.UTF_8));
    } finally {
      turn.unlock();
    }
  }

  private void write(boolean last, byte[] bytes) throws ClientGoneException {
    turn.lock();
    try {
      if (!begun) {
        begun = true;
        answer.headers().put(HttpHeader.CONTENT_TYPE, format.contentType());
        answer.headers().put(HttpHeader.CACHE_CONTROL, "no-cache");
        // Asks nginx not to gather the events.
        answer.headers().put("X-Accel-Buffering", "no");
      }
      answer.write(last, bytes);
      lastWrite = System.nanoTime();
    } finally {
      turn.unlock();
    }
  }

  private void ping() {
    while (!closed) {
      long pause = lastWrite + pingInterval.toNanos() - System.nanoTime();
      if (pause > 0) {
        LockSupport.parkNanos(this, pause);
      } else if (!pingOnce()) {
        return;
      }
    }
  }

  private boolean pingOnce() {
    turn.lock();
    try {
      if (!closed) {
        write(false, format.ping());
      }
      return true;
    } catch (ClientGoneException _) {
      whenGone.run();
      return false;
    } finally {
      turn.unlock();
    }
  }

  /** Ends the pings: when this returns none is under way. */
  @Override
  public void close() {
    turn.lock();
    try {
      closed = true;
    } finally {
      turn.unlock();
    }
    LockSupport.unpark(pings);
  }
}
