package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.conversion.CheckpointQuantizer;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What quantising costs the storyteller on text that it has not seen: how far its probabilities
 * move away from those of its bfloat16 weights. Activations are rounded to 8 bits, as by default.
 */
@RunsOnce
class QuantizationQualityTest {
  private static final int STRETCHES = 32;
  private static final int CONTEXT = 256;

  @TempDir private static Path temporary;
  private static int[] ids;
  private static float[][][] expected;
  private static List<int[]> otherStories;
  private static final Map<Path, Quality> QUALITIES = new HashMap<>();

  /**
   * What a model loses.
   *
   * @param divergence mean Kullback–Leibler divergence per position from the expected probabilities
   * @param negativeLogLikelihood mean over all ids but each stretch's first
   * @param outputError mean squared difference of the logits
   */
  private record Quality(double divergence, double negativeLogLikelihood, double outputError) {}

  @BeforeAll
  static void runWithoutQuantising() throws IOException {
    ids = validationIds(STRETCHES * CONTEXT);
    expected = logits(Fixtures.storyteller(), LoadOptions.defaults());
    // The calibration is measured on other stories than those that the quality is measured on.
    otherStories = otherStories();
  }

  /** The first ids of the validation text as {@code perplexity --lines} cuts them. */
  private static int[] validationIds(int count) throws IOException {
    Tokenizer tokenizer = Tokenizer.fromPretrained(Fixtures.storyteller());
    IntStream.Builder builder = IntStream.builder();
    for (String line : Files.readAllLines(Fixtures.storyteller().resolve("evaluation/valid.txt"))) {
      builder.add(tokenizer.bosTokenId().orElseThrow());
      for (String part : line.split("\t", -1)) {
        Arrays.stream(tokenizer.encode(part)).forEach(builder);
      }
      builder.add(tokenizer.eosTokenId().orElseThrow());
    }
    return builder.build().limit(count).toArray();
  }

  private static float[][][] logits(Path folder, LoadOptions options) {
    float[][][] logits = new float[STRETCHES][][];
    try (LanguageModel model = LanguageModel.fromPretrained(folder, options)) {
      for (int s = 0; s < STRETCHES; s++) {
        int[] stretch = Arrays.copyOfRange(ids, s * CONTEXT, (s + 1) * CONTEXT);
        logits[s] = model.forward(ModelInput.ofIds(stretch)).logits()[0];
      }
    }
    return logits;
  }

  private static Quality quality(float[][][] found) {
    double divergence = 0;
    double negativeLog = 0;
    double squares = 0;
    for (int s = 0; s < STRETCHES; s++) {
      for (int i = 0; i < CONTEXT; i++) {
        double[] p = logProbabilities(expected[s][i]);
        double[] q = logProbabilities(found[s][i]);
        for (int id = 0; id < p.length; id++) {
          divergence += Math.exp(p[id]) * (p[id] - q[id]);
          squares += Math.pow(expected[s][i][id] - found[s][i][id], 2) / p.length;
        }
        if (i + 1 < CONTEXT) {
          negativeLog -= q[ids[s * CONTEXT + i + 1]];
        }
      }
    }
    return new Quality(
        divergence / (STRETCHES * CONTEXT),
        negativeLog / (STRETCHES * (CONTEXT - 1)),
        squares / (STRETCHES * CONTEXT));
  }

  private static double[] logProbabilities(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    double normaliser = largest + Math.log(sum);
    return IntStream.range(0, logits.length).mapToDouble(i -> logits[i] - normaliser).toArray();
  }

  private static Quality quantized(Recipe recipe, boolean calibrated) {
    Path folder = temporary.resolve(recipe + (calibrated ? "-calibrated" : "-plain"));
    return QUALITIES.computeIfAbsent(
        folder,
        path -> {
          CheckpointQuantizer quantizer =
              new CheckpointQuantizer(Fixtures.storyteller(), recipe).withThreads(2);
          (calibrated ? quantizer.withCalibration(otherStories, _ -> {}) : quantizer)
              .write(path, _ -> {});
          return quality(logits(path, LoadOptions.defaults()));
        });
  }

  @ParameterizedTest
  @CsvSource({
    "Q8, 2e-5, 0.001",
    "Q6, 3e-5, 0.001",
    "Q5, 5e-5, 0.001",
    "Q4, 1.5e-4, 0.001",
    "Q3, 5e-4, 0.001",
    "Q2, 2e-3, 0.002",
  })
  void aRecipeCostsNoMoreThanThis(Recipe recipe, double divergence, double perplexity) {
    Quality quality = quantized(recipe, false);
    double ratio =
        Math.exp(quality.negativeLogLikelihood() - quality(expected).negativeLogLikelihood());
    String found = recipe + ": " + quality + ", perplexity × " + ratio;
    assertTrue(quality.divergence() <= divergence, found);
    assertTrue(ratio <= 1 + perplexity, found);
  }

  @Test
  void eachRecipeIsBetterThanTheNextSmallerOne() {
    List<Recipe> recipes =
        List.of(Recipe.Q2, Recipe.Q3, Recipe.Q4, Recipe.Q5, Recipe.Q6, Recipe.Q8);
    for (int i = 1; i < recipes.size(); i++) {
      Quality better = quantized(recipes.get(i), false);
      Quality smaller = quantized(recipes.get(i - 1), false);
      String found = recipes.get(i) + ": " + better + " against " + smaller;
      assertTrue(better.divergence() < smaller.divergence(), found);
    }
  }

  @Test
  void importanceLowersTheErrorOnTextItHasNotSeen() {
    Quality even = quantized(Recipe.Q4, false);
    Quality weighted = quantized(Recipe.Q4, true);
    String found = weighted + " against " + even;
    assertTrue(weighted.outputError() < 0.95 * even.outputError(), found);
    assertTrue(weighted.divergence() < 0.95 * even.divergence(), found);
  }

  /** Stretches that come after those that the quality is measured on. */
  private static List<int[]> otherStories() throws IOException {
    int[] all = validationIds(3 * STRETCHES * CONTEXT);
    return IntStream.range(STRETCHES, all.length / CONTEXT)
        .mapToObj(s -> Arrays.copyOfRange(all, s * CONTEXT, (s + 1) * CONTEXT))
        .toList();
  }
}
