package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.Activations;
import io.github.jmixtral.config.LoadOptions.InexactWeights;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.conversion.CheckpointConverter;
import io.github.jmixtral.conversion.CheckpointQuantizer;
import io.github.jmixtral.conversion.ConversionTarget;
import io.github.jmixtral.conversion.QuantizationReport;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.tensor.OffsetMatrix;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import io.github.jmixtral.internal.writing.CheckpointWriter;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce
class PlacementTest {
  @TempDir private Path temporary;

  private static Path folder(String name) {
    return Fixtures.folder("quantized/" + name);
  }

  private static Checkpoint open(Path folder) {
    return Checkpoint.open(folder, LoadOptions.defaults());
  }

  private static float[] floats(WeightMatrix matrix) {
    float[] all = new float[matrix.rows() * matrix.cols()];
    for (int row = 0; row < matrix.rows(); row++) {
      WeightRows.read(Kernels.scalar().matrix(), matrix, row, all, row * matrix.cols());
    }
    return all;
  }

  private static void assertSameWeights(Checkpoint expected, Checkpoint found) {
    List<WeightMatrix> wanted = expected.weights().matrices();
    List<WeightMatrix> are = found.weights().matrices();
    assertEquals(wanted.size(), are.size());
    for (int i = 0; i < wanted.size(); i++) {
      assertArrayEquals(floats(wanted.get(i)), floats(are.get(i)), "matrix " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gptq-v1-actorder", "awq-gemm", "ct-pack-quantized-asym"})
  void integersWithHalfPrecisionScalesGoIntoTilesExactly(String name) {
    try (Checkpoint stored = Checkpoint.openAsStored(CheckpointLayout.of(folder(name)));
        Checkpoint placed = open(folder(name))) {
      assertSameWeights(stored, placed);
      WeightMatrix w2 = placed.weights().layers().getLast().experts().getLast().w2();
      OffsetMatrix tiles =
          assertInstanceOf(
              OffsetMatrix.class, w2 instanceof ReorderedMatrix reordered ? reordered.tiles() : w2);
      assertEquals(tiles.cols() / 32, tiles.offsets().rows());
      assertEquals(name.endsWith("actorder"), w2 instanceof ReorderedMatrix);
      assertEquals(
          name.startsWith("ct") ? FloatFormat.BF16 : FloatFormat.F16,
          WeightsAssert.format(placed.weights().layers().getFirst().gate()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gptq-v1-actorder", "awq-gemm", "ct-pack-quantized-asym"})
  void aQuantisedFolderKeepsExactlyWhatTilesHold(String name) {
    Path target = temporary.resolve("out");
    new CheckpointQuantizer(folder(name), Recipe.Q4).withThreads(2).write(target, _ -> {});
    assertEquals(
        "jmixtral",
        JsonFile.read(target.resolve("config.json"))
            .path("quantization_config")
            .path("quant_method")
            .asString());
    try (Checkpoint memory =
            Checkpoint.open(folder(name), LoadOptions.defaults().withQuantization(Recipe.Q4));
        Checkpoint quantized = open(target);
        Checkpoint exact = open(folder(name))) {
      WeightsAssert.assertSameBits(memory.weights(), quantized.weights());
      assertArrayEquals(
          floats(exact.weights().layers().getLast().oProj()),
          floats(quantized.weights().layers().getLast().oProj()));
    }
  }

  @Test
  void offsetsCountWithTheirTiles() {
    Path target = temporary.resolve("counted");
    AtomicLong done = new AtomicLong();
    CheckpointQuantizer quantizer =
        new CheckpointQuantizer(folder("awq-gemm"), Recipe.Q4).withThreads(2);
    QuantizationReport report = quantizer.write(target, done::addAndGet);
    assertEquals(quantizer.byteSize(), done.get());
    QuantizationReport.Kind w2 =
        report.kinds().stream().filter(kind -> kind.name().equals("w2")).findFirst().orElseThrow();
    assertEquals("q4", w2.format());
    assertEquals(4.5 + Float.SIZE / 32, w2.bitsPerWeight());
    assertEquals(0, w2.relativeError());
    try (Checkpoint quantized = open(target)) {
      assertEquals("quantized", quantized.contents().layout());
      long offset = 0;
      for (WeightMatrix matrix : quantized.weights().matrices()) {
        offset += matrix instanceof OffsetMatrix ? matrix.byteSize() : 0;
      }
      assertEquals(offset, quantized.contents().formats().get("Q4").bytes());
      assertEquals(Set.of("F16", "Q4", "Q8"), quantized.contents().formats().keySet());
    }
  }

  @Test
  void offsetsThatDoNotFitTheirTilesAreRefused() throws IOException {
    Path target = temporary.resolve("refused");
    new CheckpointQuantizer(folder("awq-gemm"), Recipe.Q4).withThreads(2).write(target, _ -> {});
    Path file = target.resolve("model.safetensors");
    String good = Files.readString(file, StandardCharsets.ISO_8859_1);
    String declared = "q_proj.weight.offsets\":{\"dtype\":\"F32\",\"shape\":[2,64]";
    for (String other :
        List.of(
            declared.replace("F32", "I32"),
            declared.replace("2,64", "4,32"),
            declared.replace("[2,64]", "[128] "))) {
      Files.writeString(file, good.replace(declared, other), StandardCharsets.ISO_8859_1);
      MalformedFileException refusal =
          assertThrows(MalformedFileException.class, () -> open(target).close(), other);
      assertTrue(refusal.getMessage().contains("q_proj.weight.offsets"), refusal.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gptq-v1-actorder", "awq-gemm", "bnb-nf4-bf16storage"})
  void whatWasPlacedCanBeSaved(String name) {
    Path target = temporary.resolve("saved");
    try (Checkpoint placed = open(folder(name))) {
      CheckpointWriter.write(
          target, placed.config(), placed.weights(), CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      try (Checkpoint saved = open(target)) {
        WeightsAssert.assertSameBits(placed.weights(), saved.weights());
      }
    }
  }

  @Test
  void numbersFromATableBecomeWhatTheOptionsSay() {
    Path nf4 = folder("bnb-nf4-bf16storage");
    try (Checkpoint stored = Checkpoint.openAsStored(CheckpointLayout.of(nf4));
        Checkpoint q8 = open(nf4);
        Checkpoint q4 =
            Checkpoint.open(nf4, LoadOptions.defaults().withInexactWeights(InexactWeights.Q4));
        Checkpoint f32 =
            Checkpoint.open(nf4, LoadOptions.defaults().withActivations(Activations.F32))) {
      assertEquals(TileFormat.Q8, WeightsAssert.format(q8.weights().layers().getFirst().qProj()));
      assertEquals(TileFormat.Q4, WeightsAssert.format(q4.weights().layers().getFirst().qProj()));
      assertEquals(
          FloatFormat.F32, WeightsAssert.format(f32.weights().layers().getFirst().qProj()));
      assertSameWeights(stored, f32);
    }
  }

  @Test
  void aHubFolderOfFloatsIsWrittenWithoutTheForeignEntry() {
    Path target = temporary.resolve("hub");
    new CheckpointConverter(folder("awq-gemm"), ConversionTarget.hub())
        .withThreads(2)
        .write(target, _ -> {});
    assertEquals(
        true,
        JsonFile.read(target.resolve("config.json")).path("quantization_config").isMissingNode());
    try (Checkpoint stored = Checkpoint.openAsStored(CheckpointLayout.of(folder("awq-gemm")));
        Checkpoint hub = open(target)) {
      assertEquals(
          FloatFormat.F32, WeightsAssert.format(hub.weights().layers().getFirst().qProj()));
      assertEquals(FloatFormat.F16, WeightsAssert.format(hub.weights().embedTokens()));
      assertSameWeights(stored, hub);
    }
  }
}
