package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.MatMul;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

@RunsOnce
class ForwardPassTest {

  @Test
  void scratchMemoryThatCannotBeAllocatedLeavesNoThreads() throws InterruptedException {
    // Rounded up to whole tiles, the queries of a key/value head are more than an array takes.
    MixtralConfig wide =
        MixtralConfig.of(
            Map.of("num_attention_heads", (1 << 30) - 1, "num_key_value_heads", 1, "head_dim", 2));
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    assertThrows(
        NegativeArraySizeException.class,
        () -> new ForwardPass(wide, null, Kernels.scalar(), 3, false).close());
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (!before.contains(thread) && thread.getName().startsWith("jmixtral-")) {
        assertTrue(thread.join(Duration.ofSeconds(20)), thread + " runs on");
      }
    }
  }

  @Test
  void whatABatchNeedsFitsIntoArraysWithAllExpertsOfEveryModel() {
    MixtralConfig shape8x22b =
        MixtralConfig.of(
            Map.of(
                "hidden_size",
                6144,
                "intermediate_size",
                16384,
                "num_attention_heads",
                48,
                "num_local_experts",
                8));
    assertEquals(16_383, ForwardPass.mostRows(shape8x22b));
    MixtralConfig manyWords =
        Configs.withWindow(OptionalInt.empty()).with(Map.of("vocab_size", 1 << 30));
    assertEquals(1, ForwardPass.mostRows(manyWords));
  }

  @Test
  void aBatchIsComputedAfterALargerOneFoundNoRoom() {
    MixtralConfig config =
        Configs.withWindow(OptionalInt.empty())
            .with(Map.of("intermediate_size", 1 << 16, "num_local_experts", 2));
    try (var team = new ThreadTeam(1);
        var cache = new BlockCache(config, CacheFormat.F32, new CacheMemory())) {
      Kernels kernels = Kernels.scalar();
      SparseMoeBlock moe = new SparseMoeBlock(config, team, new MatMul(kernels, team, true));
      TokenBatch batch = new TokenBatch();
      batch.add(new SequenceStep(cache, new int[1 << 14], 0, 1 << 14), 0, 1 << 14);
      assertThrows(ArithmeticException.class, () -> moe.begin(batch));
      batch.clear();
      batch.add(new SequenceStep(cache, new int[1], 0, 1), 0, 1);
      moe.begin(batch);
      float[] x = new float[24];
      x[3] = 1;
      float[] out = new float[24];
      moe.forward(layerOfOnes(config), 0, batch, x, out);
      // The gate and the up projection give 1 in each of 2^16 channels, and each expert their sum,
      // which one float after the other rounds off by less than this.
      float silu = (float) (1 / (1 + Math.exp(-1)));
      assertEquals(silu * (1 << 16), out[0], 100f);
    }
  }

  private static MixtralWeights.Layer layerOfOnes(MixtralConfig config) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    WeightMatrix inner = ones(intermediate, hidden);
    MixtralWeights.Expert expert =
        new MixtralWeights.Expert(inner, ones(hidden, intermediate), inner);
    return new MixtralWeights.Layer(
        null, null, null, null, null, null, ones(2, hidden), List.of(expert, expert));
  }

  private static WeightMatrix ones(int rows, int cols) {
    return new EncodedMatrix(
        rows,
        cols,
        0,
        FloatFormat.F32,
        (row, col, count, out, outOffset) -> Arrays.fill(out, outOffset, outOffset + count, 1f));
  }

  @Test
  void aBatchWiderThanAnArrayIsRefusedBeforeAnythingIsComputed() {
    MixtralConfig config =
        Configs.withWindow(OptionalInt.empty()).with(Map.of("hidden_size", 1 << 16));
    try (var pass = new ForwardPass(config, null, Kernels.scalar(), 1, false)) {
      var cache = new BlockCache(config, CacheFormat.F32, new CacheMemory());
      pass.batch().add(new SequenceStep(cache, new int[1 << 16], 0, 1 << 16), 0, 1 << 16);
      assertThrows(ArithmeticException.class, () -> pass.run(null));
    }
  }
}
