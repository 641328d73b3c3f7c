package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

class SynthesizeCommandTest {
  private static final long EMBEDDING = 32000 * 128;
  private static final long QUERY_OR_OUTPUT = 128 * 128;
  private static final long KEY_OR_VALUE = 64 * 128;
  private static final long ROUTER = 8 * 128;
  private static final long EXPERTS = 8 * 3 * 256 * 128;
  private static final long NORMS = 2 * 128;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "none, 16, 16, 16",
    "q4, 8.5, 8.5, 4.5",
    "q4-all, 4.5, 4.5, 4.5",
    "q8, 8.5, 8.5, 8.5"
  })
  void everyRecipeGivesACheckpointOfItsSizeThatGenerates(
      String recipe, double bitsOfWords, double bitsOfKeys, double bitsOfExperts)
      throws IOException {
    Path out = folder.resolve("out");
    JsonNode report = synthesize(out, 2, recipe);
    double bitsOfOutput = recipe.equals("none") ? 16 : bitsOfWords;
    double bitsOfQuery = bitsOfExperts;
    double ofLayer =
        QUERY_OR_OUTPUT * (bitsOfQuery + bitsOfOutput)
            + 2 * KEY_OR_VALUE * bitsOfKeys
            + EXPERTS * bitsOfExperts
            + (ROUTER + NORMS) * 16;
    double bits = 2 * EMBEDDING * bitsOfWords + 128 * 16 + 2 * ofLayer;
    assertEquals(bits / 8, report.get("weights_bytes").longValue());
    JsonNode summary =
        CommandRun.of("inspect", "--json", "--model", out.toString()).assertGood().json();
    assertEquals(bits / 8, summary.get("weights_bytes").longValue());
    assertEquals(2, summary.get("config").get("num_hidden_layers").intValue());

    assertGenerates(out);
  }

  private void assertGenerates(Path out) throws IOException {
    Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 17, 31999]]");
    JsonNode generated =
        CommandRun.of(
                "generate",
                "--model",
                out.toString(),
                "--ids-file",
                ids.toString(),
                "--max-new-tokens",
                "3",
                "--greedy",
                "--json")
            .assertGood()
            .json();
    assertEquals(3, generated.get("ids").size());
  }

  @ParameterizedTest
  @EnumSource
  void everyRecipeHasTheSizeThatInspectFindsForItAndWeightsOfAFreshModel(Recipe recipe)
      throws IOException {
    synthesize(folder.resolve("plain"), 1, "none");
    Path out = folder.resolve("out");
    JsonNode report = synthesize(out, 1, recipe.toString());
    JsonNode plain = inspect(folder.resolve("plain"));
    long expected = plain.get("recipes").get(recipe.toString()).longValue();
    assertEquals(expected, report.get("weights_bytes").longValue());
    JsonNode summary = inspect(out);
    assertEquals(expected, summary.get("weights_bytes").longValue());
    assertEquals(plain.get("parameters"), summary.get("parameters"));
    try (Checkpoint checkpoint = Checkpoint.open(out, LoadOptions.defaults())) {
      checkpoint
          .weights()
          .map(
              (name, matrix) -> {
                assertFresh(name, matrix);
                return matrix;
              });
    }
    assertGenerates(out);
  }

  /** Two layers as wide as those of 8x22B, 3 GB: by {@code -Djmixtral.shape=8x22b}. */
  @Test
  @EnabledIfSystemProperty(named = "jmixtral.shape", matches = "8x7b|8x22b")
  void twoLayersOfAPublishedWidthGenerate() throws IOException {
    String shape = System.getProperty("jmixtral.shape");
    Path out = folder.resolve("wide");
    CommandRun.of("synthesize", out.toString(), "--shape", shape, "--layers", "2", "--recipe", "q4")
        .assertGood();
    assertGenerates(out);
  }

  /** Mean zero, and the deviation that transformers gives a new model. */
  private static void assertFresh(String name, WeightMatrix matrix) {
    double sum = 0;
    double squares = 0;
    float[] row = new float[matrix.cols()];
    for (int r = 0; r < matrix.rows(); r++) {
      WeightRows.read(Kernels.detected().matrix(), matrix, r, row, 0);
      for (float weight : row) {
        sum += weight;
        squares += weight * weight;
      }
    }
    double count = (double) matrix.rows() * matrix.cols();
    assertEquals(0, sum / count, 0.0025, name);
    assertEquals(0.02, Math.sqrt(squares / count), 0.002, name);
  }

  private static JsonNode inspect(Path model) {
    return CommandRun.of("inspect", "--json", "--model", model.toString()).assertGood().json();
  }

  @Test
  void theSameSeedGivesTheSameBytes() throws IOException {
    synthesize(folder.resolve("a"), 1, "q4");
    synthesize(folder.resolve("b"), 1, "q4");
    synthesize(folder.resolve("c"), 1, "q4", "--seed", "7");
    byte[] a = Files.readAllBytes(folder.resolve("a/model.safetensors"));
    assertArrayEquals(a, Files.readAllBytes(folder.resolve("b/model.safetensors")));
    byte[] c = Files.readAllBytes(folder.resolve("c/model.safetensors"));
    assertEquals(a.length, c.length);
    assertNotEquals(-1, Arrays.mismatch(a, c));
  }

  @Test
  void nothingButTheFolderIsLeftAndNoTokenizerUnlessAsked() throws IOException {
    synthesize(folder.resolve("out"), 1, "none");
    assertEquals(List.of("out"), names(folder));
    assertEquals(List.of("config.json", "model.safetensors"), names(folder.resolve("out")));
    Path tokenizer = Fixtures.folder("tokenizer");
    synthesize(folder.resolve("other"), 1, "q8", "--tokenizer", tokenizer.toString());
    assertTrue(Files.exists(folder.resolve("other/tokenizer.json")));
  }

  @Test
  void aMissingTokenizerIsNoticedBeforeAnythingIsWritten() {
    CommandRun run =
        CommandRun.of(
            "synthesize",
            folder.resolve("out").toString(),
            "--layers",
            "1",
            "--shape",
            "tiny",
            "--tokenizer",
            folder.resolve("absent").toString());
    run.assertBadInput("absent");
    assertFalse(Files.exists(folder.resolve("out")));
  }

  @Test
  void aFolderThatHoldsSomethingIsLeftAlone() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));
    Files.writeString(out.resolve("precious"), "text");
    CommandRun.of("synthesize", out.toString(), "--layers", "1", "--shape", "tiny")
        .assertBadInput("out", "an empty folder", "precious");
    assertEquals(List.of("precious"), names(out));
  }

  @Test
  void wrongOptionsAreWrongUsage() {
    String out = folder.resolve("out").toString();
    CommandRun.of("synthesize", out).assertWrongUsage("--layers");
    CommandRun.of("synthesize", out, "--layers", "0").assertWrongUsage("--layers", "at least 1");
    CommandRun.of("synthesize", out, "--layers", "1", "--shape", "9x9b")
        .assertWrongUsage("--shape", "8x22b", "9x9b");
    CommandRun.of("synthesize", out, "--layers", "1", "--recipe", "q7")
        .assertWrongUsage("--recipe", "q4-all", "q7");
  }

  private static JsonNode synthesize(Path out, int layers, String recipe, String... more) {
    Stream<String> recipeOption =
        recipe.equals("none") ? Stream.empty() : Stream.of("--recipe", recipe);
    String[] arguments =
        Stream.of(
                Stream.of("synthesize", out.toString(), "--shape", "tiny", "--json"),
                Stream.of("--layers", "" + layers),
                recipeOption,
                Stream.of(more))
            .flatMap(part -> part)
            .toArray(String[]::new);
    return CommandRun.of(arguments).assertGood().json();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return List.copyOf(
          files
              .map(file -> file.getFileName().toString())
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }
}
