package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Compares the memory that a model takes with what there is, before any is taken. */
public final class MemoryNotice {
  /** Every machine has this much: below it, the memory is not even queried. */
  private static final long SMALL = 1L << 30;

  private MemoryNotice() {}

  /**
   * What is to be said of a model on this machine, or in this container; empty when it fits.
   *
   * @throws UnsupportedCheckpointException when it does not fit, and does not come from mapped
   *     files that need not be in memory all at once
   */
  static Optional<String> of(Path model, LoadingPlan plan) {
    return plan.heldBytes() + plan.mappedBytes() < SMALL
        ? Optional.empty()
        : of(model, plan, MachineMemory.detected());
  }

  /** The same where the memory is known. */
  static Optional<String> of(Path model, LoadingPlan plan, MachineMemory memory) {
    if (plan.heldBytes() > memory.forWeights()) {
      throw new UnsupportedCheckpointException(
          model.toString(),
          String.format(
              Locale.ROOT,
              "its weights take %.1f GB once they are rearranged, but the memory has %.1f GB, of"
                  + " which %.1f GB are left for weights; %s",
              plan.heldBytes() / 1e9,
              memory.totalBytes() / 1e9,
              memory.forWeights() / 1e9,
              advice(plan, true, memory)));
    }
    long weightsBytes = plan.heldBytes() + plan.mappedBytes();
    if (weightsBytes <= memory.forWeights()) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s: weights %.1f GB, memory %.1f GB, of which %.1f GB are left for weights: pages come"
                + " from disk again and again, so every token takes long; %s",
            model,
            weightsBytes / 1e9,
            memory.totalBytes() / 1e9,
            memory.forWeights() / 1e9,
            advice(plan, plan.heldBytes() > 0, memory)));
  }

  /**
   * What to do about a model that does not fit. Weights that are quantised already would keep their
   * bits in a folder of any recipe: of those the original, or a smaller file, is what helps.
   *
   * @param held whether they are rearranged in memory, and not mapped
   */
  public static String advice(LoadingPlan plan, boolean held, MachineMemory memory) {
    if (!plan.isQuantized()) {
      return advice(plan.sizes(), memory);
    }
    String original =
        plan.sizes()
            .largestWithin(memory.forWeights())
            .map(
                recipe ->
                    String.format(
                        Locale.ROOT,
                        ", such as the folder of %.1f GB that jmixtral quantize --recipe %s writes"
                            + " of the original model",
                        plan.sizes().bytesIn(recipe) / 1e9,
                        recipe))
            .orElse("");
    return String.format(
        Locale.ROOT,
        "use quantised weights of up to %.1f GB%s%s",
        memory.forWeights() / 1e9,
        original,
        held
            ? ", or run these slowly from disk, from the folder that jmixtral convert --to"
                + " quantized writes"
            : "");
  }

  /**
   * What a folder of the original model takes: by the largest recipe that fits, or the smallest.
   */
  public static String advice(ModelSizes sizes, MachineMemory memory) {
    Optional<Recipe> fitting = sizes.largestWithin(memory.forWeights());
    Recipe advised = fitting.orElseGet(sizes::smallest);
    return String.format(
        Locale.ROOT,
        "jmixtral quantize --recipe %s writes a folder of %.1f GB, which %s",
        advised,
        sizes.bytesIn(advised) / 1e9,
        fitting.isPresent() ? "fits" : "is mapped, but comes from disk slowly");
  }
}
