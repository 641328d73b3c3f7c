package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce
class ModelSizesTest {
  private static final ModelSizes MIXTRAL_8X7B = published(32, 4096, 14336, 32, 32000);
  private static final ModelSizes MIXTRAL_8X22B = published(56, 6144, 16384, 48, 32768);

  private static ModelSizes published(
      int layers, int hidden, int intermediate, int heads, int words) {
    return ModelSizes.of(
        MixtralConfig.of(
            Map.of(
                "vocab_size", words,
                "hidden_size", hidden,
                "intermediate_size", intermediate,
                "num_hidden_layers", layers,
                "num_attention_heads", heads,
                "num_key_value_heads", 8,
                "head_dim", hidden / heads)));
  }

  @Test
  void inBfloat16TheSizesAreThoseOfThePublishedFiles() throws IOException {
    // total_size of model.safetensors.index.json of Mixtral-8x7B-v0.1.
    assertEquals(93_405_585_408L, MIXTRAL_8X7B.bfloat16Bytes());
    assertDocumented(
        "(BF16, as published)", MIXTRAL_8X7B.bfloat16Bytes(), MIXTRAL_8X22B.bfloat16Bytes());
  }

  @ParameterizedTest
  @EnumSource
  void theDocumentationHasTheSizes(Recipe recipe) throws IOException {
    assertDocumented(
        "`" + recipe + "`",
        MIXTRAL_8X7B.recipes().get(recipe),
        MIXTRAL_8X22B.recipes().get(recipe));
  }

  private static void assertDocumented(String name, long small, long large) throws IOException {
    List<String> rows =
        Files.readAllLines(Path.of("docs/models.md")).stream()
            .filter(line -> line.startsWith("| " + name))
            .toList();
    assertEquals(1, rows.size(), name);
    String sizes = "| %.1f GB | %.1f GB |".formatted(small / 1e9, large / 1e9);
    assertTrue(rows.getFirst().contains(sizes), sizes + " in " + rows.getFirst());
  }

  @Test
  void theSmallestRecipesFitIntoTheMemoryOfSmallMachines() {
    assertTrue(MIXTRAL_8X7B.recipes().get(Recipe.Q3) <= 21_500_000_000L);
    assertTrue(MIXTRAL_8X7B.recipes().get(Recipe.Q2) <= 16_500_000_000L);
  }

  @Test
  void theLargestRecipeThatFitsIsRecommended() {
    assertEquals(Optional.of(Recipe.Q8), MIXTRAL_8X7B.largestWithin(64_000_000_000L));
    assertEquals(Optional.of(Recipe.Q5), MIXTRAL_8X7B.largestWithin(38_000_000_000L));
    assertEquals(Optional.of(Recipe.Q3), MIXTRAL_8X7B.largestWithin(24_300_000_000L));
    assertEquals(Optional.empty(), MIXTRAL_8X7B.largestWithin(16_000_000_000L));
    assertEquals(Optional.of(Recipe.Q2), MIXTRAL_8X22B.largestWithin(64_000_000_000L));
  }

  @Test
  void fourBitsThroughoutAreNotRecommended() {
    long bytes = MIXTRAL_8X7B.recipes().get(Recipe.Q4_ALL);
    assertEquals(Optional.of(Recipe.Q3), MIXTRAL_8X7B.largestWithin(bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"full-f32", "quantized/gguf-q4_0", "quantized/gptq-v1-actorder"})
  void weightsOfAnyFormatHaveTheSizesOfTheirConfiguration(String fixture) {
    try (Checkpoint stored =
        Checkpoint.openAsStored(CheckpointLayout.of(Fixtures.folder(fixture)))) {
      assertEquals(
          ModelSizes.of(stored.config()),
          LoadingPlan.of(stored.weights(), LoadOptions.defaults()).sizes());
    }
  }
}
