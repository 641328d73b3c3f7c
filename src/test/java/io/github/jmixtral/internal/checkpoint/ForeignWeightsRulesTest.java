package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import io.github.jmixtral.testkit.Fixtures;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Damages folders that other programs quantised, one rule at a time. */
@RunsOnce
class ForeignWeightsRulesTest {
  private static final String PLACE = "model.safetensors: tensor 'model.layers.0.self_attn.q_proj";
  private static final String Q_PROJ = "model.layers.0.self_attn.q_proj";

  private final Arena arena = Arena.ofConfined();
  @TempDir private Path temporary;

  @AfterEach
  void close() {
    arena.close();
  }

  private JmixtralException refusal(String fixture, UnaryOperator<DamagedCheckpoint> damage) {
    DamagedCheckpoint checkpoint =
        damage.apply(new DamagedCheckpoint(Fixtures.folder("quantized/" + fixture), arena));
    Path folder = checkpoint.write(temporary);
    return assertThrows(
        JmixtralException.class,
        () -> Checkpoint.openAsStored(CheckpointLayout.of(folder)).close());
  }

  /** A message that begins with the file's place in the folder. */
  private String inFolder(JmixtralException failure) {
    return failure.getMessage().replace(temporary + File.separator, "");
  }

  private void assertMalformed(
      String message, String fixture, UnaryOperator<DamagedCheckpoint> damage) {
    JmixtralException failure = refusal(fixture, damage);
    assertEquals(message, inFolder(failure));
    assertEquals(MalformedFileException.class, failure.getClass());
  }

  private void assertUnsupported(String message, String fixture, String key, String value) {
    JmixtralException failure =
        refusal(
            fixture,
            checkpoint ->
                checkpoint.configure(
                    config -> ((ObjectNode) config.get("quantization_config")).put(key, value)));
    assertEquals(message, inFolder(failure));
    assertEquals(UnsupportedCheckpointException.class, failure.getClass());
  }

  @Test
  void scalesAreNeeded() {
    assertMalformed(
        PLACE + ".scales': the tensor is missing, a part of a quantised weight",
        "gptq-v1-actorder",
        checkpoint -> checkpoint.remove(Q_PROJ + ".scales"));
  }

  @Test
  void scalesHaveAColumnForEachOutput() {
    assertMalformed(
        PLACE + ".scales': expected shape [groups, 64], found shape [2, 63]",
        "gptq-v1-actorder",
        checkpoint -> checkpoint.put(Q_PROJ + ".scales", Dtype.F16, 2L, 63L));
  }

  @Test
  void aColumnsGroupHasAScale() {
    JmixtralException failure =
        refusal(
            "gptq-v1-actorder",
            checkpoint ->
                checkpoint
                    .put(Q_PROJ + ".scales", Dtype.F16, 1L, 64L)
                    .put(Q_PROJ + ".qzeros", Dtype.I32, 1L, 8L));
    assertEquals(
        PLACE + ".g_idx': column N: expected a group 0 to 0, found 1",
        inFolder(failure).replaceFirst("column [0-9]+", "column N"));
  }

  @Test
  void thereIsAGroup() {
    assertMalformed(
        PLACE + ".scales': expected shape [groups, 64], found shape [0, 64]",
        "gptq-v1-actorder",
        checkpoint -> checkpoint.put(Q_PROJ + ".scales", Dtype.F16, 0L, 64L));
  }

  @Test
  void wordsHoldAWidthThatExists() {
    assertMalformed(
        PLACE
            + ".qweight': expected shape [64 · bits / 32, 64] for 2, 3, 4 or 8 bits, found shape"
            + " [10, 64]",
        "gptq-v1-actorder",
        checkpoint -> checkpoint.put(Q_PROJ + ".qweight", Dtype.I32, 10L, 64L));
  }

  @Test
  void zeroPointsHaveTheScalesGroups() {
    assertMalformed(
        PLACE + ".qzeros': expected shape [2, 8], found shape [3, 8]",
        "awq-gemm",
        checkpoint -> checkpoint.put(Q_PROJ + ".qzeros", Dtype.I32, 3L, 8L));
  }

  @Test
  void aTableHasSixteenNumbers() {
    assertMalformed(
        PLACE + ".weight.quant_map': expected shape [16], found shape [15]",
        "bnb-nf4-bf16storage",
        checkpoint -> checkpoint.put(Q_PROJ + ".weight.quant_map", Dtype.F32, 15L));
  }

  @Test
  void theStateOfNibblesIsJson() {
    JmixtralException failure =
        refusal(
            "bnb-nf4-bf16storage",
            checkpoint ->
                checkpoint.put(Q_PROJ + ".weight.quant_state.bitsandbytes__nf4", Dtype.U8, 12L));
    assertEquals(MalformedFileException.class, failure.getClass());
  }

