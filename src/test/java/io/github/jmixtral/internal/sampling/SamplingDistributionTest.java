package io.github.jmixtral.internal.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.testkit.Fixtures;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Draws from fixed logits against the exact distribution, which is computed here from each
 * setting's definition, in double and as plainly as it can be said, and whose removed ids are
 * compared with the reference's.
 */
@RunsOnce
class SamplingDistributionTest {
  private static final int VOCAB = 512;
  private static final int ROWS = 4;
  private static final int DRAWS = 20_000;
  private static final double LEAST_P = 0.001;
  private static final int LEAST_EXPECTATION = 5;

  private static final GenerationConfig SAMPLING =
      GenerationConfig.inherit().withDoSample(true).withSeed(20_000);

  private static Arena arena;
  private static SafetensorsFile goldens;

  /** A setting, and what it does to probabilities by definition. */
  record Setting(
      String name, GenerationConfig config, double temperature, UnaryOperator<double[]> cuts) {
    double[] distribution(float[] logits) {
      return cuts.apply(softmax(logits, temperature));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void openGoldens() {
    arena = Arena.ofShared();
    goldens = SafetensorsFile.open(Fixtures.file("logits_processors.safetensors"), arena);
  }

  @AfterAll
  static void closeGoldens() {
    arena.close();
  }

  /** The settings of the reference's own fixtures, by the fixtures' names. */
  static Stream<Setting> referenceSettings() {
    return Stream.of(
        new Setting("temperature_0.7", SAMPLING.withTemperature(0.7), 0.7, p -> p),
        new Setting("top_k_40", SAMPLING.withTopK(40), 1, p -> topK(p, 40)),
        new Setting("top_p_0.9", SAMPLING.withTopP(0.9), 1, p -> topP(p, 0.9)),
        new Setting("min_p_0.05", SAMPLING.withMinP(0.05), 1, p -> minP(p, 0.05)),
        new Setting("typical_p_0.8", SAMPLING.withTypicalP(0.8), 1, p -> typical(p, 0.8)),
        new Setting("epsilon_0.003", SAMPLING.withEpsilonCutoff(0.003), 1, p -> epsilon(p, 0.003)),
        new Setting("eta_0.003", SAMPLING.withEtaCutoff(0.003), 1, p -> eta(p, 0.003)));
  }

  static Stream<Setting> settings() {
    return Stream.concat(
        referenceSettings(),
        Stream.of(
            new Setting("nothing", SAMPLING, 1, p -> p),
            new Setting("temperature 2.5", SAMPLING.withTemperature(2.5), 2.5, p -> p),
            new Setting("top-k 1", SAMPLING.withTopK(1), 1, p -> topK(p, 1)),
            new Setting(
                "temperature, top-k, top-p",
                SAMPLING.withTemperature(0.7).withTopK(50).withTopP(0.95),
                0.7,
                p -> topP(topK(p, 50), 0.95)),
            new Setting(
                "temperature, top-p, min-p",
                SAMPLING.withTemperature(1.5).withTopP(0.9).withMinP(0.05),
                1.5,
                p -> minP(topP(p, 0.9), 0.05)),
            new Setting(
                "top-k, typical-p, epsilon",
                SAMPLING.withTopK(100).withTypicalP(0.9).withEpsilonCutoff(0.004),
                1,
                p -> epsilon(typical(topK(p, 100), 0.9), 0.004)),
            new Setting(
                "all",
                SAMPLING
                    .withTemperature(1.2)
                    .withTopK(200)
                    .withTopP(0.97)
                    .withMinP(0.01)
                    .withTypicalP(0.95)
                    .withEpsilonCutoff(0.002)
                    .withEtaCutoff(0.004),
                1.2,
                p ->
                    eta(
                        epsilon(typical(minP(topP(topK(p, 200), 0.97), 0.01), 0.95), 0.002),
                        0.004))));
  }

  @ParameterizedTest
  @MethodSource("referenceSettings")
  void theDefinitionsRemoveWhatTheReferenceRemoves(Setting setting) {
    for (int row = 0; row < ROWS; row++) {
      double[] distribution = setting.distribution(row("logits", row));
      float[] reference = row(setting.name(), row);
      for (int id = 0; id < VOCAB; id++) {
        assertEquals(
            reference[id] == Float.NEGATIVE_INFINITY,
            distribution[id] == 0,
            setting + " row " + row + " id " + id);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void drawsFollowTheExactDistribution(Setting setting) {
    for (int row = 0; row < ROWS; row += 2) {
      float[] logits = row("logits", row);
      double[] distribution = setting.distribution(logits);
      assertEquals(1, DoubleStream.of(distribution).sum(), 1e-12);
      int[] counts = new int[VOCAB];
      for (int id : draw(setting.config(), logits)) {
        counts[id]++;
      }
      for (int id = 0; id < VOCAB; id++) {
        assertTrue(distribution[id] > 0 || counts[id] == 0, "removed id " + id + " was drawn");
      }
      double p = chiSquareTest(distribution, counts);
      assertTrue(p > LEAST_P, setting + " row " + row + ": p = " + p);
    }
  }

  @Test
  void anotherDistributionFailsTheTest() {
    float[] logits = row("logits", 0);
    int[] counts = new int[VOCAB];
    for (int id : draw(SAMPLING, logits)) {
      counts[id]++;
    }
    assertTrue(chiSquareTest(softmax(logits, 1.1), counts) < LEAST_P);
  }

  @ParameterizedTest
  @MethodSource("settings")
  void theSameSeedDrawsTheSameIds(Setting setting) {
    float[] logits = row("logits", 1);
    int[] ids = draw(setting.config(), logits);
    assertArrayEquals(ids, draw(setting.config(), logits));
    if (Arrays.stream(ids).distinct().count() > 1) {
      assertFalse(Arrays.equals(ids, draw(setting.config().withSeed(20_001), logits)));
    }
  }

  private static int[] draw(GenerationConfig config, float[] logits) {
    float[] processed = logits.clone();
    var sequence = new IdSequence(new int[] {1, 5, 9}, 0);
    LogitsProcessors.of(config, 3, 100, VOCAB, List.of())
        .forEach(processor -> processor.process(sequence, processed));
    Sampler sampler = Sampler.of(config, 0, VOCAB);
    int[] ids = new int[DRAWS];
    Arrays.setAll(ids, draw -> sampler.sample(processed));
    return ids;
  }

  // The settings' definitions, on probabilities: each keeps some, which are then scaled to 1.

  private static double[] softmax(float[] logits, double temperature) {
    double[] weights =
        IntStream.range(0, logits.length)
            .mapToDouble(id -> Math.exp(logits[id] / temperature))
            .toArray();
    double sum = DoubleStream.of(weights).sum();
    return DoubleStream.of(weights).map(weight -> weight / sum).toArray();
  }

  /** The k most probable. */
  private static double[] topK(double[] p, int k) {
    double least = byProbability(p).limit(k).mapToDouble(id -> p[id]).min().orElseThrow();
    return keep(p, id -> p[id] >= least);
  }

  /** The fewest of the most probable that have at least the mass together. */
  private static double[] topP(double[] p, double mass) {
    boolean[] kept = new boolean[p.length];
    double sum = 0;
    for (int id : byProbability(p).toList()) {
      kept[id] = sum < mass;
      sum += p[id];
    }
    return keep(p, id -> kept[id]);
  }

  /** Those that have at least this fraction of the largest probability. */
  private static double[] minP(double[] p, double fraction) {
    double largest = DoubleStream.of(p).max().orElseThrow();
    return keep(p, id -> p[id] >= fraction * largest);
  }

  /** Those whose information is closest to the entropy, until they have the mass together. */
  private static double[] typical(double[] p, double mass) {
    double entropy = entropy(p);
    boolean[] kept = new boolean[p.length];
    double sum = 0;
    List<Integer> closest =
        byProbability(p)
            .sorted(Comparator.comparingDouble(id -> Math.abs(-Math.log(p[id]) - entropy)))
            .toList();
    for (int id : closest) {
      kept[id] = sum < mass;
      sum += p[id];
    }
    return keep(p, id -> kept[id]);
  }

  /** Those of at least this probability, and the most probable in any case. */
  private static double[] epsilon(double[] p, double least) {
    int first = byProbability(p).findFirst().orElseThrow();
    return keep(p, id -> p[id] >= least || id == first);
  }

  /** The same with {@code min(ε, √ε · exp(−entropy))}. */
  private static double[] eta(double[] p, double epsilon) {
    return epsilon(p, Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy(p))));
  }

  private static double entropy(double[] p) {
    return DoubleStream.of(p).filter(x -> x > 0).map(x -> -x * Math.log(x)).sum();
  }

  /** The ids that are left, the most probable first. */
  private static Stream<Integer> byProbability(double[] p) {
    return IntStream.range(0, p.length)
        .filter(id -> p[id] > 0)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer id) -> p[id]).reversed());
  }

