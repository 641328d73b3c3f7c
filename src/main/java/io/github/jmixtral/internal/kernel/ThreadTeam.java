package io.github.jmixtral.internal.kernel;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads for parallel steps of some ten microseconds. The calling thread is worker
 * 0 and works along; the others spin for a moment between steps, as the next one usually follows at
 * once, and then park.
 *
 * <p>A step is a number of items that the workers draw one by one, so that an expensive item does
 * not hold up the others. A worker that is late (parked, or without a core) is not waited for: it
 * joins a step only while the step is open, and the caller closes it when no item is left.
 *
 * <p>Not for several callers at a time: they must take turns. Close the team to end its threads.
 */
public final class ThreadTeam implements AutoCloseable {

  /** The work of a step. */
  @FunctionalInterface
  public interface Step {
    /**
     * Does one item.
     *
     * @param item 0 … items − 1, each exactly once
     * @param worker 0 … {@link ThreadTeam#size()} − 1: whose scratch to use
     */
    void run(int item, int worker);
  }

  /** About 100 µs: longer than what lies between two tokens, too short to notice. */
  private static final int SPINS_BEFORE_PARKING = 4_000;

  /** The caller spins for about 2 µs, then lets a thread that shares its core finish. */
  private static final int SPINS_BEFORE_YIELDING = 100;

  // The step's state in one word, so that joining and closing exclude each other:
  // number of the step · 2^32 | open (bit 31) | workers inside, the caller not counted.
  private static final long STEP = 1L << 32;
  private static final long OPEN = 1L << 31;
  private static final long WORKERS = OPEN - 1;

  private final AtomicLong state = new AtomicLong();
  private final AtomicInteger nextItem = new AtomicInteger();
  private final Worker[] workers;

  // Written by the caller before it opens a step, read by workers after they have joined it.
  private @Nullable Step step;
  private int items;

  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  /**
   * Starts a team.
   *
   * @param size threads, the caller included; at least 1
   */
  public ThreadTeam(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("threads: expected at least 1, found " + size);
    }
    workers = new Worker[size - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
    }
    try {
      for (Worker worker : workers) {
        worker.thread.start();
      }
    } catch (Error failure) {
      // The system gives no more threads: those that run would never end.
      close();
      throw failure;
    }
  }

  /** Threads of the team, the caller included. */
  public int size() {
    return workers.length + 1;
  }

  /**
   * Runs a step and returns when all its items are done. The first exception of an item is thrown
   * here, after the items that had begun are done; items that had not are dropped.
   */
  public void run(int items, Step step) {
    if (closed) {
      throw new IllegalStateException("the thread team is closed");
    }
    if (workers.length == 0 || items == 1) {
      for (int item = 0; item < items; item++) {
        step.run(item, 0);
      }
      return;
    }
    this.step = step;
    this.items = items;
    nextItem.set(0);
    state.set((state.get() & -STEP) + STEP | OPEN);
    for (Worker worker : workers) {
      worker.wake();
    }
    drawItems(step, items, 0);
    state.getAndAdd(-OPEN);
    int spins = 0;
    while ((state.get() & WORKERS) != 0) {
      if (++spins < SPINS_BEFORE_YIELDING) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
    this.step = null;
    Throwable first = failure;
    if (first != null) {
      failure = null;
      rethrow(first);
    }
  }

  private void drawItems(Step step, int items, int worker) {
    try {
      for (int item = nextItem.getAndIncrement(); item < items; item = nextItem.getAndIncrement()) {
        step.run(item, worker);
      }
    } catch (Throwable e) {
      if (failure == null) {
        failure = e;
      }
      nextItem.set(items);
    }
  }

  private static void rethrow(Throwable failure) {
    switch (failure) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }

  /** Ends the threads. A step that runs is finished first. */
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker.thread);
    }
  }

  private final class Worker implements Runnable {
    private final int number;
    private final Thread thread;
    private volatile boolean parked;

    Worker(int number) {
      this.number = number;
      thread = Thread.ofPlatform().daemon().name("jmixtral-" + number).unstarted(this);
    }

    void wake() {
      if (parked) {
        LockSupport.unpark(thread);
      }
    }

    @Override
    public void run() {
      long last = 0;
      while (!closed) {
        long seen = awaitStepAfter(last);
        last = seen & -STEP;
        if (join(last)) {
          drawItems(Objects.requireNonNull(step, "step"), items, number);
          state.getAndDecrement();
        }
      }
    }

    /** Waits until a later step is open, or the team is closed; returns the state. */
    private long awaitStepAfter(long last) {
      int spins = 0;
      long seen = state.get();
      while (((seen & -STEP) == last || (seen & OPEN) == 0) && !closed) {
        if (++spins < SPINS_BEFORE_PARKING) {
          Thread.onSpinWait();
        } else {
          park(last);
        }
        seen = state.get();
      }
      return seen;
    }

    private void park(long last) {
      parked = true;
      long seen = state.get();
      // The caller opens a step before it looks for parked workers: one of the two sees the other.
      if (((seen & -STEP) == last || (seen & OPEN) == 0) && !closed) {
        LockSupport.park(ThreadTeam.this);
        // An interrupted thread cannot park, and an interruption of a worker means nothing.
        Thread.interrupted();
      }
      parked = false;
    }

    /** Counts this worker into a step; false when the step has been closed meanwhile. */
    private boolean join(long expectedStep) {
      long seen = state.get();
      while ((seen & -STEP) == expectedStep && (seen & OPEN) != 0) {
        if (state.compareAndSet(seen, seen + 1)) {
          return true;
        }
        seen = state.get();
      }
      return false;
    }
  }
}