  @Test
  void theOffsetOfNestedScalesIsANumberThatAFloatCanBe() {
    for (String offset : List.of("null", "1e300", "9".repeat(400))) {
      JmixtralException failure =
          refusal(
              "bnb-nf4-bf16storage",
              checkpoint ->
                  checkpoint
                      .put(Q_PROJ + ".weight.absmax", Dtype.U8, 64L)
                      .putText(
                          Q_PROJ + ".weight.quant_state.bitsandbytes__nf4",
                          """
                          {"quant_type": "nf4", "blocksize": 64, "shape": [64, 64],
                           "nested_blocksize": 256, "nested_offset": %s}
                          """
                              .formatted(offset)));
      assertEquals(MalformedFileException.class, failure.getClass());
      assertTrue(
          failure.getMessage().contains(": nested_offset: expected a number, found"),
          failure::getMessage);
    }
  }

  @Test
  void theStateOfNibblesIsNeeded() {
    JmixtralException failure =
        refusal(
            "bnb-nf4-bf16storage",
            checkpoint -> checkpoint.remove(Q_PROJ + ".weight.quant_state.bitsandbytes__nf4"));
    assertEquals(
        PLACE
            + ".weight.absmax': the quant_state of bitsandbytes beside it, nf4 or fp4, is missing",
        inFolder(failure));
  }

  @Test
  void packedIntegersHaveTheShapeOfTheWeight() {
    assertMalformed(
        PLACE + ".weight_shape': expected the shape [64, 64], found [0, 0]",
        "ct-pack-quantized-asym",
        checkpoint -> checkpoint.put(Q_PROJ + ".weight_shape", Dtype.I64, 2L));
  }

  @Test
  void packedIntegersHaveAWidthOfTheConfiguration() {
    assertMalformed(
        PLACE
            + ".weight_packed': expected shape [64, words] for 64 integers of [4] bits a row, found"
            + " shape [64, 9]",
        "ct-pack-quantized-asym",
        checkpoint -> checkpoint.put(Q_PROJ + ".weight_packed", Dtype.I32, 64L, 9L));
  }

  @Test
  void biasesOfZerosArePassedOver() {
    Path folder =
        new DamagedCheckpoint(Fixtures.folder("quantized/awq-gemm"), arena)
            .put(Q_PROJ + ".bias", Dtype.F16, 64L)
            .write(temporary);
    try (Checkpoint opened = Checkpoint.openAsStored(CheckpointLayout.of(folder))) {
      assertEquals(2, opened.weights().layers().size());
    }
  }

  /** Scales of activations and of caches, under the names of several packers and versions. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "q_proj.act_scale",
        "q_proj.input_scale",
        "q_proj.output_scale",
        "k_scale",
        "v_scale",
        "kv_scale",
        "q_scale"
      })
  void whatActivationsAreScaledWithIsPassedOver(String name) {
    Path folder =
        new DamagedCheckpoint(Fixtures.folder("quantized/awq-gemm"), arena)
            .put(Q_PROJ.replace("q_proj", name), Dtype.F32, 1L)
            .write(temporary);
    try (Checkpoint opened = Checkpoint.openAsStored(CheckpointLayout.of(folder))) {
      assertEquals(2, opened.weights().layers().size());
    }
  }

  /** As in an expert that no text reached while it was calibrated. */
  @Test
  void aListOfGroupsThatNobodyFilledMeansNeighbours() {
    int[] unfilled = new int[64];
    Arrays.fill(unfilled, -1);
    assertSameQueries(
        "ct-pack-quantized-asym",
        checkpoint -> checkpoint.put(Q_PROJ + ".weight_g_idx", unfilled, 64L));
  }

  @Test
  void aListOfGroupsCounts() {
    int[] exchanged = IntStream.range(0, 64).map(col -> 1 - col / 32).toArray();
    float[] plain = queries("ct-pack-quantized-asym", UnaryOperator.identity());
    float[] other =
        queries(
            "ct-pack-quantized-asym",
            checkpoint -> checkpoint.put(Q_PROJ + ".weight_g_idx", exchanged, 64L));
    assertFalse(Arrays.equals(plain, other));
    int[] wrong = exchanged.clone();
    wrong[5] = 2;
    assertMalformed(
        PLACE + ".weight_g_idx': column 5: expected a group 0 to 1, found 2",
        "ct-pack-quantized-asym",
        checkpoint -> checkpoint.put(Q_PROJ + ".weight_g_idx", wrong, 64L));
  }

  /** Versions before 2025's summer stored zero points as bytes. */
  @Test
  void zeroPointsMayBeBytes() {
    byte[] bytes = new byte[64 * 2];
    try (Arena shortly = Arena.ofConfined()) {
      TensorEntry packed =
          SafetensorsFile.open(
                  Fixtures.folder("quantized/ct-pack-quantized-asym").resolve("model.safetensors"),
                  shortly)
              .tensor(Q_PROJ + ".weight_zero_point");
      int[] words = packed.data().toArray(ValueLayout.JAVA_INT_UNALIGNED);
      for (int row = 0; row < 64; row++) {
        for (int group = 0; group < 2; group++) {
          int field = words[row / 8 * 2 + group] >>> row % 8 * 4 & 15;
          bytes[row * 2 + group] = (byte) (field - 8);
        }
      }
    }
    assertSameQueries(
        "ct-pack-quantized-asym",
        checkpoint -> checkpoint.put(Q_PROJ + ".weight_zero_point", bytes, 64L, 2L));
  }

