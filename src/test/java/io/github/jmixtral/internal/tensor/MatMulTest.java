package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.Samples;
import io.github.jmixtral.internal.kernel.Samples.Dot;
import io.github.jmixtral.internal.kernel.Samples.NumberFormat;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Products of every shape. The last sizes are large enough for the team's threads to share, the
 * others are computed by the caller alone.
 */
class MatMulTest {

  private static final float UNTOUCHED = 12345f;

  /** One to a tile and beyond, and around one and two blocks of tokens. */
  private static final int[] TOKENS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 65, 130};

  private static final int MOST_TOKENS = 130;

  private static final int[] THREADS = {1, 2, 3};

  private final Kernels kernels = Kernels.detected();

  /** Odd and whole rows and columns, below and above a panel of 1024 columns and of 32 rows. */
  static Stream<Arguments> shapes() {
    int[][] shapes = {{1, 1}, {3, 5}, {31, 16}, {33, 63}, {32, 128}, {65, 67}, {37, 1029}};
    return Stream.of(NumberFormat.values())
        .flatMap(
            format -> Stream.of(shapes).map(shape -> Arguments.of(format, shape[0], shape[1])));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aProductEqualsDoublePrecision(NumberFormat format, int rows, int cols) {
    MemorySegment data = format.weights(1, rows, cols);
    WeightMatrix weights = SampleMatrix.of(format, data, rows, cols);
    float[] x = Samples.floats(2, 3 + 5 * cols);
    for (Kernels twin : new Kernels[] {kernels, Kernels.scalar()}) {
      try (ThreadTeam team = new ThreadTeam(2)) {
        MatMul matMul = new MatMul(twin, team, true);
        for (int tokens : new int[] {1, 5}) {
          float[] out = new float[2 + tokens * rows];
          matMul.add(weights, x, 3, tokens, out, 2);
          matMul.run();
          for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
              Dot dot = Dot.of(format, data, cols, r, x, 3 + t * cols);
              assertEquals(
                  dot.value(), out[2 + t * rows + r], dot.bound(), "token " + t + ", row " + r);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aTokensBitsDependNeitherOnTheTokensBesideItNorOnTheThreads(
      NumberFormat format, int rows, int cols) {
    WeightMatrix weights = SampleMatrix.random(format, 3, rows, cols);
    float[] x = Samples.floats(4, MOST_TOKENS * cols);
    float[] alone = new float[MOST_TOKENS * rows];
    try (ThreadTeam team = new ThreadTeam(1)) {
      MatMul matMul = new MatMul(kernels, team, true);
      for (int t = 0; t < MOST_TOKENS; t++) {
        matMul.add(weights, x, t * cols, 1, alone, t * rows);
        matMul.run();
      }
    }
    for (int threads : THREADS) {
      try (ThreadTeam team = new ThreadTeam(threads)) {
        MatMul matMul = new MatMul(kernels, team, true);
        for (int tokens : TOKENS) {
          int first = MOST_TOKENS - tokens;
          float[] out = guarded(tokens * rows);
          matMul.add(weights, x, first * cols, tokens, out, 1);
          matMul.run();
          assertGuarded(
              Arrays.copyOfRange(alone, first * rows, MOST_TOKENS * rows),
              out,
              tokens + " tokens, " + threads + " threads");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aGatedProductIsTheGateTimesTheUpProjectionBitForBit(
      NumberFormat format, int rows, int cols) {
    WeightMatrix gate = SampleMatrix.random(format, 5, rows, cols);
    WeightMatrix up = SampleMatrix.random(format, 6, rows, cols);
    float[] x = Samples.floats(7, MOST_TOKENS * cols);
    float[] expected = new float[MOST_TOKENS * rows];
    float[] ups = new float[MOST_TOKENS * rows];
    try (ThreadTeam team = new ThreadTeam(1)) {
      MatMul matMul = new MatMul(kernels, team, true);
      for (int t = 0; t < MOST_TOKENS; t++) {
        matMul.add(gate, x, t * cols, 1, expected, t * rows);
        matMul.add(up, x, t * cols, 1, ups, t * rows);
      }
      matMul.run();
      kernels.row().siluMultiply(expected, 0, ups, 0, expected.length);
    }
    for (int threads : THREADS) {
      try (ThreadTeam team = new ThreadTeam(threads)) {
        MatMul matMul = new MatMul(kernels, team, true);
        for (int tokens : TOKENS) {
          float[] out = guarded(tokens * rows);
          matMul.addGated(gate, up, x, 0, tokens, out, 1);
          matMul.run();
          assertGuarded(
              Arrays.copyOf(expected, tokens * rows),
              out,
              tokens + " tokens, " + threads + " threads");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void severalProductsShareAStep(NumberFormat format) {
    int[][] shapes = {{70, 33}, {1, 64}, {33, 129}, {64, 257}, {3, 1}};
    float[][] x = new float[shapes.length][];
    float[][] alone = new float[shapes.length][];
    float[][] together = new float[shapes.length][];
    WeightMatrix[] weights = new WeightMatrix[shapes.length];
    try (ThreadTeam team = new ThreadTeam(3)) {
      MatMul matMul = new MatMul(kernels, team, true);
      for (int i = 0; i < shapes.length; i++) {
        int rows = shapes[i][0];
        int cols = shapes[i][1];
        int tokens = 1 + 17 * i;
        weights[i] = SampleMatrix.random(format, i, rows, cols);
        x[i] = Samples.floats(10 + i, tokens * cols);
        alone[i] = new float[tokens * rows];
        together[i] = new float[tokens * rows];
        matMul.add(weights[i], x[i], 0, tokens, alone[i], 0);
        matMul.run();
      }
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < shapes.length; i++) {
          Arrays.fill(together[i], UNTOUCHED);
          matMul.add(weights[i], x[i], 0, 1 + 17 * i, together[i], 0);
        }
        matMul.run();
        for (int i = 0; i < shapes.length; i++) {
          assertArrayEquals(alone[i], together[i], "product " + i);
        }
      }
    }
  }

  @Test
  void aRunWithoutProductsComputesNothingAgain() {
    WeightMatrix weights = SampleMatrix.random(NumberFormat.F32, 1, 3, 5);
    float[] out = guarded(3);
    try (ThreadTeam team = new ThreadTeam(2)) {
      MatMul matMul = new MatMul(kernels, team, true);
      matMul.add(weights, Samples.floats(2, 5), 0, 1, out, 1);
      matMul.run();
      Arrays.fill(out, UNTOUCHED);
      matMul.run();
    }
    assertArrayEquals(guarded(3), out);
  }

  private static float[] guarded(int count) {
    float[] out = new float[count + 2];
    Arrays.fill(out, UNTOUCHED);
    return out;
  }

  private static void assertGuarded(float[] expected, float[] out, String place) {
    assertEquals(UNTOUCHED, out[0], place);
    assertEquals(UNTOUCHED, out[out.length - 1], place);
    assertArrayEquals(expected, Arrays.copyOfRange(out, 1, out.length - 1), place);
  }
}
