package io.github.jmixtral.conversion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.checkpoint.WeightsAssert;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.writing.CheckpointWriter;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@RunsOnce
class CheckpointQuantizerTest {
  @TempDir private Path temporary;

  private Path quantize(Path source, Recipe recipe) {
    Path target = temporary.resolve(source.getFileName() + "-" + recipe);
    new CheckpointQuantizer(source, recipe).withThreads(2).write(target, _ -> {});
    return target;
  }

  @Test
  void theRecipeSaysWhichMatrixTakesHowManyBits() {
    try (Checkpoint source = open(Fixtures.storyteller());
        Checkpoint q4 = open(quantize(Fixtures.storyteller(), Recipe.Q4));
        Checkpoint q4All = open(quantize(Fixtures.storyteller(), Recipe.Q4_ALL));
        Checkpoint q8 = open(quantize(Fixtures.storyteller(), Recipe.Q8))) {
      for (Checkpoint quantized : List.of(q4, q4All, q8)) {
        TileFormat few = quantized == q8 ? TileFormat.Q8 : TileFormat.Q4;
        TileFormat many = quantized == q4All ? TileFormat.Q4 : TileFormat.Q8;
        MixtralWeights.Layer layer = quantized.weights().layers().getLast();
        assertEquals(few, WeightsAssert.format(layer.experts().getLast().w1()));
        assertEquals(few, WeightsAssert.format(layer.experts().getLast().w2()));
        assertEquals(few, WeightsAssert.format(layer.experts().getLast().w3()));
        assertEquals(few, WeightsAssert.format(layer.qProj()));
        assertEquals(many, WeightsAssert.format(layer.kProj()));
        assertEquals(many, WeightsAssert.format(layer.vProj()));
        assertEquals(many, WeightsAssert.format(layer.oProj()));
        assertEquals(many, WeightsAssert.format(quantized.weights().embedTokens()));
        assertEquals(many, WeightsAssert.format(quantized.languageModelHead()));
        MixtralWeights.Layer original = source.weights().layers().getLast();
        assertEquals(
            -1,
            ((FloatMatrix) original.gate()).data().mismatch(((FloatMatrix) layer.gate()).data()));
        assertArrayEquals(original.inputLayernorm(), layer.inputLayernorm());
        assertArrayEquals(source.weights().norm(), quantized.weights().norm());
        assertArrayEquals(source.config().eosTokenIds(), quantized.config().eosTokenIds());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void quantisingWhileLoadingGivesTheSameBits(Recipe recipe) {
    for (String name : List.of("full-f32", "classifier-f32", "fused-v5-f32")) {
      Path source = Fixtures.folder(name);
      try (Checkpoint folder = open(quantize(source, recipe));
          Checkpoint memory =
              Checkpoint.open(
                  source, LoadOptions.defaults().withThreads(3).withQuantization(recipe))) {
        WeightsAssert.assertSameBits(folder.weights(), memory.weights());
      }
    }
  }

  @Test
  void aModelThatWasQuantisedInMemoryCanBeSaved() {
    Path saved = temporary.resolve("saved");
    LoadOptions options = LoadOptions.defaults().withQuantization(Recipe.Q4);
    try (Checkpoint memory = Checkpoint.open(Fixtures.storyteller(), options)) {
      CheckpointWriter.write(
          saved, memory.config(), memory.weights(), CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      try (Checkpoint read = open(saved)) {
        WeightsAssert.assertSameBits(memory.weights(), read.weights());
      }
    }
    assertEquals("jmixtral", quantizationConfig(saved).get("quant_method").stringValue());
  }

  @ParameterizedTest
  @CsvSource({"Q4_ALL, q4-all, 1", "Q8, q8, 1", "Q3, q3, 2", "Q6, q6, 2"})
  void theFolderSaysItsRecipeAndTheVersionOfItsTiles(Recipe recipe, String name, int version) {
    Path target = quantize(Fixtures.storyteller(), recipe);
    assertEquals(name, quantizationConfig(target).get("recipe").stringValue());
    assertEquals(version, quantizationConfig(target).get("version").intValue());
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(
          "" + version,
          SafetensorsFile.open(target.resolve("model.safetensors"), arena)
              .metadata()
              .get("jmixtral.tiles"));
    }
  }

  @Test
  void aFolderThatSaysAnotherVersionThanItsTilesHaveIsReadAndCopiedWithTheirs() {
    Path quantized = quantize(Fixtures.storyteller(), Recipe.Q3);
    Path file = quantized.resolve("config.json");
    ObjectNode config = (ObjectNode) JsonFile.read(file);
    ((ObjectNode) config.get("quantization_config")).put("version", 1);
    JsonFile.write(file, config);
    Path copy = temporary.resolve("copy");
    try (Checkpoint read = open(quantized)) {
      CheckpointWriter.write(
          copy, read.config(), read.weights(), CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
    }
    assertEquals(2, quantizationConfig(copy).get("version").intValue());
    assertEquals("q3", quantizationConfig(copy).get("recipe").stringValue());
  }

  @Test
  void theFolderBringsItsTokenizer() throws IOException {
    Path target = quantize(Fixtures.storyteller(), Recipe.Q4_ALL);
    for (String name : List.of("tokenizer.json", "generation_config.json")) {
      assertEquals(-1, Files.mismatch(Fixtures.storyteller().resolve(name), target.resolve(name)));
    }
  }

  private static JsonNode quantizationConfig(Path folder) {
    return JsonFile.read(folder.resolve("config.json")).get("quantization_config");
  }

  @Test
  void theReportAddsUp() {
    Path target = temporary.resolve("reported");
    AtomicLong done = new AtomicLong();
    CheckpointQuantizer quantizer =
        new CheckpointQuantizer(Fixtures.storyteller(), Recipe.Q4).withThreads(1);
    QuantizationReport report = quantizer.write(target, done::addAndGet);
    assertEquals(quantizer.byteSize(), done.get());
    try (Checkpoint quantized = open(target)) {
      assertEquals(
          quantized.weights().embedTokens().byteSize(), kind(report, "embed_tokens").bytes());
    }
    assertEquals(4, kind(report, "q_proj").tensors());
    assertEquals("q4", kind(report, "w2").format());
    assertEquals("q8", kind(report, "lm_head").format());
    assertEquals(4.5, kind(report, "w2").bitsPerWeight());
    assertTrue(kind(report, "w2").relativeError() > 0.03);
    assertTrue(kind(report, "w2").relativeError() < 0.1);
    assertTrue(kind(report, "v_proj").relativeError() < 0.01);
    assertEquals("bf16", kind(report, "gate").format());
    assertEquals(0, kind(report, "gate").relativeError());
    assertTrue(report.bitsPerWeight() > 4.5 && report.bitsPerWeight() < 8.5);
  }

  private static QuantizationReport.Kind kind(QuantizationReport report, String name) {
    return report.kinds().stream().filter(k -> k.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void anInterruptedRunLeavesNothing() throws IOException {
    Path target = temporary.resolve("out").resolve("interrupted");
    AtomicLong steps = new AtomicLong();
    CheckpointQuantizer quantizer =
        new CheckpointQuantizer(Fixtures.storyteller(), Recipe.Q4).withThreads(2);
    assertThrows(
        CancellationException.class,
        () ->
            quantizer.write(
                target,
                _ -> {
                  if (steps.incrementAndGet() == 20) {
                    throw new CancellationException();
                  }
                }));
    assertFalse(Files.exists(target));
    try (Stream<Path> left = Files.list(target.getParent())) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void anotherVersionIsRefused() throws IOException {
    Path target = quantize(Fixtures.storyteller(), Recipe.Q8);
    Path file = target.resolve("model.safetensors");
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    Files.writeString(
        file,
        bytes.replaceFirst("\"jmixtral.tiles\":\"1\"", "\"jmixtral.tiles\":\"3\""),
        StandardCharsets.ISO_8859_1);
    UnsupportedCheckpointException refusal =
        assertThrows(UnsupportedCheckpointException.class, () -> open(target));
    assertTrue(refusal.getMessage().contains("model.safetensors: metadata jmixtral.tiles"));
    assertTrue(refusal.getMessage().contains("version 1 or 2"), refusal.getMessage());
  }

  @Test
  void whatIsQuantisedAlreadyIsRefused() {
    Path target = quantize(Fixtures.storyteller(), Recipe.Q4);
    CheckpointQuantizer again = new CheckpointQuantizer(target, Recipe.Q8).withThreads(1);
    UnsupportedCheckpointException refusal =
        assertThrows(
            UnsupportedCheckpointException.class,
            () -> again.write(temporary.resolve("again"), _ -> {}));
    assertTrue(refusal.getMessage().contains("model.embed_tokens.weight"), refusal.getMessage());
    assertFalse(Files.exists(temporary.resolve("again")));
  }

  @Test
  void aFolderInUseIsLeftAlone() throws IOException {
    Path target = Files.createDirectory(temporary.resolve("used"));
    Files.createFile(target.resolve("notes.txt"));
    CheckpointQuantizer quantizer =
        new CheckpointQuantizer(Fixtures.storyteller(), Recipe.Q4).withThreads(1);
    assertThrows(IllegalArgumentException.class, () -> quantizer.write(target, _ -> {}));
    try (Stream<Path> files = Files.list(target)) {
      assertEquals(List.of(target.resolve("notes.txt")), files.toList());
    }
  }

  @Test
  void weightsThatAreNotFiniteAreNamed() throws IOException {
    Path source = Files.createDirectory(temporary.resolve("damaged"));
    Files.copy(Fixtures.folder("full-f32").resolve("config.json"), source.resolve("config.json"));
    byte[] bytes = Files.readAllBytes(Fixtures.folder("full-f32").resolve("model.safetensors"));
    // The first number of the first tensor, after the header and its length, becomes a NaN.
    int first = 8 + ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
    bytes[first + 2] = (byte) 0xff;
    bytes[first + 3] = 0x7f;
    Files.write(source.resolve("model.safetensors"), bytes);
    MalformedFileException refusal =
        assertThrows(MalformedFileException.class, () -> quantize(source, Recipe.Q8));
    assertTrue(refusal.getMessage().contains("finite"), refusal.getMessage());
  }

  private static Checkpoint open(Path folder) {
    return Checkpoint.open(folder, LoadOptions.defaults());
  }
}
