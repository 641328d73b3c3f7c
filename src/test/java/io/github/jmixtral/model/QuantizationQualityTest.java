package io.github.jmixtral.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.Fixtures;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.checkpoint.FolderQuantizer;
import io.github.jmixtral.checkpoint.Importance;
import io.github.jmixtral.checkpoint.LoadOptions;
import io.github.jmixtral.checkpoint.Recipe;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What quantising costs the storyteller on text that it has not seen: how far its probabilities
 * move away from those of its bfloat16 weights. Activations are rounded to 8 bits, as by default.
 */
@RunsOnce
class QuantizationQualityTest {
  private static final int STRETCHES = 32;
  private static final int CONTEXT = 256;

  private static int[] ids;
  private static float[][][] expected;

  /**
   * What a model loses.
   *
   * @param divergence mean Kullback–Leibler divergence per position from the expected probabilities
   * @param negativeLogLikelihood mean over all ids but each stretch's first
   */
  private record Quality(double divergence, double negativeLogLikelihood) {}

  @BeforeAll
  static void runWithoutQuantising() throws IOException {
    ids = validationIds(STRETCHES * CONTEXT);
    expected = logits(Fixtures.storyteller(), LoadOptions.defaults());
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
    for (int s = 0; s < STRETCHES; s++) {
      for (int i = 0; i < CONTEXT; i++) {
        double[] p = logProbabilities(expected[s][i]);
        double[] q = logProbabilities(found[s][i]);
        for (int id = 0; id < p.length; id++) {
          divergence += Math.exp(p[id]) * (p[id] - q[id]);
        }
        if (i + 1 < CONTEXT) {
          negativeLog -= q[ids[s * CONTEXT + i + 1]];
        }
      }
    }
    return new Quality(
        divergence / (STRETCHES * CONTEXT), negativeLog / (STRETCHES * (CONTEXT - 1)));
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

  private static void assertGood(Recipe recipe, double divergence, double perplexity) {
    Quality quality =
        quality(logits(Fixtures.storyteller(), LoadOptions.defaults().quantize(recipe)));
    double ratio =
        Math.exp(quality.negativeLogLikelihood() - quality(expected).negativeLogLikelihood());
    String found = recipe + ": " + quality + ", perplexity × " + ratio;
    assertTrue(quality.divergence() <= divergence, found);
    assertTrue(ratio <= 1 + perplexity, found);
  }

  @Test
  void fourBitsCostLittle() {
    assertGood(Recipe.Q4, 1.5e-4, 0.001);
  }

  @Test
  void eightBitsCostNextToNothing() {
    assertGood(Recipe.Q8, 2e-5, 0.001);
  }

  /** The calibration is measured on other stories than those that the divergence is measured on. */
  @Test
  void importanceLowersTheDivergence(@TempDir Path temporary) throws IOException {
    List<int[]> stories = otherStories();
    Importance importance =
        Calibration.measure(
            Fixtures.storyteller(), LoadOptions.defaults().withThreads(2), stories, _ -> {});
    double even = divergence(temporary.resolve("even"), Importance.EVEN);
    double weighted = divergence(temporary.resolve("weighted"), importance);
    assertTrue(weighted < 0.95 * even, weighted + " against " + even);
  }

  private static double divergence(Path folder, Importance importance) {
    new FolderQuantizer(Fixtures.storyteller(), Recipe.Q4, importance, 2).write(folder, _ -> {});
    return quality(logits(folder, LoadOptions.defaults())).divergence();
  }

  /** Stretches that come after those that the quality is measured on. */
  private static List<int[]> otherStories() throws IOException {
    int[] all = validationIds(3 * STRETCHES * CONTEXT);
    return IntStream.range(STRETCHES, all.length / CONTEXT)
        .mapToObj(s -> Arrays.copyOfRange(all, s * CONTEXT, (s + 1) * CONTEXT))
        .toList();
  }
}
