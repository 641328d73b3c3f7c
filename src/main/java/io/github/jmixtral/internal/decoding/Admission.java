package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.internal.network.CacheMemory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets a bounded number of requests at once onto a model, and only those whose caches fit into its
 * cache memory beside the others, first come first served. A thread that is inside (in a listener
 * that asks the model something) comes in again without waiting.
 *
 * <p>A call that has a cache already (of a session) joins the others whatever their number, but
 * waits for memory as they do.
 */
public final class Admission implements AutoCloseable {
  private static final double BYTES_PER_MEGABYTE = 1e6;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();
  private final Queue<Waiter> queue = new ArrayDeque<>();
  private final Set<Thread> inside = new HashSet<>();
  private final CacheMemory memory;
  private final int mostWaiting;
  private final int most;
  private int free;
  private boolean closed;

  private static final class Waiter {
    private final Thread thread = Thread.currentThread();
    private final Condition changed;
    private final long bytes;
    private final boolean isCounted;
    private @Nullable Place place;

    /** Nothing runs that could end and leave it more memory. */
    private boolean isStuck;

    Waiter(Condition changed, long bytes, boolean isCounted) {
      this.changed = changed;
      this.bytes = bytes;
      this.isCounted = isCounted;
    }
  }

  /** What a request has while it runs; gives it back when it is closed, once. */
  public final class Place implements AutoCloseable {
    private final boolean isFirst;
    private final boolean isCounted;
    private final CacheMemory.@Nullable Reservation reservation;

    private Place(
        boolean isFirst, boolean isCounted, CacheMemory.@Nullable Reservation reservation) {
      this.isFirst = isFirst;
      this.isCounted = isCounted;
      this.reservation = reservation;
    }

    /** What the request's caches are taken from, or null where it came in beside its memory. */
    public CacheMemory.@Nullable Reservation reservation() {
      return reservation;
    }

    @Override
    public void close() {
      leave(this);
    }
  }

  /**
   * An admission.
   *
   * @param most requests at once
   * @param mostWaiting how many more may wait
   * @param memory of the model's caches
   * @throws IllegalArgumentException if {@code most} is not positive
   */
  public Admission(int most, int mostWaiting, CacheMemory memory) {
    if (most < 1) {
      throw new IllegalArgumentException("maxRequests is " + most + ", but must be at least 1");
    }
    this.most = most;
    free = most;
    this.mostWaiting = mostWaiting;
    this.memory = memory;
  }

  /**
   * Waits for a place. A cancellation or an interrupt, whose flag stays set, ends the wait.
   *
   * @param bytes that the request's caches may need
   * @param handles wake the thread when they are used
   * @param isCancelled whether to wait no longer, asked after each wake-up
   * @return empty if the wait was ended
   * @throws IllegalArgumentException when they can never fit into the memory
   * @throws IllegalStateException when closed, or when sessions hold the memory
   * @throws RejectedExecutionException when too many wait already
   */
  public Optional<Place> enter(
      long bytes, List<CancellationHandle> handles, BooleanSupplier isCancelled) {
    return enter(bytes, true, handles, isCancelled);
  }

  /**
   * Waits for a place.
   *
   * @throws CancellationException if the thread is interrupted while it waits; its flag stays set
   * @throws IllegalArgumentException when the caches can never fit into the memory
   * @throws IllegalStateException when closed, or when sessions hold the memory
   * @throws RejectedExecutionException when too many wait already
   */
  public Place enter(long bytes) {
    return enter(bytes, List.of(), () -> false).orElseThrow(Admission::interrupted);
  }

  /** As {@link #enter(long, List, BooleanSupplier)}, beside those with places. */
  public Optional<Place> join(
      long bytes, List<CancellationHandle> handles, BooleanSupplier isCancelled) {
    return enter(bytes, false, handles, isCancelled);
  }

  /** As {@link #enter(long)}, beside those with places. */
  public Place join(long bytes) {
    return join(bytes, List.of(), () -> false).orElseThrow(Admission::interrupted);
  }

  private static CancellationException interrupted() {
    return new CancellationException("interrupted while waiting for other requests");
  }

