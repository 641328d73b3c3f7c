package io.github.jmixtral.internal.decoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.decoding.BeamCandidates.Candidate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The continuations that a step of a beam search looks at. */
@RunsOnce
class BeamCandidatesTest {
  private static final float REMOVED = Float.NEGATIVE_INFINITY;

  @Test
  void theBestOfAllBeamsStandInOrder() {
    var random = new SplittableRandom(11);
    for (int round = 0; round < 200; round++) {
      int vocabSize = 1 + random.nextInt(40);
      int most = 1 + random.nextInt(12);
      var candidates = new BeamCandidates(most, null);
      List<Double> all = new ArrayList<>();
      for (int beam = 0; beam < 3; beam++) {
        float[] row = new float[vocabSize];
        double score = -random.nextDouble();
        for (int id = 0; id < vocabSize; id++) {
          row[id] = random.nextInt(5) == 0 ? REMOVED : (float) -random.nextDouble(9);
          if (row[id] != REMOVED) {
            all.add(score + row[id]);
          }
        }
        candidates.add(beam, score, row);
      }
      List<Double> expected = all.stream().sorted(Comparator.reverseOrder()).limit(most).toList();
      assertEquals(expected, candidates.best().stream().map(Candidate::score).toList());
    }
  }

  @Test
  void removedOnesAndNumbersThatAreNoneAreNoCandidates() {
    for (SplittableRandom random : new SplittableRandom[] {null, new SplittableRandom(1)}) {
      var candidates = new BeamCandidates(4, random);
      candidates.add(0, -1, new float[] {REMOVED, -2, Float.NaN, REMOVED});
      assertEquals(List.of(1), candidates.best().stream().map(Candidate::id).toList());
      candidates.clear();
      assertEquals(List.of(), candidates.best());
    }
  }

  /** Chi-square over the ordered pairs: p(a, b) = p(a) · p(b) / (1 − p(a)). */
  @Test
  void drawsAreWithoutReplacementInProportionToTheWholeTexts() {
    double[] scores = {-0.2, -1.1};
    float[][] rows = {{-0.5f, -1.5f, REMOVED}, {-0.1f, -2f, -3f}};
    Map<List<Integer>, Double> probabilities = new HashMap<>();
    double total = 0;
    for (int beam = 0; beam < 2; beam++) {
      for (int id = 0; id < 3; id++) {
        double weight = Math.exp(scores[beam] + rows[beam][id]);
        probabilities.put(List.of(beam, id), weight);
        total += weight;
      }
    }
    var random = new SplittableRandom(2024);
    var candidates = new BeamCandidates(2, random);
    Map<List<List<Integer>>, Integer> drawn = new HashMap<>();
    int draws = 20_000;
    for (int draw = 0; draw < draws; draw++) {
      candidates.clear();
      IntStream.range(0, 2).forEach(beam -> candidates.add(beam, scores[beam], rows[beam]));
      List<List<Integer>> pair =
          candidates.best().stream().map(c -> List.of(c.beam(), c.id())).toList();
      drawn.merge(pair, 1, Integer::sum);
    }
    double chiSquare = 0;
    int cells = 0;
    for (List<Integer> first : probabilities.keySet()) {
      for (List<Integer> second : probabilities.keySet()) {
        double p = probabilities.get(first) / total;
        double expected = draws * p * (probabilities.get(second) / total) / (1 - p);
        if (!first.equals(second) && expected > 0) {
          double off = drawn.getOrDefault(List.of(first, second), 0) - expected;
          chiSquare += off * off / expected;
          cells++;
        }
      }
    }
    assertEquals(20, cells);
    // 19 degrees of freedom: 43.8 is exceeded with p = 0.001.
    assertTrue(chiSquare < 43.8, "chi-square " + chiSquare);
    assertTrue(drawn.keySet().stream().allMatch(pair -> !pair.contains(List.of(0, 2))));
  }
}
