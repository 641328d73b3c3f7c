package io.github.jmixtral.internal.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Lets the pages of mapped files go while their weights are put elsewhere, so that memory does not
 * hold them twice. The system keeps them as long as it has room; a page that is needed again comes
 * back.
 */
final class PageRelease {
  /** Bytes that are read before pages are let go: few system calls, and little memory. */
  static final long STRETCH = 64L << 20;

  private final List<MemorySegment> mapped;
  private long read;
  private long total;

  /**
   * Prepares for one model.
   *
   * @param tensors all of its tensors; those that are not mapped stay
   */
  PageRelease(List<MemorySegment> tensors) {
    mapped = tensors.stream().filter(MemorySegment::isMapped).toList();
  }

  /** Some bytes of the files were read. */
  void addRead(long bytes) {
    read += bytes;
    total += bytes;
    if (read >= STRETCH) {
      letGo();
    }
  }

  /** Bytes that were read in all. */
  long totalBytes() {
    return total;
  }

  /** Lets all pages go. */
  void letGo() {
    mapped.forEach(MemorySegment::unload);
    read = 0;
  }
}
