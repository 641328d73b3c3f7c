package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.model.ModelInput;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ModelInput} as steps without its padding: masked columns are invisible to every query,
 * so they are left out, and the columns that stay keep their order.
 */
final class InputSteps {

  private final ModelInput input;

  // As in the input; null where it has none.
  private final int @Nullable [][] ids;
  private final float @Nullable [][][] embeddings;
  private final int @Nullable [][] positions;

  private final List<BlockCache> caches;
  private final List<SequenceStep> steps = new ArrayList<>();

  /** By sequence; null for nothing. */
  private final Recorder[] recorders;

  /**
   * @param out [batch, columns, outputs], to be filled; rows that are null are not wanted
   */
  InputSteps(ModelInput input, MixtralConfig config, List<BlockCache> caches, float[][][] out) {
    this.input = input;
    ids = input.inputIds().orElse(null);
    embeddings = input.inputEmbeddings().orElse(null);
    positions = input.positionIds().orElse(null);
    this.caches = caches;
    recorders = new Recorder[input.batchSize()];
    Recorder.Wanted wanted =
        new Recorder.Wanted(
            input.outputHiddenStates(),
            input.outputAttentions(),
            input.outputRouterLogits().orElse(config.outputRouterLogits()));
    for (int b = 0; b < input.batchSize(); b++) {
      int[] columns = visibleColumns(b);
      if (wanted.any()) {
        recorders[b] =
            new Recorder(config, wanted, caches.get(b).length(), columns, input.columns());
      }
      if (columns.length > 0) {
        steps.add(step(b, columns, out[b]));
      }
    }
  }

  private int[] visibleColumns(int b) {
    return IntStream.range(0, input.columns())
        .filter(column -> input.isVisible(b, column))
        .toArray();
  }

  private SequenceStep step(int b, int[] columns, float[][] out) {
    float[][] outputs = pick(out, columns);
    int[] ids = this.ids == null ? null : pick(this.ids[b], columns);
    float[][] embeddings = this.embeddings == null ? null : pick(this.embeddings[b], columns);
    int[] positions = this.positions == null ? null : pick(this.positions[b], columns);
    return new SequenceStep(
        caches.get(b), ids, 0, columns.length, outputs, embeddings, positions, recorders[b], false);
  }

  private static int[] pick(int[] all, int[] columns) {
    return IntStream.of(columns).map(column -> all[column]).toArray();
  }

  private static float[][] pick(float[][] all, int[] columns) {
    return IntStream.of(columns).mapToObj(column -> all[column]).toArray(float[][]::new);
  }

  List<SequenceStep> steps() {
    return steps;
  }

  /** By layer, and the final state: [batch, columns, hidden]; empty if not wanted. */
  List<float[][][]> hiddenStates() {
    return byLayer(Recorder::hiddenStates, float[][][]::new);
  }

  /** By layer: [batch, heads, columns, past + columns]; empty if not wanted. */
  List<float[][][][]> attentions() {
    return byLayer(Recorder::attentions, float[][][][]::new);
  }

  /** By layer: [batch · columns, experts]; empty if not wanted. */
  List<float[][]> routerLogits() {
    List<float[][]> joined = new ArrayList<>();
    for (float[][][] layer : byLayer(Recorder::routerLogits, float[][][]::new)) {
      joined.add(Stream.of(layer).flatMap(Stream::of).toArray(float[][]::new));
    }
    return joined;
  }

  private <T> List<T[]> byLayer(Function<Recorder, List<T>> recorded, IntFunction<T[]> newBatch) {
    List<T[]> layers = new ArrayList<>();
    if (recorders[0] != null) {
      List<List<T>> bySequence = Stream.of(recorders).map(recorded).toList();
      for (int layer = 0; layer < bySequence.getFirst().size(); layer++) {
        int at = layer;
        layers.add(bySequence.stream().map(each -> each.get(at)).toArray(newBatch));
      }
    }
    return layers;
  }
}
