package io.github.jmixtral.internal.network;

import java.lang.ref.Cleaner;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A block and how many caches hold it. The only holder may write; others copy first. That is safe
 * among threads, though each holder looks for itself:
 *
 * <pre>
 * caches A and B hold a block   → holders 2
 * both want to append at once   → both see 2, both copy, both let go: 0, the block is given back
 * A sees 1                      → it is the only holder, and only a holder could share it further
 * </pre>
 */
final class SharedBlock {

  private final CacheBlock block;
  private final CacheMemory.Account account;
  private final AtomicInteger holders = new AtomicInteger(1);
  private Cleaner.@Nullable Cleanable release;

  SharedBlock(CacheBlock block, CacheMemory.Account account) {
    this.block = block;
    this.account = account;
  }

  /** What it counts for. */
  CacheMemory.Account account() {
    return account;
  }

  /** Sets what happens when the last holder lets go; runs once at most. */
  void onRelease(Cleaner.Cleanable release) {
    this.release = release;
  }

  CacheBlock block() {
    return block;
  }

  /**
   * Adds a holder: called by one that holds it.
   *
   * @param uses whether the new one uses it, or only keeps it
   */
  SharedBlock share(boolean uses) {
    holders.incrementAndGet();
    if (uses) {
      account.use();
    }
    return this;
  }

  /**
   * Takes a holder away.
   *
   * @param used whether it used the block
   */
  void letGo(boolean used) {
    if (used) {
      account.endUse();
    }
    if (holders.decrementAndGet() == 0) {
      Objects.requireNonNull(release, "release").clean();
    }
  }

  /** Whether the holder that asks is the only one, and may write. */
  boolean isWritable() {
    return holders.get() == 1 && block.isWritable();
  }
}
