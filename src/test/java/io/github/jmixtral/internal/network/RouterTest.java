package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.kernel.Samples;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@RunsOnce
class RouterTest {

  private static final int EXPERTS = 8;

  @Test
  void theMostProbableExpertsAreChosenAndTheirProbabilitiesRenormalised() {
    for (int chosen = 1; chosen <= EXPERTS; chosen++) {
      Router router = new Router(EXPERTS);
      for (int seed = 0; seed < 200; seed++) {
        float[] logits = Samples.floats(seed, 3 + EXPERTS);
        int[] ids = new int[5 + chosen];
        float[] weights = new float[5 + chosen];
        router.route(logits, 3, chosen, ids, weights, 5);

        int[] expected =
            IntStream.range(0, EXPERTS)
                .boxed()
                .sorted(Comparator.comparingDouble(e -> -logits[3 + e]))
                .limit(chosen)
                .mapToInt(e -> e)
                .sorted()
                .toArray();
        double total = IntStream.of(expected).mapToDouble(e -> Math.exp(logits[3 + e])).sum();
        double sum = 0;
        for (int i = 0; i < chosen; i++) {
          assertEquals(expected[i], ids[5 + i]);
          assertEquals(Math.exp(logits[3 + expected[i]]) / total, weights[5 + i], 1e-6);
          sum += weights[5 + i];
        }
        assertEquals(1, sum, chosen * Samples.ROUNDING);
      }
    }
  }

  @Test
  void idsAscendWhicheverExpertIsMoreProbable() {
    assertRouted(new float[] {0, 0, 5, 0, 0, 3, 0, 0}, 2, 5);
    assertRouted(new float[] {0, 0, 3, 0, 0, 5, 0, 0}, 2, 5);
  }

  @Test
  void ofEqualLogitsTheLowestIdsWin() {
    assertRouted(new float[EXPERTS], 0, 1);
    assertRouted(new float[] {0, 1, 0, 1, 0, 1, 0, 1}, 1, 3);
    assertRouted(new float[] {0, 1, 2, 1, 0, 1, 0, 1}, 1, 2);
    assertRouted(new float[] {-1, -1, -1, -1, -1, -1, 2, -1}, 0, 6);
  }

  @Test
  void logitsFarApartNeitherOverflowNorGiveNaN() {
    float[] logits = {1e4f, -1e4f, 9999f, 0, 0, 0, 0, 0};
    int[] ids = new int[2];
    float[] weights = new float[2];
    new Router(EXPERTS).route(logits, 0, 2, ids, weights, 0);
    assertArrayEquals(new int[] {0, 2}, ids);
    assertEquals(1 / (1 + Math.exp(-1)), weights[0], 1e-6);

    // All but one vanish: the second is the lowest id, with weight 0.
    new Router(EXPERTS).route(new float[] {0, 0, 0, 1e4f, 0, 0, 0, 0}, 0, 2, ids, weights, 0);
    assertArrayEquals(new int[] {0, 3}, ids);
    assertArrayEquals(new float[] {0f, 1f}, weights);
  }

  @Test
  void aRouterRemembersNothingOfTheTokenBefore() {
    Router router = new Router(EXPERTS);
    int[] ids = new int[2];
    float[] first = new float[2];
    float[] again = new float[2];
    float[] logits = Samples.floats(1, EXPERTS);
    router.route(logits, 0, 2, ids, first, 0);
    router.route(Samples.floats(2, EXPERTS), 0, 2, ids, again, 0);
    router.route(logits, 0, 2, ids, again, 0);
    assertArrayEquals(first, again);
  }

  private static void assertRouted(float[] logits, int... expected) {
    int[] ids = new int[expected.length];
    float[] weights = new float[expected.length];
    new Router(logits.length).route(logits, 0, expected.length, ids, weights, 0);
    assertArrayEquals(expected, ids);
    for (int i = 1; i < expected.length; i++) {
      boolean same = logits[expected[i]] == logits[expected[i - 1]];
      assertEquals(same, weights[i] == weights[i - 1]);
      assertTrue(weights[i] > 0);
    }
  }
}
