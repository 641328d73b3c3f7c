package io.github.jmixtral.cli;

import io.github.jmixtral.generation.CancellationHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Ctrl-C. Work that should end in an orderly way runs inside {@link #endOrderly}: it is cancelled,
 * and the process waits a moment for it.
 */
final class Interruption {
  /** Longer than a token of a large model takes, shorter than a user's patience. */
  private static final int PATIENCE_SECONDS = 5;

  private final CancellationHandle cancellation = new CancellationHandle();
  private final ReentrantLock working = new ReentrantLock();

  /** Begins to react to interruptions. */
  void listen() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "jmixtral-interruption"));
  }

  /** Cancelled when the process is interrupted. */
  CancellationHandle cancellation() {
    return cancellation;
  }

  /** Does work that looks at {@link #cancellation} every now and then. */
  <T> T endOrderly(Supplier<T> work) {
    working.lock();
    try {
      return work.get();
    } finally {
      working.unlock();
    }
  }

  private void stop() {
    cancellation.cancel();
    try {
      // The lock is never given back: nothing new begins.
      working.tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
