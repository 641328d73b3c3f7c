package io.github.jmixtral.cli;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Memory for answers that wait until those before them are written. While it is full, only the line
 * that all wait for is answered. Thread-safe.
 */
final class AnswerRoom {
  private static final long BYTES = 64 << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long taken;
  private long first;

  /** Waits until a line may be answered. */
  void await(long line) throws InterruptedException {
    lock.lock();
    try {
      while (taken > BYTES && line != first) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** An answer of some bytes waits now. */
  void enter(long bytes) {
    change(() -> taken += bytes);
  }

  /** An answer of some bytes is written. */
  void leave(long bytes) {
    change(() -> taken -= bytes);
  }

  /** All wait for the answer to this line. */
  void setFirst(long line) {
    change(() -> first = line);
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
