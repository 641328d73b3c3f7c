package io.github.jmixtral.internal.checkpoint;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How much memory caches may take where the options leave it open. */
public final class CacheBudget {
  private CacheBudget() {}

  /**
   * The budget on this machine, or in this container.
   *
   * @param weightsBytes of the model
   */
  public static long ofMachine(long weightsBytes) {
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return of(Runtime.getRuntime().maxMemory(), system.getTotalMemorySize(), weightsBytes);
  }

  /**
   * Caches are on the Java heap: at most half of it, as the garbage collector needs room beside
   * what stays (the prefix cache fills the budget in time), and no more than the memory holds
   * beside the weights; but a quarter in any case, as weights need not be in memory all at once.
   */
  static long of(long heapBytes, long memoryBytes, long weightsBytes) {
    long besideWeights = Math.min(heapBytes / 2, memoryBytes - weightsBytes);
    return Math.max(heapBytes / 4, besideWeights);
  }
}
