package io.github.jmixtral;

import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Lets threads use something one after the other, in the order they came, until it is closed. */
final class Turns implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Runnable release;
  private volatile boolean closed;

  /**
   * No call has its turn yet.
   *
   * @param release gives back what is used, once closed; may run more than once
   */
  Turns(Runnable release) {
    this.release = release;
  }

  /**
   * Waits for the turns before and works.
   *
   * @throws CancellationException when the thread is interrupted while it waits; its flag stays set
   * @throws IllegalStateException within a turn, and when closed
   */
  <T> T take(Supplier<T> work) {
    if (lock.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          "session: a call within a turn under way would wait for itself; make it when the turn has"
              + " ended");
    }
    await();
    try {
      if (closed) {
        throw new IllegalStateException("the session is closed");
      }
      return work.get();
    } finally {
      lock.unlock();
      releaseIfClosed();
    }
  }

  /** As {@link #take(Supplier)} for work without a result. */
  void take(Runnable work) {
    take(
        () -> {
          work.run();
          return null;
        });
  }

  /** What an interrupt means for one who need not wait, the work decides. */
  private void await() {
    if (!lock.hasQueuedThreads() && lock.tryLock()) {
      return;
    }
    try {
      lock.lockInterruptibly();
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while waiting for another turn");
    }
  }

  /** Ends the turns; the one under way goes on to its end. */
  @Override
  public void close() {
    closed = true;
    releaseIfClosed();
  }

  /** A call that has its turn during the close does it afterwards. */
  private void releaseIfClosed() {
    if (closed && !lock.isHeldByCurrentThread() && lock.tryLock()) {
      try {
        release.run();
      } finally {
        lock.unlock();
      }
    }
  }
}
