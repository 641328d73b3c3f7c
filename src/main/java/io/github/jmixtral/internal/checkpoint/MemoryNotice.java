package io.github.jmixtral.internal.checkpoint;

import com.sun.management.OperatingSystemMXBean;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Compares the memory that a model takes with what there is, before any is taken. */
public final class MemoryNotice {
  /** Every machine has this much: below it, the memory is not even queried. */
  private static final long SMALL = 1L << 30;

  private MemoryNotice() {}

  /** Bytes of memory that the machine has, or the container grants. */
  public static long memoryOfMachine() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /**
   * What is to be said of a model on this machine, or in this container; empty when it fits.
   *
   * @throws UnsupportedCheckpointException when it does not fit, and does not come from mapped
   *     files that need not be in memory all at once
   */
  static Optional<String> of(Path model, LoadingPlan plan) {
    return plan.heldBytes() + plan.mappedBytes() < SMALL
        ? Optional.empty()
        : of(model, plan, memoryOfMachine());
  }

  /** The same where the memory is known. */
  static Optional<String> of(Path model, LoadingPlan plan, long memoryBytes) {
    if (plan.heldBytes() > memoryBytes) {
      throw new UnsupportedCheckpointException(
          model.toString(),
          String.format(
              Locale.ROOT,
              "its weights take %.1f GB once they are rearranged, but the memory has %.1f GB; %s",
              plan.heldBytes() / 1e9,
              memoryBytes / 1e9,
              advice(plan.recipes(), memoryBytes)));
    }
    long weightsBytes = plan.heldBytes() + plan.mappedBytes();
    if (weightsBytes <= memoryBytes) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s: weights %.1f GB, memory %.1f GB: pages come from disk again and again, so every"
                + " token takes long; %s",
            model,
            weightsBytes / 1e9,
            memoryBytes / 1e9,
            advice(plan.recipes(), memoryBytes)));
  }

  /** The largest recipe that fits, or else the smallest. */
  private static String advice(Map<Recipe, Long> recipes, long memoryBytes) {
    Comparator<Map.Entry<Recipe, Long>> bySize = Map.Entry.comparingByValue();
    Optional<Map.Entry<Recipe, Long>> fitting =
        recipes.entrySet().stream().filter(entry -> entry.getValue() < memoryBytes).max(bySize);
    Map.Entry<Recipe, Long> smallest = recipes.entrySet().stream().min(bySize).orElseThrow();
    Map.Entry<Recipe, Long> advised = fitting.orElse(smallest);
    return String.format(
        Locale.ROOT,
        "jmixtral quantize --recipe %s writes a folder of %.1f GB, which %s",
        advised.getKey(),
        advised.getValue() / 1e9,
        fitting.isPresent() ? "fits" : "is mapped, but comes from disk slowly");
  }
}
