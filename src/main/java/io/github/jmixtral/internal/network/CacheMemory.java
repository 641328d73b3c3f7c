package io.github.jmixtral.internal.network;

import org.jspecify.annotations.Nullable;

/**
 * The memory of all caches of a model, and its budget. A block counts once, however many caches
 * share it, from its making until the last of them lets it go; a block whose caches were forgotten
 * without being closed counts until the garbage collector has found it.
 *
 * <p>A request reserves what it may need before it begins, so that it does not fail half-way; each
 * block that it makes is then taken from its reservation. What is only kept for requests to come
 * ({@link BlockCache#keep}) is not in use: it may fill what no request has reserved.
 *
 * <pre>
 * budget 10: used 4, reserved besides 3, kept 3
 * → a reservation of 4 does not fit, one of 2 does, and then 2 of what is kept has to go
 * </pre>
 */
public final class CacheMemory {
  private final long budget;

  /** Of all blocks. */
  private long bytes;

  /** Of those that are not only kept. */
  private long used;

  /** What open reservations may still take. */
  private long reserved;

  private int reservations;

  /** A memory without a bound. */
  public CacheMemory() {
    this(Long.MAX_VALUE);
  }

  /** A memory of {@code budget} bytes. */
  public CacheMemory(long budget) {
    this.budget = budget;
  }

  /** Bytes that caches may take. */
  public long budget() {
    return budget;
  }

  /** Bytes of all blocks that some cache holds. */
  public synchronized long byteSize() {
    return bytes;
  }

  /** Bytes of the blocks in use: all but those that are only kept. */
  public synchronized long usedBytes() {
    return used;
  }

  /** Whether a request has reserved some of it. */
  public synchronized boolean isReserved() {
    return reservations > 0;
  }

  /** Whether something that is kept has to go to make room for what is reserved. */
  public synchronized boolean isOverfull() {
    return bytes > used && bytes > budget - reserved;
  }

  /** Reserves bytes; null where they do not fit beside what is used and reserved. */
  public synchronized @Nullable Reservation reserve(long size) {
    if (size > budget - used - reserved) {
      return null;
    }
    reserved += size;
    reservations++;
    return new Reservation(size);
  }

  /** What a request may take. */
  public final class Reservation implements AutoCloseable {
    private long left;
    private boolean isClosed;

    private Reservation(long size) {
      left = size;
    }

    /** Gives back what the request turns out not to need. */
    public void shrink(long size) {
      synchronized (CacheMemory.this) {
        add(-Math.clamp(size, 0, left));
      }
    }

    private void add(long size) {
      if (!isClosed) {
        left += size;
        reserved += size;
      }
    }

    /** Gives back what was not taken. What was taken counts on, as long as a cache holds it. */
    @Override
    public void close() {
      synchronized (CacheMemory.this) {
        if (!isClosed) {
          add(-left);
          isClosed = true;
          reservations--;
        }
      }
    }
  }

  /**
   * Counts a new block in, with one holder, who uses it.
   *
   * @param from what it is taken from, or null
   */
  SharedBlock hold(CacheBlock block, long size, @Nullable Reservation from) {
    SharedBlock shared = new SharedBlock(block, new Account(size, from));
    shared.onRelease(Unreachable.register(shared, shared.account()));
    return shared;
  }

  /** What a block counts for. Knows it not, to be run when it is gone. */
  final class Account implements Runnable {
    private final long size;
    private final @Nullable Reservation from;

    /** Whether some of it was taken from the reservation. */
    private long taken;

    private int users = 1;

    private Account(long size, @Nullable Reservation from) {
      this.size = size;
      this.from = from;
      synchronized (CacheMemory.this) {
        bytes += size;
        used += size;
        if (from != null) {
          taken = Math.min(size, from.left);
          from.add(-taken);
        }
      }
    }

    /** One more cache uses the block. */
    void use() {
      synchronized (CacheMemory.this) {
        if (users++ == 0) {
          used += size;
        }
      }
    }

    /** A cache that used it does so no longer. */
    void endUse() {
      synchronized (CacheMemory.this) {
        if (--users == 0) {
          used -= size;
          giveBack();
        }
      }
    }

    private void giveBack() {
      if (from != null) {
        from.add(taken);
        taken = 0;
      }
    }

    /** The block is gone. */
    @Override
    public void run() {
      synchronized (CacheMemory.this) {
        bytes -= size;
        if (users > 0) {
          used -= size;
          giveBack();
        }
      }
    }
  }
}
