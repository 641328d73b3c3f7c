package io.github.jmixtral.conversion;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.Importance;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.CacheMemory;
import io.github.jmixtral.internal.network.ForwardPass;
import io.github.jmixtral.internal.network.InputMeter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Runs a text through a model as it is stored, to learn which inputs of each matrix are large:
 * where they are, rounding the weights costs most.
 */
public final class Calibration {
  private Calibration() {}

  /**
   * Measures the mean squared inputs of all matrices.
   *
   * @param folder a Hub folder
   * @param sequences ids, each sequence on its own
   * @param progress is told how many more ids have been run; what it throws ends the work
   * @throws IllegalArgumentException when an id is not in the vocabulary
   */
  public static Importance measure(
      Path folder, LoadOptions options, List<int[]> sequences, IntConsumer progress) {
    try (Checkpoint checkpoint = Checkpoint.open(folder, options)) {
      MixtralConfig config = checkpoint.config();
      sequences.forEach(ids -> requireIds(ids, config.vocabSize()));
      InputMeter meter = new InputMeter(config);
      try (ForwardPass pass =
          new ForwardPass(
              config, checkpoint.weights(), Kernels.detected(), options.threads(), false)) {
        pass.observe(meter);
        CacheMemory memory = new CacheMemory();
        int chunk = Math.min(options.chunkTokens(), ForwardPass.mostRows(config));
        for (int[] ids : sequences) {
          try (var cache = new BlockCache(config, options.cacheFormat(), memory)) {
            run(pass, cache, ids, chunk, meter, progress);
          }
        }
      }
      return meter.importance();
    }
  }

  private static void run(
      ForwardPass pass,
      BlockCache cache,
      int[] ids,
      int chunk,
      InputMeter meter,
      IntConsumer progress) {
    float[] state = new float[pass.config().hiddenSize()];
    for (int done = 0; done < ids.length; ) {
      int count = Math.min(chunk, ids.length - done);
      pass.batch().clear();
      pass.batch().add(cache, count, null, 0);
      pass.begin();
      int rows = pass.batch().rows();
      for (int row = 0; row < rows; row++) {
        pass.embed(row, ids[done + row]);
      }
      pass.run(null);
      for (int row = 0; row < rows; row++) {
        pass.normalise(row, state, 0);
        meter.head(state);
      }
      done += rows;
      progress.accept(rows);
    }
  }

  private static void requireIds(int[] ids, int vocabSize) {
    for (int id : ids) {
      if (id < 0 || id >= vocabSize) {
        throw new IllegalArgumentException(
            "ids: expected ids from 0 to %d, found %d".formatted(vocabSize - 1, id));
      }
    }
  }
}
