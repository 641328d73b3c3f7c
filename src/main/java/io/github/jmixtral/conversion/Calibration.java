package io.github.jmixtral.conversion;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.checkpoint.Importance;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.DecoderStack;
import io.github.jmixtral.internal.network.IdRange;
import io.github.jmixtral.internal.network.InputMeter;
import io.github.jmixtral.internal.network.SequenceStep;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Runs a text through a model as it is stored, to learn which inputs of each matrix are large:
 * where they are, rounding the weights costs most.
 */
final class Calibration {
  private Calibration() {}

  /**
   * Measures the mean squared inputs of all matrices.
   *
   * @param folder a Hub folder
   * @param sequences ids, each sequence on its own
   * @param progress receives the number of ids run since the last call; what it throws ends the
   *     work
   * @throws IllegalArgumentException when an id is not in the vocabulary
   */
  static Importance measure(
      Path folder, LoadOptions options, List<int[]> sequences, IntConsumer progress) {
    LoadOptions exact =
        options
            .withInexactWeights(options.inexactWeights())
            .withActivations(LoadOptions.Activations.F32);
    try (DecoderStack model = DecoderStack.fromPretrained(folder, exact)) {
      IdRange range = new IdRange(model.config().vocabSize());
      sequences.forEach(ids -> range.require("ids", ids));
      InputMeter meter = new InputMeter(model.config());
      model.observe(meter);
      for (int[] ids : sequences) {
        try (BlockCache cache = model.newCache()) {
          run(model, cache, ids, meter, progress);
        }
      }
      return meter.importance();
    }
  }

  private static void run(
      DecoderStack model, BlockCache cache, int[] ids, InputMeter meter, IntConsumer progress) {
    for (SequenceStep chunk : model.chunks(cache, ids)) {
      float[][] states = new float[chunk.length()][model.config().hiddenSize()];
      model.lastHiddenStates(List.of(chunk.withOutputs(states)));
      for (float[] state : states) {
        meter.head(state);
      }
      progress.accept(states.length);
    }
  }
}
