package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.Activations;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.testkit.Fixtures;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce
class LoadingPlanTest {
  private static final Path MODEL = Path.of("mixtral");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quantized/gguf-q4_0",
        "quantized/gptq-v1-actorder",
        "quantized/awq-gemm",
        "quantized/ct-pack-quantized-asym",
        "quantized/mlx-affine",
        "raw-pt-stacked",
        "full-f32"
      })
  void thePlanIsWhatLoadingDoes(String fixture) {
    Path path = Fixtures.folder(fixture);
    for (LoadOptions options :
        List.of(
            LoadOptions.defaults(),
            LoadOptions.defaults().withActivations(Activations.F32),
            LoadOptions.defaults().withQuantization(Recipe.Q4))) {
      CheckpointLayout layout = CheckpointLayout.of(path);
      try (Checkpoint stored = Checkpoint.openAsStored(layout);
          Checkpoint loaded = Checkpoint.open(layout, options)) {
        LoadingPlan plan = LoadingPlan.of(stored.weights(), options);
        long bytes = loaded.weights().matrices().stream().mapToLong(WeightMatrix::byteSize).sum();
        assertEquals(bytes, plan.heldBytes() + plan.mappedBytes(), path + " " + options);
        assertEquals(
            loaded.weights().matrices().size(),
            plan.parts().stream().mapToInt(LoadingPlan.Part::tensors).sum());
      }
    }
  }

  private static LoadingPlan planOf(WeightMatrix embedding, WeightMatrix head) {
    return LoadingPlan.of(
        new MixtralWeights(
            embedding, List.of(), new float[32], new MixtralWeights.Head.LanguageModel(head)),
        LoadOptions.defaults());
  }

  /** A matrix that has to be quantised anew to be multiplied, but not to be looked up. */
  private static WeightMatrix encoded(int rows, int cols) {
    return new EncodedMatrix(rows, cols, 2L * rows * cols, FloatFormat.F32, (_, _, _, _, _) -> {});
  }

  /** Memory of which so many bytes are left for weights. */
  private static MachineMemory left(long bytes) {
    long heap = 1L << 30;
    MachineMemory memory = new MachineMemory(bytes + heap + (512L << 20), heap);
    assertEquals(bytes, memory.forWeights());
    return memory;
  }

  @Test
  void heapAndSystemTakeTheirShareOfTheMemory() {
    long gigabyte = 1L << 30;
    assertEquals(
        16 * gigabyte - 2 * gigabyte - gigabyte / 2,
        new MachineMemory(16 * gigabyte, 2 * gigabyte).forWeights());
    assertEquals(0, new MachineMemory(gigabyte, gigabyte).forWeights());
    MachineMemory here = MachineMemory.detected();
    assertTrue(0 < here.heapBytes() && here.forWeights() < here.totalBytes());
  }

  @Test
  void mappedWeightsLargerThanTheMemoryAreAnnouncedWithARecipeThatFits() {
    LoadingPlan plan = planOf(encoded(1 << 18, 1 << 16), encoded(16, 32));
    assertEquals(Optional.empty(), MemoryNotice.of(MODEL, plan, left(40_000_000_000L)));
    assertEquals(
        Optional.of(
            "mixtral: weights 34.4 GB, memory 26.1 GB, of which 24.5 GB are left for weights: pages"
                + " come from disk again and again, so every token takes long; jmixtral quantize"
                + " --recipe q4 writes a folder of 18.3 GB, which fits"),
        MemoryNotice.of(MODEL, plan, left(24_500_000_000L)));
  }

  @Test
  void weightsThatWouldBeRearrangedBeyondTheMemoryAreRefused() {
    LoadingPlan plan = planOf(encoded(16, 32), encoded(1 << 18, 1 << 16));
    assertEquals((1L << 34) * 34 / 32, plan.heldBytes());
    assertEquals(Optional.empty(), MemoryNotice.of(MODEL, plan, left(30_000_000_000L)));
    assertEquals(
        "mixtral: its weights take 18.3 GB once they are rearranged, but the memory has 17.6 GB, of"
            + " which 16.0 GB are left for weights; jmixtral quantize --recipe q2 writes a folder"
            + " of 14.1 GB, which fits",
        refusal(plan, left(16_000_000_000L)));
    assertTrue(
        refusal(plan, left(8_000_000_000L))
            .endsWith(
                "--recipe q2 writes a folder of 14.1 GB, which is mapped, but comes from disk"
                    + " slowly"));
  }

  private static String refusal(LoadingPlan plan, MachineMemory memory) {
    return assertThrows(
            UnsupportedCheckpointException.class, () -> MemoryNotice.of(MODEL, plan, memory))
        .getMessage();
  }

  @Test
  void ofWeightsThatKeepTheirBitsTheOriginalIsRecommended() {
    MemorySegment block = MemorySegment.ofArray(new byte[GgufType.Q4_K.blockBytes()]);
    GgufMatrix.RowOrder order = new GgufMatrix.RowOrder.Same();
    EncodedMatrix row =
        (EncodedMatrix) new GgufMatrix(GgufType.Q4_K, block, 1, 256, order).weights();
    EncodedMatrix large =
        new EncodedMatrix(
            1 << 18,
            1 << 16,
            (1L << 34) / 256 * block.byteSize(),
            row.exactIn(),
            row.decoder(),
            row.levels(),
            row.superBlocks());
    LoadingPlan plan = planOf(encoded(16, 32), large);
    assertTrue(plan.isQuantized());
    assertEquals(
        "mixtral: its weights take 9.9 GB once they are rearranged, but the memory has 10.6 GB, of"
            + " which 9.0 GB are left for weights; use quantised weights of up to 9.0 GB, or run"
            + " these slowly from disk, from the folder that jmixtral convert --to quantized"
            + " writes",
        refusal(plan, left(9_000_000_000L)));
    assertEquals(
        "use quantised weights of up to 16.0 GB, such as the folder of 14.1 GB that jmixtral"
            + " quantize --recipe q2 writes of the original model",
        MemoryNotice.advice(plan, false, left(16_000_000_000L)));
  }

  @Test
  void theMemoryOfTheMachineIsAskedForLargeModelsOnly() {
    assertEquals(
        Optional.empty(), MemoryNotice.of(MODEL, planOf(encoded(16, 32), encoded(16, 32))));
    LoadingPlan huge = planOf(encoded(1 << 30, 1 << 30), encoded(16, 32));
    assertTrue(MemoryNotice.of(MODEL, huge).isPresent());
  }
}
