package io.github.jmixtral.testkit.mutation;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A mutant as a reader meets it: a file in its folder, and its bytes. */
public final class Mutant {
  private static final BufferPoolMXBean OFF_HEAP =
      ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
          .filter(pool -> pool.getName().equals("direct"))
          .findFirst()
          .orElseThrow();

  private final Path folder;
  private final byte[] bytes;
  private final long offHeapBefore = OFF_HEAP.getMemoryUsed();
  private long offHeapBytes;

  Mutant(Path folder, byte[] bytes) {
    this.folder = folder;
    this.bytes = bytes;
  }

  /** The folder of the mutated file and its companions. */
  public Path folder() {
    return folder;
  }

  /** The mutated bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** The mutated bytes as text, what is no UTF-8 replaced. */
  public String text() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Called while everything is open: memory outside of the heap is measured here. */
  public void opened() {
    offHeapBytes = Math.max(offHeapBytes, OFF_HEAP.getMemoryUsed() - offHeapBefore);
  }

  long offHeapBytes() {
    return offHeapBytes;
  }
}
