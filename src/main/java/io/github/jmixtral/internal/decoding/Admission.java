package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.CancellationHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Lets a bounded number of requests at once onto a model, first come first served: each holds a
 * cache, so that their number bounds the memory of all caches. A thread that is inside (in a
 * listener that asks the model something) comes in again without waiting.
 */
public final class Admission implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();
  private final Queue<Waiter> queue = new ArrayDeque<>();
  private final Set<Thread> inside = new HashSet<>();
  private int free;
  private boolean closed;

  private static final class Waiter {
    private final Thread thread = Thread.currentThread();
    private final Condition changed;
    private boolean admitted;

    Waiter(Condition changed) {
      this.changed = changed;
    }
  }

  /** Gives the place back; may be closed once. */
  public interface Place extends AutoCloseable {
    /** No place of its own. */
    Place NONE = () -> {};

    @Override
    void close();
  }

  /**
   * An admission for so many requests at once.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public Admission(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("maxRequests is " + most + ", but must be at least 1");
    }
    free = most;
  }

  /**
   * Waits for a place. A cancellation or an interrupt, whose flag stays set, ends the wait.
   *
   * @param handles wake the thread when they are used
   * @param isCancelled whether to wait no longer, asked after each wake-up
   * @return empty if the wait was ended
   * @throws IllegalStateException when closed
   */
  public Optional<Place> enter(List<CancellationHandle> handles, BooleanSupplier isCancelled) {
    Waiter waiter;
    lock.lock();
    try {
      requireOpen();
      if (inside.contains(Thread.currentThread())) {
        return Optional.of(Place.NONE);
      }
      if (free > 0) {
        free--;
        inside.add(Thread.currentThread());
        return Optional.of(this::leave);
      }
      waiter = new Waiter(lock.newCondition());
      queue.add(waiter);
    } finally {
      lock.unlock();
    }
    List<Runnable> registrations = new ArrayList<>();
    handles.forEach(handle -> registrations.add(handle.onCancel(() -> wake(waiter))));
    try {
      return await(waiter, isCancelled) ? Optional.of(this::leave) : Optional.empty();
    } finally {
      registrations.forEach(Runnable::run);
    }
  }

  /**
   * Waits for a place.
   *
   * @throws CancellationException if the thread is interrupted while it waits; its flag stays set
   * @throws IllegalStateException when closed
   */
  public Place enter() {
    return enter(List.of(), () -> false)
        .orElseThrow(
            () -> new CancellationException("interrupted while waiting for other requests"));
  }

  /**
   * Comes in beside those with places: for a call that has a cache already.
   *
   * @throws IllegalStateException when closed
   */
  public Place join() {
    lock.lock();
    try {
      requireOpen();
      if (!inside.add(Thread.currentThread())) {
        return Place.NONE;
      }
    } finally {
      lock.unlock();
    }
    return () -> {
      lock.lock();
      try {
        inside.remove(Thread.currentThread());
        left.signalAll();
      } finally {
        lock.unlock();
      }
    };
  }

  private boolean await(Waiter waiter, BooleanSupplier isCancelled) {
    lock.lock();
    try {
      while (!waiter.admitted && !closed && !isCancelled.getAsBoolean()) {
        waiter.changed.await();
      }
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    } finally {
      queue.remove(waiter);
      lock.unlock();
    }
    if (!waiter.admitted) {
      requireOpen();
    }
    return waiter.admitted;
  }

  private void wake(Waiter waiter) {
    lock.lock();
    try {
      waiter.changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the model is closed");
    }
  }

  private void leave() {
    lock.lock();
    try {
      inside.remove(Thread.currentThread());
      left.signalAll();
      Waiter next = queue.poll();
      if (next == null) {
        free++;
      } else {
        // The place goes from hand to hand, so that no later call can take it.
        next.admitted = true;
        inside.add(next.thread);
        next.changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends all waits, lets no request in any more, and waits until those of other threads left. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      queue.forEach(waiter -> waiter.changed.signal());
      while (!Set.of(Thread.currentThread()).containsAll(inside)) {
        left.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
