package io.github.jmixtral.internal.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.generation.LogitsProcessor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The cuts of the tail, against plain sorting and on the edges: ties, one token, none left. */
@RunsOnce
class LogitsWarperTest {
  private static final float REMOVED = Float.NEGATIVE_INFINITY;
  private static final IdSequence SEQUENCE = new IdSequence(new int[] {1}, 0);

  @Test
  void temperatureDivides() {
    assertArrayEquals(
        new float[] {2, -4, REMOVED}, processed(new Rescalings.Temperature(0.5), 1, -2, REMOVED));
  }

  @Test
  void topKKeepsAllThatEqualTheLastKept() {
    assertArrayEquals(
        new float[] {REMOVED, 3, 2, 2, REMOVED, 2},
        processed(new Cuts.TopK(2, 6), 1, 3, 2, 2, -5, 2));
  }

  @Test
  void topKBeyondTheVocabularyRemovesNothing() {
    assertArrayEquals(new float[] {1, 2, 3}, processed(new Cuts.TopK(50, 3), 1, 2, 3));
  }

  @Test
  void topKLeavesRemovedEntriesRemoved() {
    assertArrayEquals(
        new float[] {REMOVED, 2, REMOVED, 1},
        processed(new Cuts.TopK(3, 4), REMOVED, 2, REMOVED, 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 10, 63, 64, 65, 299, 300})
  void topKEqualsSortingOnManyTies(int k) {
    var random = new SplittableRandom(k);
    for (int round = 0; round < 50; round++) {
      float[] logits = randomLogits(random, 300, 20);
      float[] sorted = logits.clone();
      Arrays.sort(sorted);
      float smallestKept = sorted[sorted.length - k];
      float[] expected = logits.clone();
      for (int id = 0; id < expected.length; id++) {
        expected[id] = logits[id] < smallestKept ? REMOVED : logits[id];
      }
      assertArrayEquals(expected, processed(new Cuts.TopK(k, 300), logits));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.01, 0.3, 0.5, 0.9, 0.99, 0.999999})
  void topPEqualsSortingOnManyTies(double topP) {
    var random = new SplittableRandom(7);
    for (int round = 0; round < 50; round++) {
      float[] logits = randomLogits(random, 200, 30);
      double sum = Softmax.sum(logits, 0);
      List<Integer> descending =
          IntStream.range(0, logits.length)
              .boxed()
              .sorted(
                  Comparator.<Integer>comparingDouble(id -> -logits[id])
                      .thenComparing(Comparator.reverseOrder()))
              .toList();
      float[] expected = logits.clone();
      double before = 0;
      for (int id : descending) {
        if (before >= topP * sum && id != descending.getFirst()) {
          expected[id] = REMOVED;
        }
        before += Math.exp(logits[id]);
      }
      assertArrayEquals(expected, processed(new Cuts.TopP(topP, 200), logits));
    }
  }

  @Test
  void topPKeepsTheLikeliestWhateverItsProbability() {
    assertArrayEquals(
        new float[] {REMOVED, 9, REMOVED}, processed(new Cuts.TopP(1e-9, 3), 1, 9, 2));
    assertArrayEquals(new float[] {REMOVED, 9, REMOVED}, processed(new Cuts.TopP(0, 3), 1, 9, 2));
  }

  @Test
  void minPComparesWithTheLikeliest() {
    float half = (float) Math.log(0.5);
    float tenth = (float) Math.log(0.1);
    assertArrayEquals(
        new float[] {0, half, REMOVED, REMOVED},
        processed(new Cuts.MinP(0.2), 0, half, tenth, REMOVED));
    assertArrayEquals(new float[] {0, REMOVED}, processed(new Cuts.MinP(1), 0, half));
  }

  @Test
  void typicalPKeepsWhatIsNearestToTheEntropy() {
    // p = 0.5, 0.25, 0.125, 0.125: entropy 1.75 bits, distances 0.75, 0.25, 1.25, 1.25 bits.
    float[] logits = new float[4];
    double[] probabilities = {0.5, 0.25, 0.125, 0.125};
    for (int id = 0; id < 4; id++) {
      logits[id] = (float) Math.log(probabilities[id]);
    }
    assertArrayEquals(
        new float[] {REMOVED, logits[1], REMOVED, REMOVED},
        processed(new Cuts.Typical(0.2, 4, 1), logits));
    assertArrayEquals(
        new float[] {logits[0], logits[1], REMOVED, REMOVED},
        processed(new Cuts.Typical(0.7, 4, 1), logits));
    assertArrayEquals(logits, processed(new Cuts.Typical(0.8, 4, 1), logits));
  }

  @ParameterizedTest
  @CsvSource({"0.9, 1", "0.3, 1", "0.2, 2", "0.05, 3"})
  void epsilonCutoffRemovesWhatIsLessLikelyButTheLikeliest(double epsilon, int kept) {
    float[] logits = {(float) Math.log(0.7), (float) Math.log(0.22), (float) Math.log(0.08)};
    float[] processed = processed(new Cuts.Epsilon(epsilon), logits);
    for (int id = 0; id < logits.length; id++) {
      assertEquals(id < kept ? logits[id] : REMOVED, processed[id]);
    }
  }

  @Test
  void etaCutoffLowersTheBarWhereTheModelIsUnsure() {
    // Flat over 100: entropy ln 100, eta = min(0.02, sqrt(0.02) / 100) = 0.0014 < p = 0.01.
    float[] flat = new float[100];
    assertArrayEquals(flat, processed(new Cuts.Eta(0.02), flat));
    // Two sure tokens and a tail of p ≈ 0.00019: entropy near ln 2, the bar is 0.02.
    float[] sure = new float[100];
    sure[0] = 8;
    sure[1] = 8.5f;
    assertEquals(2, kept(processed(new Cuts.Eta(0.02), sure)));
  }

  @Test
  void warpersBearThatNothingIsLeft() {
    float[] none = new float[8];
    Arrays.fill(none, REMOVED);
    List<LogitsProcessor> warpers =
        List.of(
            new Rescalings.Temperature(0.7),
            new Cuts.TopK(3, 8),
            new Cuts.TopP(0.5, 8),
            new Cuts.MinP(0.1),
            new Cuts.Typical(0.5, 8, 1),
            new Cuts.Epsilon(0.1),
            new Cuts.Eta(0.1),
            new Rescalings.Normalization());
    for (LogitsProcessor warper : warpers) {
      assertArrayEquals(none, processed(warper, none), warper.getClass().getSimpleName());
    }
  }

  @Test
  void aLeastNumberOfTheLikeliestStaysWhateverIsCut() {
    float[] logits = {1, 5, 3, REMOVED, 4, 3};
    float[] two = {REMOVED, 5, REMOVED, REMOVED, 4, REMOVED};
    assertArrayEquals(two, processed(new Cuts.LeastKept(new Cuts.TopK(1, 6), 2, 6), logits));
    assertArrayEquals(two, processed(new Cuts.LeastKept(new Cuts.TopP(0, 6), 2, 6), logits));
    float[] four = {REMOVED, 5, 3, REMOVED, 4, 3};
    assertArrayEquals(four, processed(new Cuts.LeastKept(new Cuts.MinP(1), 3, 6), logits));
    assertArrayEquals(four, processed(new Cuts.LeastKept(new Cuts.TopK(4, 6), 2, 6), logits));
    assertArrayEquals(logits, processed(new Cuts.LeastKept(new Cuts.TopK(1, 6), 9, 6), logits));
    assertEquals(3, kept(processed(new Cuts.Typical(1e-9, 5, 3), 1, 5, 3, 2, 4)));
  }

  @Test
  void normalizedLogitsAreLogProbabilities() {
    float[] processed = processed(new Rescalings.Normalization(), 1, 2, REMOVED, 0.5f);
    double sum = 0;
    for (float logit : processed) {
      sum += Math.exp(logit);
    }
    assertEquals(1, sum, 1e-6);
    assertEquals(REMOVED, processed[2]);
    assertEquals(-1, processed[0] - processed[1], 1e-6);
  }

  private static float[] processed(LogitsProcessor processor, float... logits) {
    float[] copy = logits.clone();
    processor.process(SEQUENCE, copy);
    return copy;
  }

  private static int kept(float[] logits) {
    int kept = 0;
    for (float logit : logits) {
      kept += logit == REMOVED ? 0 : 1;
    }
    return kept;
  }

  /** Logits on a coarse grid, so that many are equal. */
  private static float[] randomLogits(SplittableRandom random, int size, int steps) {
    float[] logits = new float[size];
    for (int id = 0; id < size; id++) {
      logits[id] = (random.nextInt(steps) - steps / 2) * 0.25f;
    }
    return logits;
  }
}
