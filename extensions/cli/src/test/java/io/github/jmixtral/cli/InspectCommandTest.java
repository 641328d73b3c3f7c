package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.cli.synthesis.SyntheticShape;
import io.github.jmixtral.internal.checkpoint.MachineMemory;
import io.github.jmixtral.internal.checkpoint.ModelSizes;
import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class InspectCommandTest {
  @TempDir private Path folder;

  @Test
  void theModelInTheBoxIsDescribed() {
    JsonNode object = CommandRun.of("inspect", "--json").assertGood().json();
    assertEquals(1905, object.get("config").get("vocab_size").intValue());
    assertEquals(128, object.get("config").get("sliding_window").intValue());
    assertEquals("language_model", object.get("head").stringValue());
    assertEquals("hub", object.get("layout").stringValue());
    assertEquals("[\"model.safetensors\"]", object.get("files").toString());
    assertEquals("tokenizer.json", object.get("tokenizer").stringValue());
    assertEquals("[BF16]", object.get("dtypes").propertyNames().toString());
    assertEquals(3_835_264, object.get("parameters").longValue());
    assertEquals(2 * 3_835_264, object.get("weights_bytes").longValue());
    // 6 of 8 experts rest, in 4 layers: 3 matrices of 128 × 256 each.
    assertEquals(3_835_264 - 6L * 4 * 3 * 128 * 256, object.get("active_parameters").longValue());
    // Keys and values of 4 layers, 2 heads of 32 floats.
    assertEquals(2 * 4 * 2 * 32 * 4, object.get("cache_bytes_per_id").intValue());
  }

  @Test
  void theCacheGrowsWithTheContextUpToTheWindow() {
    long perId = 2 * 4 * 2 * 32 * 4;
    // The cache holds blocks of 64 ids.
    assertEquals(128 * perId, cacheBytes("--context", "100"));
    // The window of 128 ids reaches into 3 blocks; a fourth waits to be used again.
    assertEquals(256 * perId, cacheBytes("--context", "1000"));
    assertEquals(1024 * perId, cacheBytes("--context", "1000", "--window", "none"));
    assertEquals(4096 * perId, cacheBytes("--window", "none"));
  }

  @Test
  void aNarrowerCacheTakesLessMemory() {
    long full = cacheBytes("--context", "100");
    assertEquals(full, cacheBytes("--context", "100", "--cache", "f32"));
    assertEquals(full / 2, cacheBytes("--context", "100", "--cache", "f16"));
    // A byte for each of 32 channels, and 4 for their scale.
    assertEquals(full / 4 * 36 / 32, cacheBytes("--context", "100", "--cache", "i8"));
  }

  private static long cacheBytes(String... options) {
    String[] arguments = new String[options.length + 2];
    arguments[0] = "inspect";
    arguments[1] = "--json";
    System.arraycopy(options, 0, arguments, 2, options.length);
    JsonNode object = CommandRun.of(arguments).assertGood().json();
    assertEquals(
        object.get("weights_bytes").longValue() + object.get("cache_bytes").longValue(),
        object.get("memory_bytes").longValue());
    return object.get("cache_bytes").longValue();
  }

  @Test
  void everyLayoutIsRecognised() {
    JsonNode full = inspect("full-f32");
    JsonNode sharded = inspect("sharded-f32");
    JsonNode fused = inspect("fused-v5-f32");
    assertEquals(4, sharded.get("files").size());
    assertEquals("hub-fused", fused.get("layout").stringValue());
    assertEquals(full.get("parameters"), fused.get("parameters"));
    assertEquals(full.get("active_parameters"), fused.get("active_parameters"));
    assertEquals(full.get("weights_bytes"), sharded.get("weights_bytes"));
    assertTrue(full.get("tokenizer").isNull());
    assertTrue(full.get("config").get("sliding_window").isNull());
    assertEquals("classifier", inspect("classifier-f32").get("head").stringValue());
  }

  private static JsonNode inspect(String fixture) {
    return CommandRun.of("inspect", "--json", "--model", Fixtures.folder(fixture).toString())
        .assertGood()
        .json();
  }

  @Test
  void peopleReadATable() {
    String table = CommandRun.of("inspect", "--context", "1000").assertGood().out();
    for (String line :
        new String[] {
          "hidden_size              128\n",
          "layout                   hub, model.safetensors\n",
          "BF16                     127 tensors, 7.67 MB\n",
          "parameters               3,835,264, of which a token uses 1,475,968\n",
          "memory                   weights 7.67 MB (mapped) + cache of 1,000 ids 524.29 KB"
        }) {
      assertTrue(table.contains(line), () -> line + " in:\n" + table);
    }
  }

  @Test
  void aQuantisedFolderNeedsLessMemoryForTheSameParameters() {
    JsonNode plain = inspectSynthetic("plain");
    JsonNode quantised = inspectSynthetic("quantised", "--recipe", "q4");
    assertEquals("quantized", quantised.get("layout").stringValue());
    assertEquals("[BF16, Q4, Q8]", quantised.get("dtypes").propertyNames().toString());
    assertEquals(plain.get("parameters"), quantised.get("parameters"));
    assertEquals(plain.get("active_parameters"), quantised.get("active_parameters"));
    JsonNode experts = quantised.get("dtypes").get("Q4");
    // 24 matrices of the experts, and the queries' projection.
    assertEquals(25, experts.get("tensors").intValue());
    assertEquals(experts.get("parameters").longValue() * 9 / 16, experts.get("bytes").longValue());
    long weights =
        quantised.get("dtypes").valueStream().mapToLong(d -> d.get("bytes").longValue()).sum();
    assertEquals(weights, quantised.get("weights_bytes").longValue());
    assertEquals(
        weights + quantised.get("cache_bytes").longValue(),
        quantised.get("memory_bytes").longValue());
  }

  private JsonNode inspectSynthetic(String name, String... recipe) {
    String out = folder.resolve(name).toString();
    CommandRun.of(
            Stream.concat(
                    Stream.of("synthesize", out, "--shape", "tiny", "--layers", "1"),
                    Stream.of(recipe))
                .toArray(String[]::new))
        .assertGood();
    return CommandRun.of("inspect", "--json", "--context", "1000", "--model", out)
        .assertGood()
        .json();
  }

  @Test
  void ofAGgufFileEachKindOfTensorSaysWhatItBecomes() {
    Path file = folder.resolve("tiny.gguf");
    CommandRun.of(
            "synthesize", file.toString(), "--shape", "tiny", "--layers", "1", "--type", "q3_k_m")
        .assertGood();
    CommandRun table = CommandRun.of("inspect", "--model", file.toString()).assertGood();
    assertTrue(
        table.out().contains("w2                       8 tensors, Q4_K becomes Q4_K exactly"),
        table.out());
    assertTrue(table.out().contains("memory of the machine"), table.out());
    assertTrue(table.out().contains("fits                     yes, and leaves "), table.out());
    assertTrue(table.out().contains("original as q3           "), table.out());
    JsonNode object =
        CommandRun.of("inspect", "--json", "--model", file.toString()).assertGood().json();
    JsonNode down =
        object
            .get("loaded")
            .valueStream()
            .filter(part -> part.get("kind").stringValue().equals("w2"))
            .findFirst()
            .orElseThrow();
    // Blocks of 256 weights in 144 bytes.
    assertEquals(8 * 128 * 144, down.get("file_bytes").longValue());
    assertTrue(down.get("exact").booleanValue());
    assertTrue(object.get("recipes").get("q4").longValue() > 0);
    assertTrue(
        object.get("loading_bytes").longValue()
            > object.get("memory_bytes").longValue() - object.get("cache_bytes").longValue());
  }

  @Test
  void weightsOfATileCacheCountAsMapped() {
    Path file = folder.resolve("tiny.gguf");
    CommandRun.of(
            "synthesize", file.toString(), "--shape", "tiny", "--layers", "1", "--type", "q3_k_m")
        .assertGood();
    Path cache = folder.resolve("cache");
    String[] inspect = {
      "inspect", "--context", "64", "--model", file.toString(), "--tile-cache", cache.toString()
    };
    String table = CommandRun.of(inspect).assertGood().out();
    assertTrue(table.contains(" of them mapped from the tile cache) + cache of 64 ids"), table);
    assertFalse(table.contains("memory while loading"), table);
    JsonNode object =
        CommandRun.of(Stream.concat(Stream.of(inspect), Stream.of("--json")).toArray(String[]::new))
            .assertGood()
            .json();
    assertEquals(
        object.get("memory_bytes").longValue() - object.get("cache_bytes").longValue(),
        object.get("loading_bytes").longValue());
    assertFalse(Files.exists(cache));
  }

  @Test
  void ofAConfigurationAloneTheSizesOfTheWeightsArePrinted() {
    SyntheticShape.MIXTRAL_8X22B.config(56).savePretrained(folder);
    String path = folder.toString();
    JsonNode object = CommandRun.of("inspect", "--json", "--model", path).assertGood().json();
    assertEquals(56, object.get("config").get("num_hidden_layers").intValue());
    JsonNode recipes = object.get("recipes");
    assertEquals("[q2, q3, q4, q4-all, q5, q6, q8]", recipes.propertyNames().toString());
    assertEquals(281.2, object.get("bf16_bytes").longValue() / 1e9, 0.05);
    assertEquals(64.7, recipes.get("q3").longValue() / 1e9, 0.05);
    assertTrue(object.has("recommended_recipe"), object.toString());
    // Keys and values of 56 layers, 8 heads of 128 floats.
    assertEquals(65536L * 2 * 56 * 8 * 128 * 4, object.get("cache_bytes").longValue());
    String table = CommandRun.of("inspect", "--model", path).assertGood().out();
    assertTrue(table.contains("weights                  none in this folder\n"), table);
    assertTrue(table.contains("as q4 folder             "), table);
  }

  /** The rows of 8x22B before a download, where so many bytes are left for weights. */
  private static String rowsWhereThereAreLeft(long bytes) {
    long heap = 1L << 30;
    MachineMemory machine = new MachineMemory(bytes + heap + (512L << 20), heap);
    ModelSizes sizes = ModelSizes.of(SyntheticShape.MIXTRAL_8X22B.config(56));
    return String.join("\n", new MemorySummary(machine, sizes, Optional.empty()).rows());
  }

  @Test
  void aRecipeIsRecommendedWhereTheOriginalDoesNotFit() {
    String table = rowsWhereThereAreLeft(85_000_000_000L);
    assertTrue(
        table.contains(
            "fits                     jmixtral quantize --recipe q4 writes a folder of 80.7 GB,"
                + " which fits\n"),
        table);
    assertEquals(
        List.of("as q4 folder             80.71 GB of weights, recommended"),
        table.lines().filter(line -> line.endsWith(", recommended")).toList());
  }

  @Test
  void whereTheOriginalFitsThatIsSaid() {
    String table = rowsWhereThereAreLeft(290_000_000_000L);
    assertTrue(table.contains("fits                     the original fits, and leaves "), table);
  }

  @Test
  void aContextOfNothingIsWrongUsage() {
    CommandRun.of("inspect", "--context", "0").assertWrongUsage("--context", "at least 1", "0");
  }
}
