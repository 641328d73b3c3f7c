package io.github.jmixtral.internal.decoding;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Lets a bounded number of requests at once onto a model, first come first served: each holds a
 * cache, so that their number bounds the memory of all caches. A thread that is inside (a listener
 * that asks the model something, say) comes in again without waiting.
 */
public final class Admission {
  /** How often a waiting thread looks whether it was cancelled. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<Waiter> queue = new ArrayDeque<>();
  private final Set<Thread> inside = ConcurrentHashMap.newKeySet();
  private int free;

  private static final class Waiter {
    private final Condition changed;
    private boolean admitted;

    Waiter(Condition changed) {
      this.changed = changed;
    }
  }

  /** Gives the place back; may be closed once. */
  public interface Place extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * An admission for that many requests at once.
   *
   * @throws IllegalArgumentException when not positive
   */
  public Admission(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("requests: expected a positive number, found " + most);
    }
    free = most;
  }

  /**
   * Waits for a place. A cancellation ends the wait without one: such a request must not begin.
   *
   * @param isCancelled asked now and then; an interrupt that it takes for none is only kept
   */
  Place enter(BooleanSupplier isCancelled) {
    Thread thread = Thread.currentThread();
    if (!inside.add(thread)) {
      return () -> {};
    }
    boolean admitted = false;
    try {
      admitted = await(isCancelled);
    } finally {
      if (!admitted) {
        inside.remove(thread);
      }
    }
    return admitted ? this::leave : () -> {};
  }

  /**
   * Waits for a place.
   *
   * @throws CancellationException when the thread is interrupted while it waits; its flag stays set
   */
  public Place enter() {
    Thread thread = Thread.currentThread();
    return enter(
        () -> {
          if (thread.isInterrupted()) {
            throw new CancellationException("interrupted while waiting for other requests");
          }
          return false;
        });
  }

  private boolean await(BooleanSupplier isCancelled) {
    lock.lock();
    try {
      if (free > 0) {
        free--;
        return true;
      }
      var waiter = new Waiter(lock.newCondition());
      queue.add(waiter);
      try {
        while (!waiter.admitted && !isCancelled.getAsBoolean()) {
          waitOnce(waiter);
        }
      } finally {
        queue.remove(waiter);
      }
      return waiter.admitted;
    } finally {
      lock.unlock();
    }
  }

  private void waitOnce(Waiter waiter) {
    try {
      waiter.changed.awaitNanos(LOOK_NANOS);
    } catch (InterruptedException interrupt) {
      // Whoever waits decides what that means.
      Thread.currentThread().interrupt();
    }
  }

  private void leave() {
    inside.remove(Thread.currentThread());
    lock.lock();
    try {
      Waiter next = queue.poll();
      if (next == null) {
        free++;
      } else {
        // The place goes from hand to hand: nobody who comes now can take it.
        next.admitted = true;
        next.changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }
}
