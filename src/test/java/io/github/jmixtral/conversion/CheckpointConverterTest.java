package io.github.jmixtral.conversion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.DamagedCheckpoint;
import io.github.jmixtral.internal.checkpoint.WeightsAssert;
import io.github.jmixtral.internal.format.Bfloat16;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.format.TensorFolder;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

@RunsOnce
class CheckpointConverterTest {
  private static final ConversionTarget HUB = ConversionTarget.hub();

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(strings = {"raw-safetensors", "raw-pth", "raw-pt-stacked", "fused-v5-f32"})
  void aConvertedReleaseHasTheBitsOfTheHubsFolder(String name) {
    Path out = convert(Fixtures.folder(name), HUB);
    assertSameTensors(Fixtures.folder("full-f32"), out);
    MixtralConfig config = MixtralConfig.fromPretrained(out);
    assertEquals(List.of("MixtralForCausalLM"), config.architectures());
    assertEquals("float32", config.dtype());
    assertEquals(1e6, config.ropeTheta());
    assertArrayEquals(new int[] {2}, GenerationConfig.fromPretrained(out).eosTokenIds().get());
  }

  @Test
  void sixteenBitsStaySixteenBits() {
    Path source = Fixtures.folder("window-bf16");
    assertSameTensors(source, convert(source, HUB));
  }

  @Test
  void shardsAreNoLargerThanAsked() throws IOException {
    Path out =
        convert(
            Fixtures.folder("raw-pt-stacked"), ConversionTarget.hub().withMaxShardBytes(600_000));
    assertSameTensors(Fixtures.folder("full-f32"), out);
    try (Stream<Path> files = Files.list(out)) {
      List<Path> shards =
          files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
      assertEquals(4, shards.size());
      for (Path shard : shards) {
        assertTrue(Files.size(shard) < 610_000, shard.toString());
      }
    }
  }

  @Test
  void aNarrowerFormatRoundsToTheNearest() {
    Path out = convert(Fixtures.folder("raw-pth"), ConversionTarget.hub().withDtype("bfloat16"));
    try (Arena arena = Arena.ofConfined()) {
      Map<String, TensorEntry> wide =
          TensorFolder.open(Fixtures.folder("full-f32"), arena).tensors();
      TensorFolder.open(out, arena)
          .tensors()
          .forEach(
              (name, tensor) -> {
                // Norms are kept in full where rounding would change them.
                if (!name.endsWith("norm.weight")) {
                  assertEquals(Dtype.BF16, tensor.dtype(), name);
                  float[] exact = wide.get(name).data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
                  short[] expected = new short[exact.length];
                  for (int i = 0; i < exact.length; i++) {
                    expected[i] = Bfloat16.ofFloat(exact[i]);
                  }
                  assertArrayEquals(
                      expected, tensor.data().toArray(ValueLayout.JAVA_SHORT_UNALIGNED), name);
                }
              });
    }
    assertEquals("bfloat16", MixtralConfig.fromPretrained(out).dtype());
  }

  @Test
  void aWeightBeyondHalfPrecisionIsRefused() throws IOException {
    float[] large = new float[32 * 64];
    large[77] = 70_000;
    Path source = Files.createDirectories(temporary.resolve("large"));
    try (Arena arena = Arena.ofConfined()) {
      new DamagedCheckpoint(Fixtures.folder("full-f32"), arena)
          .put("model.layers.1.self_attn.v_proj.weight", large, 32L, 64L)
          .write(source);
    }
    ConversionTarget halves = ConversionTarget.hub().withDtype("float16");
    String message =
        assertThrows(UnsupportedCheckpointException.class, () -> convert(source, halves))
            .getMessage();
    assertTrue(message.contains("v_proj.weight': the weight "), message);
    assertFalse(Files.exists(temporary.resolve("out")));
  }

  @Test
  void aQuantisedReleaseEqualsTheQuantisedHubsFolder() throws IOException {
    Path expected = temporary.resolve("expected");
    new CheckpointQuantizer(Fixtures.folder("full-f32"), Recipe.Q4)
        .withThreads(2)
        .write(expected, _ -> {});
    Path out = convert(Fixtures.folder("raw-pt-stacked"), ConversionTarget.quantized(Recipe.Q4));
    assertEquals(
        -1,
        Files.mismatch(expected.resolve("model.safetensors"), out.resolve("model.safetensors")));
  }

