package io.github.jmixtral.server.internal.http;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * The way back to the client: blocking writes, one at a time, each within a time. Whether the
 * client is still there is asked here, too, as the question is a write.
 */
final class Answer {
  /** A slow client has to take this much within the patience. */
  private static final int PIECE = 64 * 1024;

  private final Request request;
  private final Response response;
  private final Callback callback;
  private final Duration patience;
  private final ReentrantLock writing = new ReentrantLock();

  /** Whether nothing more can be written: all is, or a write failed. */
  private boolean ended;

  private boolean completed;
  private long bytes;

  Answer(Request request, Response response, Callback callback, Duration patience) {
    this.request = request;
    this.response = response;
    this.callback = callback;
    this.patience = patience;
  }

  HttpFields.Mutable headers() {
    return response.getHeaders();
  }

  int status() {
    return response.getStatus();
  }

  /** The number of bytes of the body that were written. */
  long bytes() {
    return bytes;
  }

  boolean isCommitted() {
    return response.isCommitted();
  }

  void setStatus(int status) {
    response.setStatus(status);
  }

  /**
   * Writes a part of the body; the first one begins the answer.
   *
   * @param last whether it is the last
   * @throws ClientGoneException if the client has gone or does not read
   */
  void write(boolean last, byte[] content) throws ClientGoneException {
    writing.lock();
    try {
      if (ended) {
        throw new ClientGoneException("the answer has ended", new EofException());
      }
      int from = 0;
      do {
        int count = Math.min(PIECE, content.length - from);
        boolean ends = last && from + count == content.length;
        var written = new CompletableFuture<Void>();
        ended = ends;
        response.write(ends, ByteBuffer.wrap(content, from, count), Callback.from(written));
        await(written);
        from += count;
        bytes += count;
      } while (from < content.length);
    } finally {
      writing.unlock();
    }
  }

  /**
   * Whether the client is still there: an answer that has not begun is preceded by an interim
   * response, which clients ignore; one that has by a line that means nothing, if there is one. A
   * socket that was closed answers the first with a reset, and the next question fails.
   *
   * @param nothing what may be written between two events; empty if there is no such thing
   */
  boolean isClientThere(byte[] nothing) {
    writing.lock();
    try {
      if (ended) {
        return true; // no longer of interest
      }
      if (response.isCommitted()) {
        if (nothing.length > 0) {
          write(false, nothing);
        }
      } else if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1) {
        await(response.writeInterim(HttpStatus.PROCESSING_102, HttpFields.EMPTY));
      }
      return true;
    } catch (ClientGoneException _) {
      return false;
    } finally {
      writing.unlock();
    }
  }

  /** Ends the request; no more is written. */
  void complete() {
    writing.lock();
    try {
      if (!completed) {
        completed = true;
        ended = true;
        callback.succeeded();
      }
    } finally {
      writing.unlock();
    }
  }

  /** Ends the request and its connection (its stream, with HTTP/2). */
  void abort(Throwable cause) {
    writing.lock();
    try {
      if (!completed) {
        completed = true;
        ended = true;
        callback.failed(cause);
      }
    } finally {
      writing.unlock();
    }
  }

  private void await(CompletableFuture<Void> written) throws ClientGoneException {
    try {
      written.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException failure) {
      ended = true;
      throw new ClientGoneException("the client has gone", failure.getCause());
    } catch (TimeoutException slow) {
      ended = true;
      throw new ClientGoneException("the client does not read its answer", slow);
    } catch (InterruptedException interrupt) {
      ended = true;
      Thread.currentThread().interrupt();
      throw new ClientGoneException("the server is stopping", interrupt);
    }
  }
}
