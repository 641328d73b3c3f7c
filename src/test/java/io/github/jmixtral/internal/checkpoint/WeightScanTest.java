package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WeightScanTest {

  @Test
  void everyWeightIsReadAndTheLargestFound() {
    assertEqualsPlainReading(Fixtures.folder("full-f32"), LoadOptions.defaults());
    assertEqualsPlainReading(Fixtures.storyteller(), LoadOptions.defaults());
  }

  @Test
  void encodedWeightsCountAsTheNumbersTheyStandFor() {
    assertEqualsPlainReading(Fixtures.folder("quantized/gguf-q4_0"), LoadOptions.defaults());
    assertEqualsPlainReading(Fixtures.folder("quantized/awq-gemm"), LoadOptions.defaults());
    assertEqualsPlainReading(Fixtures.folder("raw-pt-stacked"), LoadOptions.defaults());
  }

  /** Only a group's scale is looked at, unless the group may hold the largest weight. */
  @Test
  void theLargestWeightInTilesIsExact() {
    LoadOptions options = LoadOptions.defaults().withThreads(2);
    assertEqualsPlainReading(Fixtures.storyteller(), options.withQuantization(Recipe.Q4_ALL));
    assertEqualsPlainReading(Fixtures.storyteller(), options.withQuantization(Recipe.Q8));
    assertEqualsPlainReading(Fixtures.folder("quantized/gptq-v1-actorder"), options);
  }

  private static void assertEqualsPlainReading(Path path, LoadOptions options) {
    try (Checkpoint checkpoint = Checkpoint.open(path, options)) {
      MixtralWeights weights = checkpoint.weights();
      float largest = 0;
      for (WeightMatrix matrix : weights.matrices()) {
        float[] row = new float[matrix.cols()];
        for (int i = 0; i < matrix.rows(); i++) {
          WeightRows.read(Kernels.scalar().matrix(), matrix, i, row, 0);
          for (float weight : row) {
            largest = Math.max(largest, Math.abs(weight));
          }
        }
      }
      for (MixtralWeights.Layer layer : weights.layers()) {
        largest =
            Math.max(
                largest,
                Math.max(max(layer.inputLayernorm()), max(layer.postAttentionLayernorm())));
      }
      largest = Math.max(largest, max(weights.norm()));
      AtomicLong seen = new AtomicLong();
      WeightScan.Result result = WeightScan.run(weights, 2, seen::addAndGet);
      assertEquals(largest, result.largest());
      assertEquals(WeightScan.size(weights), result.weights());
      assertEquals(result.weights(), seen.get());
      assertTrue(result.notFinite().isEmpty());
    }
  }

  private static float max(float[] vector) {
    float largest = 0;
    for (float weight : vector) {
      largest = Math.max(largest, Math.abs(weight));
    }
    return largest;
  }
}