  private interface Rule {
    boolean keeps(int id);
  }

  private static double[] keep(double[] p, Rule rule) {
    double[] kept = new double[p.length];
    Arrays.setAll(kept, id -> p[id] > 0 && rule.keeps(id) ? p[id] : 0);
    double sum = DoubleStream.of(kept).sum();
    Arrays.setAll(kept, id -> kept[id] / sum);
    return kept;
  }

  /** The p-value of Pearson's test; cells with an expectation below 5 are one. */
  private static double chiSquareTest(double[] distribution, int[] counts) {
    double chiSquare = 0;
    double pooledExpectation = 0;
    int pooledCount = 0;
    int cells = 0;
    for (int id = 0; id < distribution.length; id++) {
      double expectation = DRAWS * distribution[id];
      if (expectation < LEAST_EXPECTATION) {
        pooledExpectation += expectation;
        pooledCount += counts[id];
      } else {
        chiSquare += Math.pow(counts[id] - expectation, 2) / expectation;
        cells++;
      }
    }
    if (pooledExpectation > 0) {
      chiSquare += Math.pow(pooledCount - pooledExpectation, 2) / pooledExpectation;
      cells++;
    }
    return cells == 1 ? 1 : upperGamma((cells - 1) / 2.0, chiSquare / 2);
  }

