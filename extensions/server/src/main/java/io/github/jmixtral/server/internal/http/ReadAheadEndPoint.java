package io.github.jmixtral.server.internal.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadPendingException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ProxyConnectionFactory.ProxyEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * An end point that notices the end of its input while a request is handled. An HTTP/1.1 connection
 * of Jetty's does not read then, so that a client that has gone is found only by writing to it.
 * This end point lies between the socket (or the TLS layer) and the connection, and reads on its
 * own while somebody watches: what comes early, a pipelined request, is kept for the connection's
 * next read. Both registrations for input are its own, so that they never collide.
 */
final class ReadAheadEndPoint extends ProxyEndPoint {
  /** With this much kept it stops reading: the end is noticed later, and no byte is lost. */
  private static final int CAPACITY = 16 * 1024;

  private final EndPoint source;
  private final Executor executor;
  private final Readiness readiness = new Readiness();
  private final Object lock = new Object();

  // The rest is guarded by the lock; callbacks run outside it.

  /** What was read early, as Jetty's buffers are when they are read from. */
  private ByteBuffer ahead = BufferUtil.EMPTY_BUFFER;

  /** The connection's interest in input. */
  private @Nullable Callback connection;

  /** Learns of the end of the input. */
  private @Nullable Runnable watcher;

  /** Whether the source will call {@link #readiness}. */
  private boolean armed;

  /** Whether input came when neither the connection nor a watcher wanted it. */
  private boolean ready;

  private boolean ended;

  ReadAheadEndPoint(EndPoint source, Executor executor) {
    super(source, source.getRemoteSocketAddress(), source.getLocalSocketAddress());
    this.source = source;
    this.executor = executor;
  }

  /**
   * Calls the watcher once when the input ends, at once if it has. To be called when the request's
   * body has been read; the watcher must return soon.
   */
  void watch(Runnable watcher) {
    boolean over;
    synchronized (lock) {
      over = ended;
      if (!over) {
        this.watcher = watcher;
        arm();
      }
    }
    if (over) {
      watcher.run();
    }
  }

  /** Ends the watch. To be called before the request completes. */
  void unwatch() {
    synchronized (lock) {
      watcher = null;
    }
  }

  private void arm() {
    if (!armed) {
      armed = true;
      armed = source.tryFillInterested(readiness);
    }
  }

  @Override
  public int fill(ByteBuffer buffer) throws IOException {
    synchronized (lock) {
      if (ahead.hasRemaining()) {
        int filled = BufferUtil.append(buffer, ahead);
        if (!ahead.hasRemaining()) {
          ahead = BufferUtil.EMPTY_BUFFER;
        }
        return filled;
      }
      return ended ? -1 : source.fill(buffer);
    }
  }

  @Override
  public boolean tryFillInterested(Callback callback) {
    synchronized (lock) {
      if (connection != null) {
        return false;
      }
      if (!ready && !ended && !ahead.hasRemaining()) {
        connection = callback;
        arm();
        return true;
      }
      ready = false;
    }
    executor.execute(callback::succeeded);
    return true;
  }

  @Override
  public void fillInterested(Callback callback) {
    if (!tryFillInterested(callback)) {
      throw new ReadPendingException();
    }
  }

  @Override
  public boolean isFillInterested() {
    synchronized (lock) {
      return connection != null;
    }
  }

  @Override
  public SslSessionData getSslSessionData() {
    return source.getSslSessionData();
  }

  private final class Readiness implements Callback {
    @Override
    public void succeeded() {
      Callback toConnection;
      Runnable toWatcher = null;
      synchronized (lock) {
        armed = false;
        toConnection = connection;
        connection = null;
        if (toConnection == null && watcher == null) {
          ready = true;
        } else if (toConnection == null && readAhead()) {
          toWatcher = watcher;
          watcher = null;
        }
      }
      if (toConnection != null) {
        toConnection.succeeded();
      } else if (toWatcher != null) {
        toWatcher.run();
      }
    }

    /** Reads what is there and goes on waiting; true if that is the end. */
    private boolean readAhead() {
      if (ahead.capacity() == 0) {
        ahead = BufferUtil.allocate(CAPACITY);
      }
      BufferUtil.compact(ahead);
      try {
        ended = source.fill(ahead) < 0;
      } catch (IOException _) {
        ended = true;
      }
      if (!ended && BufferUtil.space(ahead) > 0) {
        arm();
      }
      return ended;
    }

    @Override
    public void failed(Throwable failure) {
      Callback toConnection;
      Runnable toWatcher = null;
      synchronized (lock) {
        armed = false;
        toConnection = connection;
        connection = null;
        if (toConnection == null && watcher != null) {
          if (failure instanceof TimeoutException) {
            arm(); // a request may take long
          } else {
            ended = true;
            toWatcher = watcher;
            watcher = null;
          }
        }
      }
      if (toConnection != null) {
        toConnection.failed(failure);
      } else if (toWatcher != null) {
        toWatcher.run();
      }
    }

    /** The watcher only starts a thread; what the connection does, it says itself. */
    @Override
    public InvocationType getInvocationType() {
      synchronized (lock) {
        return connection == null ? InvocationType.NON_BLOCKING : connection.getInvocationType();
      }
    }
  }
}
