package io.github.jmixtral.internal.checkpoint;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Warns when a model is larger than the memory. */
final class MemoryNotice {
  /** Every machine has this much: below it, the memory is not even queried. */
  private static final long SMALL = 1L << 30;

  private MemoryNotice() {}

  /** What is to be said of a model on this machine, or in this container; empty when it fits. */
  static Optional<String> of(Path model, long weightsBytes) {
    if (weightsBytes < SMALL) {
      return Optional.empty();
    }
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return of(model, weightsBytes, system.getTotalMemorySize());
  }

  /** The same where the memory is known. */
  static Optional<String> of(Path model, long weightsBytes, long memoryBytes) {
    if (weightsBytes <= memoryBytes) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s: weights %.1f GB, memory %.1f GB: pages come from disk again and again, so every"
                + " token takes long",
            model,
            weightsBytes / 1e9,
            memoryBytes / 1e9));
  }
}
