package io.github.jmixtral.internal.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.GenerationConfig;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

@RunsOnce
class SamplerTest {
  private static final float REMOVED = Float.NEGATIVE_INFINITY;
  private static final int VOCAB = 120;

  @Test
  void theSameSeedDrawsTheSameIds() {
    GenerationConfig config = GenerationConfig.inherit().withDoSample(true).withSeed(7);
    assertArrayEquals(draw(config, 100), draw(config, 100));
    assertFalse(Arrays.equals(draw(config, 100), draw(config.withSeed(8), 100)));
  }

  @Test
  void withoutASeedDrawsDiffer() {
    GenerationConfig config = GenerationConfig.inherit().withDoSample(true);
    assertFalse(Arrays.equals(draw(config, 100), draw(config, 100)));
  }

  @Test
  void theEndsOfTheUniformIntervalChooseTheFirstAndLastIdLeft() {
    float[] logits = {REMOVED, REMOVED, 1, REMOVED, 2, REMOVED};
    assertEquals(2, new Sampler.Multinomial(always(0), 6).sample(logits));
    assertEquals(4, new Sampler.Multinomial(always(Math.nextDown(1.0)), 6).sample(logits));
  }

  @Test
  void aSingleIdLeftIsAlwaysChosen() {
    float[] logits = new float[VOCAB];
    Arrays.fill(logits, REMOVED);
    logits[77] = -1e30f;
    Sampler sampler = new Sampler.Multinomial(new SplittableRandom(1), VOCAB);
    for (int draw = 0; draw < 100; draw++) {
      assertEquals(77, sampler.sample(logits));
    }
  }

  @Test
  void greedyTakesTheLargestAndTheLowestIdAmongEquals() {
    Sampler greedy = Sampler.of(GenerationConfig.inherit(), 0, 5);
    assertEquals(1, greedy.sample(new float[] {-3, 4, 4, REMOVED, 3}));
    assertEquals(0, greedy.sample(new float[] {-3, REMOVED, -4, REMOVED, REMOVED}));
  }

  @Test
  void nothingToChooseFromIsAnError() {
    Sampler greedy = Sampler.of(GenerationConfig.inherit(), 0, 2);
    Sampler sampling = Sampler.of(GenerationConfig.inherit().withDoSample(true), 0, 2);
    float[] removed = {REMOVED, REMOVED};
    float[] notNumbers = {Float.NaN, Float.NaN};
    assertThrows(IllegalStateException.class, () -> greedy.sample(removed));
    assertThrows(IllegalStateException.class, () -> greedy.sample(notNumbers));
    assertThrows(IllegalStateException.class, () -> sampling.sample(removed));
    assertThrows(IllegalStateException.class, () -> sampling.sample(notNumbers));
  }

  private static int[] draw(GenerationConfig config, int draws) {
    Sampler sampler = Sampler.of(config, 0, VOCAB);
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
