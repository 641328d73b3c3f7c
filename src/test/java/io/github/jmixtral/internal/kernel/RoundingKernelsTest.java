package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.RoundingKernels.COLUMNS;
import static io.github.jmixtral.internal.kernel.RoundingKernels.ROWS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * The kernels of this machine and their scalar twins, against double precision. Without vectors
 * both are the same, and comparing them with each other adds nothing.
 */
class RoundingKernelsTest {

  private static final RoundingKernels[] TWINS = {
    Kernels.detected().rounding(), Kernels.scalar().rounding()
  };

  private static final float[] CANDIDATES = {-9, -8, -7.5f, -7, 6.5f, 7, 8};

  @Test
  void bothTwinsFindTheSameScalesAndIntegers() {
    for (int seed = 0; seed < 50; seed++) {
      float[] weights = Samples.floats(seed, COLUMNS * ROWS);
      float[] importance = Samples.floats(seed + 100, 3 + COLUMNS);
      for (int c = 0; c < importance.length; c++) {
        importance[c] = Math.abs(importance[c]) + 0.01f;
      }
      for (int c = 0; c < COLUMNS; c++) {
        // A row of zeros, one of tiny weights, one with a tie for the largest.
        weights[c * ROWS + 3] = 0;
        weights[c * ROWS + 4] *= 1e-30f;
        weights[c * ROWS + 5] = c % 2 == 0 ? 2 : -2;
      }
      float[][] scales = new float[2][ROWS];
      float[][] integers = new float[2][COLUMNS * ROWS];
      float[][] errors = new float[2][ROWS];
      float[][] squares = new float[2][ROWS];
      for (int i = 0; i < 2; i++) {
        TWINS[i].searchScales(weights, importance, 3, CANDIDATES, -8, 7, scales[i]);
        TWINS[i].round(weights, scales[i], -8, 7, integers[i], errors[i], squares[i]);
      }
      assertArrayEquals(scales[1], scales[0]);
      assertArrayEquals(integers[1], integers[0]);
      assertArrayEquals(errors[1], errors[0]);
      assertArrayEquals(squares[1], squares[0]);
      assertEquals(0, scales[0][3]);
      assertEquals(0, errors[0][3]);
      for (int row = 0; row < ROWS; row++) {
        assertNearest(weights, row, scales[0][row], integers[0]);
        double error = scales[0][row] == 0 ? 0 : error(weights, row, scales[0][row]);
        assertEquals(error, errors[0][row], 1e-4 * error + 1e-37);
      }
    }
  }

  /** A quotient in single precision may fall on the other side of a half. */
  private static void assertNearest(float[] weights, int row, float scale, float[] integers) {
    for (int c = 0; c < COLUMNS && scale != 0; c++) {
      double quotient = Math.clamp((double) weights[c * ROWS + row] / scale, -8, 7);
      double integer = integers[c * ROWS + row];
      assertEquals(Math.rint(integer), integer);
      assertEquals(quotient, integer, 0.5 + 1e-5);
    }
  }

  @Test
  void theScaleFoundIsBetterThanAnyCandidateTakenAsItIs() {
    float[] weights = Samples.floats(7, COLUMNS * ROWS);
    float[] importance = new float[COLUMNS];
    Arrays.fill(importance, 1f);
    for (RoundingKernels kernels : TWINS) {
      float[] scales = new float[ROWS];
      kernels.searchScales(weights, importance, 0, CANDIDATES, -8, 7, scales);
      for (int row = 0; row < ROWS; row++) {
        float largest = 0;
        for (int c = 0; c < COLUMNS; c++) {
          float w = weights[c * ROWS + row];
          largest = Math.abs(w) > Math.abs(largest) ? w : largest;
        }
        double found = error(weights, row, scales[row]);
        for (float candidate : CANDIDATES) {
          assertTrue(found <= error(weights, row, largest / candidate) * 1.000001, "row " + row);
        }
      }
    }
  }

  private static double error(float[] weights, int row, float scale) {
    double error = 0;
    for (int c = 0; c < COLUMNS; c++) {
      double w = weights[c * ROWS + row];
      double q = Math.clamp(Math.rint(w / scale), -8, 7);
      error += (w - scale * q) * (w - scale * q);
    }
    return error;
  }

  @Test
  void integersAreTheNearestAndWithinBounds() {
    float[] weights = new float[COLUMNS * ROWS];
    for (int c = 0; c < COLUMNS; c++) {
      for (int r = 0; r < ROWS; r++) {
        weights[c * ROWS + r] = (c - 16) * 0.75f;
      }
    }
    float[] scales = new float[ROWS];
    for (int r = 0; r < ROWS; r++) {
      scales[r] = r % 2 == 0 ? 1 : -0.5f;
    }
    for (RoundingKernels kernels : TWINS) {
      float[] integers = new float[COLUMNS * ROWS];
      float[] errors = new float[ROWS];
      float[] squares = new float[ROWS];
      kernels.round(weights, scales, -8, 7, integers, errors, squares);
      for (int r = 0; r < ROWS; r++) {
        double error = 0;
        for (int c = 0; c < COLUMNS; c++) {
          double w = weights[c * ROWS + r];
          double expected = Math.clamp(Math.rint(w / scales[r]), -8, 7);
          assertEquals(expected, integers[c * ROWS + r], 0);
          error += (w - scales[r] * expected) * (w - scales[r] * expected);
        }
        assertEquals(error, errors[r], 1e-4);
      }
    }
  }
}
