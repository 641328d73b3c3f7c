package io.github.jmixtral.internal.checkpoint;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The memory of a machine, or what a container grants.
 *
 * @param totalBytes all of it
 * @param heapBytes what Java's heap has of it
 */
public record MachineMemory(long totalBytes, long heapBytes) {

  /** For the operating system, and for what Java has beside its heap. */
  private static final long OTHERS = 512L << 20;

  /** The memory here and now. */
  public static MachineMemory detected() {
    return new MachineMemory(
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize(),
        Runtime.getRuntime().totalMemory());
  }

  /** Bytes that are left for weights. */
  public long forWeights() {
    return Math.max(0, totalBytes - heapBytes - OTHERS);
  }
}
