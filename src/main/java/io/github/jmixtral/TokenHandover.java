package io.github.jmixtral;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Hands tokens from the thread that generates to the thread that reads a stream, one at a time: the
 * generation is at most two tokens ahead, one that waits here and one that is computed. Does not
 * know the stream, so that a forgotten stream can be found unreachable while the generation runs.
 */
final class TokenHandover implements Runnable, GenerationListener {
  private final GenerationRequest request;
  private final CancellationHandle cancellation = new CancellationHandle();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Wait for the reader: one, or a few when a handle of the caller's has ended the generation. */
  private final Queue<GeneratedToken> tokens = new ArrayDeque<>();

  private @Nullable Thread generating;
  private boolean ended;
  private @Nullable Generation result;
  private @Nullable Throwable failure;

  TokenHandover(GenerationRequest request) {
    this.request = request;
  }

  /** Generates on this thread, at the reader's pace. */
  @Override
  public void run() {
    Generation generated = null;
    Throwable thrown = null;
    if (begin()) {
      try {
        generated = request.generateFor(this, cancellation, this::wake);
      } catch (Throwable e) {
        thrown = e;
      }
    }
    lock.lock();
    try {
      result = generated;
      failure = thrown;
      generating = null;
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The handles that cancel the generation. */
  List<CancellationHandle> cancellations() {
    return Stream.concat(Stream.of(cancellation), request.cancellations().stream()).toList();
  }

  private boolean isCancelled() {
    return cancellation.isCancelled() || request.isCancelled();
  }

  private boolean begin() {
    lock.lock();
    try {
      generating = Thread.currentThread();
      return !cancellation.isCancelled();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the reader has taken the token before. */
  @Override
  public void onToken(GeneratedToken generated) {
    lock.lock();
    try {
      while (!tokens.isEmpty() && !isCancelled()) {
        changed.await();
      }
      if (!cancellation.isCancelled()) {
        tokens.add(generated);
        changed.signalAll();
      }
    } catch (InterruptedException interrupt) {
      // The generation sees the flag and ends.
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the next token; empty at the end. An interrupt of the reader cancels.
   *
   * @throws RuntimeException what the generation threw
   */
  Optional<GeneratedToken> take() {
    lock.lock();
    try {
      while (tokens.isEmpty() && !ended) {
        changed.await();
      }
      GeneratedToken taken = tokens.poll();
      changed.signalAll();
      if (taken == null && failure != null) {
        rethrow(failure);
      }
      return Optional.ofNullable(taken);
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      cancel();
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** The result, once no token is left. */
  Generation result() {
    lock.lock();
    try {
      while (!ended) {
        changed.awaitUninterruptibly();
      }
      if (failure != null) {
        rethrow(failure);
      }
      if (result == null) {
        throw new CancellationException("the stream was closed before it began");
      }
      return result;
    } finally {
      lock.unlock();
    }
  }

  /** Lets the generation end and drops what was not read. */
  void cancel() {
    lock.lock();
    try {
      cancellation.cancel();
      tokens.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the generation is over; one that has not begun never will. */
  void awaitEnd() {
    lock.lock();
    try {
      while (generating != null && generating != Thread.currentThread()) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private static void rethrow(Throwable failure) {
    switch (failure) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }
}
