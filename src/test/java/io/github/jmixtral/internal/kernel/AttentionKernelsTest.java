package io.github.jmixtral.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernels of this machine against their scalar twins and against double precision. */
class AttentionKernelsTest {

  private static final int BLOCK = AttentionKernels.BLOCK;
  private static final int ROWS = AttentionKernels.ROWS;
  private static final float UNTOUCHED = 12345f;
  private static final float NOTHING = Float.NEGATIVE_INFINITY;

  private final AttentionKernels kernels = Kernels.detected().attention();
  private final AttentionKernels scalar = Kernels.scalar().attention();

  @ParameterizedTest
  @ValueSource(ints = {2, 6, 16, 20, 32, 48, 64, 80, 100, 128})
  void scoresAreDotProductsAndHaveTheScalarTwinsBits(int headDim) {
    float[] queries = Samples.floats(headDim, 3 * ROWS * headDim);
    float[] keys = Samples.floats(headDim + 1, 5 + headDim * BLOCK);
    float[] found = guarded(ROWS * BLOCK);
    float[] plain = found.clone();
    kernels.scores(queries, keys, 5, headDim, ROWS, found);
    scalar.scores(queries, keys, 5, headDim, ROWS, plain);
    assertArrayEquals(plain, found);
    assertGuarded(found, ROWS * BLOCK);
    for (int r = ROWS; r < 2 * ROWS; r++) {
      for (int j = 0; j < BLOCK; j++) {
        double value = 0;
        double magnitude = 0;
        for (int d = 0; d < headDim; d++) {
          double product = (double) queries[r * headDim + d] * keys[5 + d * BLOCK + j];
          value += product;
          magnitude += Math.abs(product);
        }
        double bound = headDim * Samples.ROUNDING * magnitude;
        assertEquals(value, found[r * BLOCK + j], bound, "row " + r + ", position " + j);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 6, 16, 20, 32, 48, 64, 80, 100, 128})
  void accumulatingAddsWeightedValuesAndHasTheScalarTwinsBits(int headDim) {
    float[] probabilities = Samples.floats(headDim, 3 * ROWS * BLOCK);
    float[] rescale = Samples.floats(headDim + 1, 3 * ROWS);
    float[] values = Samples.floats(headDim + 2, 5 + BLOCK * headDim);
    float[] before = guarded(ROWS * headDim);
    float[] found = before.clone();
    float[] plain = before.clone();
    kernels.accumulate(probabilities, rescale, ROWS, values, 5, headDim, found);
    scalar.accumulate(probabilities, rescale, ROWS, values, 5, headDim, plain);
    assertArrayEquals(plain, found);
    assertGuarded(found, ROWS * headDim);
    for (int r = ROWS; r < 2 * ROWS; r++) {
      for (int d = 0; d < headDim; d++) {
        double value = (double) before[r * headDim + d] * rescale[r];
        double magnitude = Math.abs(value);
        for (int j = 0; j < BLOCK; j++) {
          double product = (double) probabilities[r * BLOCK + j] * values[5 + j * headDim + d];
          value += product;
          magnitude += Math.abs(product);
        }
        double bound = (BLOCK + 1) * Samples.ROUNDING * magnitude;
        assertEquals(value, found[r * headDim + d], bound, "row " + r + ", channel " + d);
      }
    }
  }

  @Test
  void softmaxEqualsDoublePrecisionForEveryVisibleStretch() {
    float scale = 0.3f;
    float[] given = Samples.floats(1, BLOCK);
    for (AttentionKernels twin : new AttentionKernels[] {kernels, scalar}) {
      for (int from = 0; from < BLOCK; from++) {
        for (int to = from + 1; to <= BLOCK; to++) {
          float[] scores = given.clone();
          float[] state = {0.1f, 1.5f};
          float rescale = twin.softmax(scores, 0, scale, from, to, state);
          double largest = 0.1f;
          for (int j = from; j < to; j++) {
            largest = Math.max(largest, given[j] * scale);
          }
          double sum = 1.5 * Math.exp(0.1f - largest);
          assertEquals((float) largest, state[0]);
          // One unit of the exponential, and the score's own rounding, magnified by |score| < 2.
          assertEquals(Math.exp(0.1f - largest), rescale, 4 * Samples.ROUNDING);
          for (int j = 0; j < BLOCK; j++) {
            boolean visible = from <= j && j < to;
            double expected = visible ? Math.exp((double) given[j] * scale - largest) : 0;
            assertEquals(expected, scores[j], visible ? 6 * Samples.ROUNDING : 0, "[" + j + "]");
            sum += expected;
          }
          assertEquals(sum, state[1], (BLOCK + 6) * Samples.ROUNDING * sum);
        }
      }
    }
  }

  @Test
  void softmaxTouchesItsOwnRowAndStateOnly() {
    float[] scores = Samples.floats(1, 3 * BLOCK);
    float[] before = scores.clone();
    float[] states = {UNTOUCHED, UNTOUCHED, NOTHING, 0f, UNTOUCHED, UNTOUCHED};
    kernels.softmax(scores, 1, 1f, 5, 60, states);
    for (int neighbour : new int[] {0, 2}) {
      int from = neighbour * BLOCK;
      assertArrayEquals(
          Arrays.copyOfRange(before, from, from + BLOCK),
          Arrays.copyOfRange(scores, from, from + BLOCK));
      assertEquals(UNTOUCHED, states[2 * neighbour]);
      assertEquals(UNTOUCHED, states[2 * neighbour + 1]);
    }
    assertTrue(Float.isFinite(states[2]));
  }

  @Test
  void theFirstBlockRescalesNothingByZero() {
    for (AttentionKernels twin : new AttentionKernels[] {kernels, scalar}) {
      float[] scores = Samples.floats(2, BLOCK);
      float[] state = {NOTHING, 0f};
      assertEquals(0f, twin.softmax(scores, 0, 1f, 0, BLOCK, state));
      float largest = 0;
      for (float p : scores) {
        largest = Math.max(largest, p);
      }
      assertEquals(1f, largest);
    }
  }

  @Test
  void scoresOfMinusInfinityLeaveAStateWithoutNaN() {
    for (AttentionKernels twin : new AttentionKernels[] {kernels, scalar}) {
      float[] scores = new float[BLOCK];
      Arrays.fill(scores, NOTHING);
      float[] state = {NOTHING, 0f};
      assertEquals(0f, twin.softmax(scores, 0, 0.5f, 0, BLOCK, state));
      assertArrayEquals(new float[] {NOTHING, 0f}, state);
      assertArrayEquals(new float[BLOCK], scores);

      Arrays.fill(scores, NOTHING);
      float[] seen = {1f, 2f};
      assertEquals(1f, twin.softmax(scores, 0, 0.5f, 0, BLOCK, seen));
      assertArrayEquals(new float[] {1f, 2f}, seen);
      assertArrayEquals(new float[BLOCK], scores);
    }
  }

  @Test
  void aVisibleScoreThatIsNaNIsNotLost() {
    for (AttentionKernels twin : new AttentionKernels[] {kernels, scalar}) {
      for (int nan : new int[] {0x7fc00000, 0xffc00000, 0x7fc00001, 0x7fffffff}) {
        float[] scores = Samples.floats(6, BLOCK);
        scores[9] = Float.intBitsToFloat(nan);
        float[] state = {1f, 2f};
        assertTrue(Float.isNaN(twin.softmax(scores, 0, 1f, 0, BLOCK, state)));
        assertTrue(Float.isNaN(state[1]));
      }
    }
  }

  @Test
  void whatIsNotVisibleMayBeAnything() {
    for (AttentionKernels twin : new AttentionKernels[] {kernels, scalar}) {
      float[] clean = Samples.floats(3, BLOCK);
      float[] dirty = clean.clone();
      Arrays.fill(dirty, 0, 7, Float.NaN);
      Arrays.fill(dirty, 50, BLOCK, Float.POSITIVE_INFINITY);
      float[] cleanState = {NOTHING, 0f};
      float[] dirtyState = {NOTHING, 0f};
      twin.softmax(clean, 0, 1f, 7, 50, cleanState);
      twin.softmax(dirty, 0, 1f, 7, 50, dirtyState);
      assertArrayEquals(clean, dirty);
      assertArrayEquals(cleanState, dirtyState);
    }
  }

  @Test
  void blocksOneAfterTheOtherGiveTheSoftmaxOfAll() {
    int blocks = 5;
    int headDim = 20;
    float[] given = Samples.floats(4, blocks * BLOCK);
    float[] values = Samples.floats(5, blocks * BLOCK * headDim);
    for (int i = 0; i < given.length; i++) {
      given[i] *= 5;
    }
    float[] state = {NOTHING, 0f};
    float[] out = new float[ROWS * headDim];
    float[] rescale = new float[ROWS];
    for (int b = 0; b < blocks; b++) {
      float[] scores = new float[ROWS * BLOCK];
      System.arraycopy(given, b * BLOCK, scores, 0, BLOCK);
      rescale[0] = kernels.softmax(scores, 0, 1f, 0, BLOCK, state);
      kernels.accumulate(scores, rescale, 0, values, b * BLOCK * headDim, headDim, out);
    }
    double total = 0;
    double[] expected = new double[headDim];
    double[] magnitude = new double[headDim];
    for (int j = 0; j < given.length; j++) {
      double p = Math.exp(given[j]);
      total += p;
      for (int d = 0; d < headDim; d++) {
        expected[d] += p * values[j * headDim + d];
        magnitude[d] += Math.abs(p * values[j * headDim + d]);
      }
    }
    for (int d = 0; d < headDim; d++) {
      // Twice (numerator and sum): an addition for each position; an argument below 32 rounds by
      // 16 units of 1, and a unit for the exponential and each rescaling.
      double bound = 2 * (given.length + 20 + blocks) * Samples.ROUNDING * magnitude[d] / total;
      assertEquals(expected[d] / total, out[d] / state[1], bound, "channel " + d);
    }
  }

  /** Random floats of the middle one of three groups of rows, the others untouched. */
  private static float[] guarded(int count) {
    float[] values = Samples.floats(count, 3 * count);
    Arrays.fill(values, 0, count, UNTOUCHED);
    Arrays.fill(values, 2 * count, 3 * count, UNTOUCHED);
    return values;
  }

  private static void assertGuarded(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      assertEquals(UNTOUCHED, values[i]);
      assertEquals(UNTOUCHED, values[2 * count + i]);
    }
  }
}