  /**
   * The regularised upper incomplete gamma function Q(a, x) = 1 − P(a, x), for 2a a whole number,
   * by the recurrence Q(a + 1, x) = Q(a, x) + x^a · e^−x / Γ(a + 1) from Q(½, x) or Q(1, x).
   */
  private static double upperGamma(double a, double x) {
    boolean half = a != Math.rint(a);
    double at = half ? 0.5 : 1;
    double q = half ? complementaryError(Math.sqrt(x)) : Math.exp(-x);
    // log(x^at · e^−x / Γ(at + 1)), with Γ(3/2) = √π / 2 and Γ(2) = 1.
    double logTerm = at * Math.log(x) - x - (half ? Math.log(Math.sqrt(Math.PI) / 2) : 0);
    for (; at < a; at++) {
      q += Math.exp(logTerm);
      logTerm += Math.log(x / (at + 1));
    }
    return q;
  }

  /** erfc(x) = 2/√π ∫ exp(−t²) dt from x to x + 8, by Simpson's rule. */
  private static double complementaryError(double x) {
    int intervals = 2_000;
    double step = 8.0 / intervals;
    double sum = 0;
    for (int i = 0; i <= intervals; i++) {
      double t = x + i * step;
      int weight = i == 0 || i == intervals ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-t * t);
    }
    return 2 / Math.sqrt(Math.PI) * sum * step / 3;
  }

  @Test
  void thePValueIsThatOfTables() {
    // Quantiles of the chi-square distribution at 0.05 and 0.001.
    assertEquals(0.05, upperGamma(0.5, 3.8415 / 2), 1e-5);
    assertEquals(0.05, upperGamma(5, 18.3070 / 2), 1e-5);
    assertEquals(0.001, upperGamma(5.5, 31.2641 / 2), 1e-6);
    assertEquals(0.001, upperGamma(50, 149.4493 / 2), 1e-6);
  }

  private static float[] row(String name, int row) {
    var layout = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[VOCAB];
    for (int id = 0; id < VOCAB; id++) {
      values[id] = goldens.tensor(name).data().getAtIndex(layout, (long) row * VOCAB + id);
    }
    return values;
  }
}
