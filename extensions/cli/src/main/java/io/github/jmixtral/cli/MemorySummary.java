package io.github.jmixtral.cli;

import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.checkpoint.LoadingPlan;
import io.github.jmixtral.internal.checkpoint.MachineMemory;
import io.github.jmixtral.internal.checkpoint.MemoryNotice;
import io.github.jmixtral.internal.checkpoint.ModelSizes;
import io.github.jmixtral.internal.format.ByteSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code inspect} prints of the memory: whether a model fits, and what its original takes in
 * each recipe.
 *
 * @param memory of the machine
 * @param sizes of the original
 * @param weights those that are there, if there are any
 */
record MemorySummary(MachineMemory memory, ModelSizes sizes, Optional<Weights> weights) {

  /**
   * Weights that are there.
   *
   * @param plan what loading makes of them
   * @param bytes in memory
   * @param heldBytes of them beside mapped files
   */
  record Weights(LoadingPlan plan, long bytes, long heldBytes) {}

  private Optional<Recipe> recommended() {
    return sizes.largestWithin(memory.forWeights());
  }

  private boolean fits(Weights there) {
    return there.bytes() <= memory.forWeights();
  }

  void addTo(ObjectNode root) {
    root.put("machine_bytes", memory.totalBytes());
    root.put("heap_bytes", memory.heapBytes());
    weights.ifPresent(there -> root.put("fits", fits(there)));
    root.put("recommended_recipe", recommended().map(Recipe::toString).orElse(null));
    root.put("bf16_bytes", sizes.bfloat16Bytes());
    ObjectNode recipes = root.putObject("recipes");
    sizes.recipes().forEach((recipe, bytes) -> recipes.put(recipe.toString(), bytes));
  }

  List<String> rows() {
    List<String> rows = new ArrayList<>();
    rows.add(
        TableRow.of(
            "memory of the machine",
            "%s, of which %s are left for weights"
                .formatted(
                    ByteSize.text(memory.totalBytes()), ByteSize.text(memory.forWeights()))));
    rows.add(TableRow.of("fits", weights.map(this::inWords).orElseGet(this::originalInWords)));
    String original =
        weights.isPresent() && weights.get().plan().isQuantized()
            ? "original as %s"
            : "as %s folder";
    rows.add(TableRow.of(original.formatted("bf16"), ofWeights(sizes.bfloat16Bytes())));
    sizes
        .recipes()
        .forEach(
            (recipe, bytes) ->
                rows.add(
                    TableRow.of(
                        original.formatted(recipe),
                        ofWeights(bytes)
                            + (recommended().equals(Optional.of(recipe)) ? ", recommended" : ""))));
    return rows;
  }

  private static String ofWeights(long bytes) {
    return ByteSize.text(bytes) + " of weights";
  }

  private String inWords(Weights there) {
    return fits(there)
        ? "yes, and " + leaves(there.bytes())
        : "no: " + MemoryNotice.advice(there.plan(), there.heldBytes() > 0, memory);
  }

  private String originalInWords() {
    return sizes.bfloat16Bytes() <= memory.forWeights()
        ? "the original fits, and " + leaves(sizes.bfloat16Bytes())
        : MemoryNotice.advice(sizes, memory);
  }

  private String leaves(long bytes) {
    return "leaves %s for keys and values".formatted(ByteSize.text(memory.forWeights() - bytes));
  }
}