  @Test
  void whatMlxSaysOfItsQuantisationIsNotLeftBehind() {
    Path out = convert(Fixtures.folder("quantized/mlx-affine"), HUB);
    JsonNode config = JsonFile.read(out.resolve("config.json"));
    assertFalse(config.has("quantization") || config.has("quantization_config"), config.toString());
  }

  @Test
  void tilesBecomeFloatsThatMeanTheSame() throws IOException {
    Path tiles = temporary.resolve("tiles");
    new CheckpointQuantizer(Fixtures.folder("full-f32"), Recipe.Q8)
        .withThreads(2)
        .write(tiles, _ -> {});
    Path out = convert(tiles, HUB);
    assertFalse(Files.readString(out.resolve("config.json")).contains("quantization_config"));
    try (Checkpoint expected = Checkpoint.open(tiles, LoadOptions.defaults());
        Checkpoint found = Checkpoint.open(out, LoadOptions.defaults())) {
      for (int i = 0; i < expected.weights().matrices().size(); i++) {
        WeightMatrix matrix = found.weights().matrices().get(i);
        assertEquals(FloatFormat.F32, WeightsAssert.format(matrix));
        assertArrayEquals(lastRow(expected.weights().matrices().get(i)), lastRow(matrix));
      }
    }
  }

  private static float[] lastRow(WeightMatrix matrix) {
    float[] row = new float[matrix.cols()];
    WeightRows.read(Kernels.scalar().matrix(), matrix, matrix.rows() - 1, row, 0);
    return row;
  }

  @Test
  void aVersionedTokenizerGoesUnderTheUsualName() throws IOException {
    Path raw = Files.createDirectories(temporary.resolve("raw"));
    Path fixture = Fixtures.folder("raw-pth");
    Files.copy(fixture.resolve("consolidated.00.pth"), raw.resolve("consolidated.00.pth"));
    Files.copy(fixture.resolve("params.json"), raw.resolve("params.json"));
    Files.copy(
        Fixtures.storyteller().resolve("tokenizer.model"), raw.resolve("tokenizer.model.v3"));
    Path out = convert(raw, HUB);
    assertEquals(
        -1, Files.mismatch(raw.resolve("tokenizer.model.v3"), out.resolve("tokenizer.model")));
    assertArrayEquals(
        Tokenizer.fromPretrained(raw.resolve("tokenizer.model.v3")).encode("a duck", true),
        Tokenizer.fromPretrained(out).encode("a duck", true));
  }

  @Test
  void theWholeStorytellerGoesAlong() throws IOException {
    Path out = convert(Fixtures.storyteller(), HUB);
    for (String name : List.of("tokenizer.json", "tokenizer.model", "generation_config.json")) {
      assertEquals(
          -1, Files.mismatch(Fixtures.storyteller().resolve(name), out.resolve(name)), name);
    }
    assertSameTensors(Fixtures.storyteller(), out);
  }

  @Test
  void whatIsInterruptedLeavesNothingBehind() throws IOException {
    CheckpointConverter converter =
        new CheckpointConverter(Fixtures.folder("raw-pth"), HUB).withThreads(1);
    assertThrows(
        CancellationException.class,
        () ->
            converter.write(
                temporary.resolve("out"),
                _ -> {
                  throw new CancellationException();
                }));
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void progressCountsEveryByte() {
    CheckpointConverter converter =
        new CheckpointConverter(Fixtures.folder("raw-pt-stacked"), HUB).withThreads(1);
    long[] written = new long[1];
    converter.write(temporary.resolve("out"), bytes -> written[0] += bytes);
    assertEquals(converter.byteSize(), written[0]);
    assertThrows(
        IllegalArgumentException.class, () -> converter.write(temporary.resolve("out"), _ -> {}));
  }

  private Path convert(Path source, ConversionTarget target) {
    Path out = temporary.resolve("out");
    new CheckpointConverter(source, target).withThreads(2).write(out, _ -> {});
    return out;
  }

  private static void assertSameTensors(Path expected, Path found) {
    try (Arena arena = Arena.ofConfined()) {
      Map<String, TensorEntry> wanted = TensorFolder.open(expected, arena).tensors();
      Map<String, TensorEntry> written = TensorFolder.open(found, arena).tensors();
      assertEquals(wanted.keySet(), written.keySet());
      wanted.forEach(
          (name, tensor) -> {
            TensorEntry other = written.get(name);
            assertEquals(tensor.dtype(), other.dtype(), name);
            assertEquals(tensor.shape(), other.shape(), name);
            assertEquals(-1, tensor.data().mismatch(other.data()), name);
          });
    }
  }
}