  private Optional<Place> enter(
      long bytes,
      boolean isCounted,
      List<CancellationHandle> handles,
      BooleanSupplier isCancelled) {
    Waiter waiter;
    lock.lock();
    try {
      requireOpen();
      requirePossible(bytes);
      if (inside.contains(Thread.currentThread())) {
        return Optional.of(new Place(false, false, memory.reserve(bytes)));
      }
      waiter = new Waiter(lock.newCondition(), bytes, isCounted);
      queue.add(waiter);
      admit();
      if (waiter.place == null && !waiter.isStuck && queue.size() > mostWaiting) {
        queue.remove(waiter);
        throw tooManyWait(mostWaiting);
      }
    } finally {
      lock.unlock();
    }
    List<Runnable> registrations = new ArrayList<>();
    handles.forEach(handle -> registrations.add(handle.onCancel(() -> wake(waiter))));
    try {
      return Optional.ofNullable(await(waiter, isCancelled));
    } finally {
      registrations.forEach(Runnable::run);
    }
  }

  static RejectedExecutionException tooManyWait(int mostWaiting) {
    return new RejectedExecutionException(
        mostWaiting == 0
            ? "the model has no place for another request now; try again later"
            : "as many requests wait for the model as may (%d); try again later"
                .formatted(mostWaiting));
  }

  /** Refuses a request that needs more than the whole memory. */
  void requirePossible(long bytes) {
    if (bytes > memory.budget()) {
      throw new IllegalArgumentException(
          ("the request may need %.1f MB of cache memory, but the budget is %.1f MB; ask for fewer"
                  + " new tokens, texts or beams, or raise LoadOptions.withCacheBudget")
              .formatted(bytes / BYTES_PER_MEGABYTE, memory.budget() / BYTES_PER_MEGABYTE));
    }
  }

  private @Nullable Place await(Waiter waiter, BooleanSupplier isCancelled) {
    lock.lock();
    try {
      while (waiter.place == null && !waiter.isStuck && !closed && !isCancelled.getAsBoolean()) {
        waiter.changed.await();
      }
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    } finally {
      if (queue.remove(waiter)) {
        // Those behind it may fit.
        admit();
      }
      lock.unlock();
    }
    if (waiter.place == null) {
      requireOpen();
      if (waiter.isStuck) {
        throw new IllegalStateException(
            ("the request may need %.1f MB of cache memory, of which sessions and caches of the"
                 + " application hold too much; close some, or raise LoadOptions.withCacheBudget")
                .formatted(waiter.bytes / BYTES_PER_MEGABYTE));
      }
    }
    return waiter.place;
  }

  /** Gives waiters what they wait for, the first ones first. */
  private void admit() {
    Iterator<Waiter> waiters = queue.iterator();
    while (waiters.hasNext() && !closed) {
      Waiter next = waiters.next();
      if (next.isCounted && free == 0) {
        // Those that need no place may go on.
        continue;
      }
      CacheMemory.Reservation reservation = memory.reserve(next.bytes);
      if (reservation != null) {
        next.place = new Place(true, next.isCounted, reservation);
        inside.add(next.thread);
        free -= next.isCounted ? 1 : 0;
      } else if (memory.isReserved()) {
        // Those behind it must not take what it waits for.
        return;
      } else {
        next.isStuck = true;
      }
      waiters.remove();
      next.changed.signal();
    }
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

  private void leave(Place place) {
    lock.lock();
    try {
      if (place.reservation != null) {
        place.reservation.close();
      }
      if (place.isFirst) {
        inside.remove(Thread.currentThread());
        free += place.isCounted ? 1 : 0;
        left.signalAll();
      }
      admit();
    } finally {
      lock.unlock();
    }
  }

  /** Looks for waiters that fit, since a cache was closed. */
  public void memoryFreed() {
    lock.lock();
    try {
      admit();
    } finally {
      lock.unlock();
    }
  }

  /** How many requests have places; those that come in beside them do not count. */
  public int running() {
    lock.lock();
    try {
      return most - free;
    } finally {
      lock.unlock();
    }
  }

  /** How many requests wait. */
  public int waiting() {
    lock.lock();
    try {
      return queue.size();
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
