package io.github.jmixtral.internal.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Lets the pages of mapped files go while their weights are put elsewhere, so that memory does not
 * hold them twice. The system keeps them as long as it has room; a page that is needed again comes
 * back.
 */
public final class PageRelease {
  /** Bytes that are read before pages are let go: few system calls, and little memory. */
  static final long STRETCH = 64L << 20;

  private final List<MemorySegment> mapped;
  private final LongConsumer progress;
  private long read;
  private long total;

  /**
   * Prepares for one model.
   *
   * @param tensors all of its tensors; those that are not mapped stay
   * @param progress receives the number of further bytes read
   */
  public PageRelease(List<MemorySegment> tensors, LongConsumer progress) {
    mapped = tensors.stream().filter(MemorySegment::isMapped).toList();
    this.progress = progress;
  }

  /** Some bytes of the files were read. */
  public void addRead(long bytes) {
    read += bytes;
    total += bytes;
    if (read >= STRETCH) {
      letGo();
    }
    progress.accept(bytes);
  }

  /** Bytes that were read in all. */
  public long totalBytes() {
    return total;
  }

  /** Lets all pages go. */
  public void letGo() {
    mapped.forEach(MemorySegment::unload);
    read = 0;
  }
}
