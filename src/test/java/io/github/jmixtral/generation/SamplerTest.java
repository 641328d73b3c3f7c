package io.github.jmixtral.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.GenerationConfig;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@RunsOnce
class SamplerTest {
  private static final float REMOVED = Float.NEGATIVE_INFINITY;
  private static final int VOCAB = 120;
  private static final int DRAWS = 20_000;

  static List<GenerationConfig> settings() {
    GenerationConfig sampling = GenerationConfig.defaults().withDoSample(true).withSeed(20_000);
    return List.of(
        sampling,
        sampling.withTemperature(0.7),
        sampling.withTemperature(1.8),
        sampling.withTopK(10),
        sampling.withTopP(0.8),
        sampling.withMinP(0.05),
        sampling.withTypicalP(0.7),
        sampling.withEpsilonCutoff(0.01),
        sampling.withEtaCutoff(0.05),
        sampling.withRepetitionPenalty(1.5),
        sampling.withTemperature(0.7).withTopK(50).withTopP(0.95).withMinP(0.02));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void drawsFollowTheExactDistribution(GenerationConfig config) {
    float[] logits = fixedLogits();
    var sequence = new TokenSequence(new int[] {1, 5, 9}, 0);
    LogitsProcessors.of(config, 3, 100, VOCAB, List.of())
        .forEach(processor -> processor.process(sequence, logits));
    Sampler sampler = Sampler.of(config, VOCAB);
    int[] counts = new int[VOCAB];
    for (int draw = 0; draw < DRAWS; draw++) {
      counts[sampler.sample(logits)]++;
    }
    assertFits(logits, counts);
  }

  @Test
  void theSameSeedDrawsTheSameIds() {
    GenerationConfig config = GenerationConfig.defaults().withDoSample(true).withSeed(7);
    assertArrayEquals(draw(config, 100), draw(config, 100));
    assertFalse(Arrays.equals(draw(config, 100), draw(config.withSeed(8), 100)));
  }

  @Test
  void withoutASeedDrawsDiffer() {
    GenerationConfig config = GenerationConfig.defaults().withDoSample(true);
    assertFalse(Arrays.equals(draw(config, 100), draw(config, 100)));
  }

  @Test
  void theEndsOfTheUniformIntervalChooseTheFirstAndLastIdLeft() {
    float[] logits = {REMOVED, REMOVED, 1, REMOVED, 2, REMOVED};
    assertEquals(2, new MultinomialSampler(always(0), 6).sample(logits));
    assertEquals(4, new MultinomialSampler(always(Math.nextDown(1.0)), 6).sample(logits));
  }

  @Test
  void aSingleIdLeftIsAlwaysChosen() {
    float[] logits = new float[VOCAB];
    Arrays.fill(logits, REMOVED);
    logits[77] = -1e30f;
    Sampler sampler = new MultinomialSampler(new SplittableRandom(1), VOCAB);
    for (int draw = 0; draw < 100; draw++) {
      assertEquals(77, sampler.sample(logits));
    }
  }

  @Test
  void greedyTakesTheLargestAndTheLowestIdAmongEquals() {
    Sampler greedy = Sampler.of(GenerationConfig.defaults(), 5);
    assertEquals(1, greedy.sample(new float[] {-3, 4, 4, REMOVED, 3}));
    assertEquals(0, greedy.sample(new float[] {-3, REMOVED, -4, REMOVED, REMOVED}));
  }

  @Test
  void nothingToChooseFromIsAnError() {
    Sampler greedy = Sampler.of(GenerationConfig.defaults(), 2);
    Sampler sampling = Sampler.of(GenerationConfig.defaults().withDoSample(true), 2);
    float[] removed = {REMOVED, REMOVED};
    float[] notNumbers = {Float.NaN, Float.NaN};
    assertThrows(IllegalStateException.class, () -> greedy.sample(removed));
    assertThrows(IllegalStateException.class, () -> greedy.sample(notNumbers));
    assertThrows(IllegalStateException.class, () -> sampling.sample(removed));
    assertThrows(IllegalStateException.class, () -> sampling.sample(notNumbers));
  }

  private static int[] draw(GenerationConfig config, int draws) {
    Sampler sampler = Sampler.of(config, VOCAB);
    float[] logits = fixedLogits();
    int[] ids = new int[draws];
    Arrays.setAll(ids, i -> sampler.sample(logits));
    return ids;
  }

  private static float[] fixedLogits() {
    var random = new SplittableRandom(11);
    float[] logits = new float[VOCAB];
    for (int id = 0; id < VOCAB; id++) {
      logits[id] = (float) (1.5 * random.nextGaussian());
    }
    return logits;
  }

  /** Chi-square at p = 0.001; cells with an expectation below 5 are pooled. */
  private static void assertFits(float[] logits, int[] counts) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    double chiSquare = 0;
    double pooledExpected = 0;
    int pooledCount = 0;
    int cells = 0;
    for (int id = 0; id < logits.length; id++) {
      double expected = DRAWS * Math.exp(logits[id]) / sum;
      if (expected == 0) {
        assertEquals(0, counts[id], "id " + id + " was removed");
      } else if (expected < 5) {
        pooledExpected += expected;
        pooledCount += counts[id];
      } else {
        chiSquare += (counts[id] - expected) * (counts[id] - expected) / expected;
        cells++;
      }
    }
    if (pooledExpected > 0) {
      chiSquare += (pooledCount - pooledExpected) * (pooledCount - pooledExpected) / pooledExpected;
      cells++;
    }
    double limit = chiSquareLimit(cells - 1);
    assertTrue(chiSquare < limit, "chi-square " + chiSquare + ", limit " + limit);
  }

  /** Wilson and Hilferty's approximation of the 0.999 quantile, whose normal quantile is 3.0902. */
  private static double chiSquareLimit(int degrees) {
    double spread = 2.0 / (9.0 * degrees);
    double root = 1 - spread + 3.0902 * Math.sqrt(spread);
    return degrees * root * root * root;
  }

  private static RandomGenerator always(double value) {
    return new RandomGenerator() {
      @Override
      public long nextLong() {
        throw new AssertionError("the sampler draws doubles");
      }

      @Override
      public double nextDouble() {
        return value;
      }
    };
  }
}
