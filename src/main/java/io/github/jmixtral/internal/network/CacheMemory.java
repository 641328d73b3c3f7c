package io.github.jmixtral.internal.network;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the bytes of all caches of a model. A block counts once, however many caches share it,
 * from its making until the last of them lets it go; a block whose caches were forgotten without
 * being closed counts until the garbage collector has found it.
 */
public final class CacheMemory {

  private final AtomicLong bytes = new AtomicLong();

  /** Bytes of all blocks that some cache holds. */
  long byteSize() {
    return bytes.get();
  }

  /** Counts a new block of this many bytes in, with one holder. */
  SharedBlock hold(CacheBlock block, long size) {
    bytes.addAndGet(size);
    SharedBlock shared = new SharedBlock(block);
    shared.onRelease(Unreachable.register(shared, new Subtraction(bytes, size)));
    return shared;
  }

  private record Subtraction(AtomicLong bytes, long size) implements Runnable {
    @Override
    public void run() {
      bytes.addAndGet(-size);
    }
  }
}