  private void assertSameQueries(String fixture, UnaryOperator<DamagedCheckpoint> change) {
    assertArrayEquals(queries(fixture, UnaryOperator.identity()), queries(fixture, change));
  }

  /** The weights of the first layer's queries. */
  private float[] queries(String fixture, UnaryOperator<DamagedCheckpoint> change) {
    Path folder =
        change
            .apply(new DamagedCheckpoint(Fixtures.folder("quantized/" + fixture), arena))
            .write(temporary);
    try (Checkpoint opened = Checkpoint.openAsStored(CheckpointLayout.of(folder))) {
      WeightMatrix matrix = opened.weights().layers().getFirst().qProj();
      float[] weights = new float[matrix.rows() * matrix.cols()];
      for (int row = 0; row < matrix.rows(); row++) {
        WeightRows.read(Kernels.scalar().matrix(), matrix, row, weights, row * matrix.cols());
      }
      return weights;
    }
  }

  @Test
  void methodsThatAreNotReadAreNamed() {
    assertUnsupported(
        "config.json: quantization_config: version: expected one of [gemm], found 'gemv'",
        "awq-gemm",
        "version",
        "gemv");
    assertUnsupported(
        "config.json: quantization_config: format: expected one of [gemm], found 'gemv_fast'",
        "awq-gemm",
        "format",
        "gemv_fast");
    assertUnsupported(
        "config.json: quantization_config: checkpoint_format: expected one of [gptq, gptq_v2],"
            + " found 'marlin'",
        "gptq-v1-actorder",
        "checkpoint_format",
        "marlin");
  }

  @Test
  void filesOfOlderDaysAreRead() throws IOException {
    Path folder =
        new DamagedCheckpoint(Fixtures.folder("quantized/awq-gemm"), arena)
            .configure(config -> config.remove("quantization_config"))
            .write(temporary);
    Files.writeString(folder.resolve("quant_config.json"), "{\"version\": \"GEMM\"}");
    Checkpoint.openAsStored(CheckpointLayout.of(folder)).close();
    Files.writeString(folder.resolve("quant_config.json"), "{\"version\": \"GEMV\"}");
    assertEquals(
        "quant_config.json: version: expected one of [gemm], found 'GEMV'",
        inFolder(
            assertThrows(
                UnsupportedCheckpointException.class,
                () -> Checkpoint.openAsStored(CheckpointLayout.of(folder)).close())));
  }

  /**
   * GPTQModel subtracts one from whole words of version 2 to write version 1: a zero point of 0
   * borrows from the next one, and adding one to whole words gives that back.
   */
  @Test
  void zeroPointsOfVersionOneAreThoseOfVersionTwoLessOneInWholeWords() {
    int[] zeros = new int[2 * 8];
    int[] lessOne = new int[zeros.length];
    for (int i = 0; i < zeros.length; i++) {
      zeros[i] = 0x9030_70f0 + i * 0x0100_1003;
      lessOne[i] = zeros[i] - 0x1111_1111;
    }
    float[] one =
        queries(
            "gptq-v1-actorder", checkpoint -> checkpoint.put(Q_PROJ + ".qzeros", lessOne, 2L, 8L));
    float[] two =
        queries(
            "gptq-v1-actorder",
            checkpoint ->
                checkpoint
                    .configure(config -> quantization(config).put("checkpoint_format", "gptq_v2"))
                    .put(Q_PROJ + ".qzeros", zeros, 2L, 8L));
    assertArrayEquals(two, one);
  }

  /** Layers may differ in the size of their groups. */
  @Test
  void groupSizesThatDifferAreTakenFromTheScales() {
    UnaryOperator<DamagedCheckpoint> withoutList =
        checkpoint -> checkpoint.remove(Q_PROJ + ".g_idx");
    assertMalformed(
        PLACE + ".scales': expected scales of 1 groups of 64 columns, found shape [2, 64]",
        "gptq-v1-actorder",
        checkpoint ->
            withoutList
                .apply(checkpoint)
                .configure(config -> quantization(config).put("group_size", 64)));
    queries(
        "gptq-v1-actorder",
        checkpoint ->
            withoutList
                .apply(checkpoint)
                .configure(
                    config ->
                        quantization(config)
                            .put("group_size", 64)
                            .putObject("dynamic")
                            .putObject("q_proj")
                            .put("group_size", 32)));
  }

  private static ObjectNode quantization(ObjectNode config) {
    return (ObjectNode) config.get("quantization_config");
  }
}
