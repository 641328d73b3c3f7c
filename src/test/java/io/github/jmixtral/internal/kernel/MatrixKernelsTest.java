package io.github.jmixtral.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.internal.kernel.Samples.Dot;
import io.github.jmixtral.internal.kernel.Samples.NumberFormat;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernels of this machine against their scalar twins and against double precision. */
class MatrixKernelsTest {

  private static final float UNTOUCHED = 12345f;

  private final MatrixKernels kernels = Kernels.detected().matrix();
  private final MatrixKernels scalar = Kernels.scalar().matrix();
  private final int lanes = kernels.lanes();

  /** Around one, two and four vectors of any width, and whole and odd ones. */
  private static final int[] COLS = {
    1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 130, 257
  };

  /** Around the eight rows that run together. */
  private static final int[] ROWS = {1, 3, 7, 8, 9, 17};

  @ParameterizedTest
  @EnumSource
  void aProductWithOneTokenEqualsDoublePrecisionAndTheScalarTwin(NumberFormat format) {
    for (int cols : COLS) {
      for (int rows : ROWS) {
        MemorySegment weights = format.weights(cols * 100L + rows, rows, cols);
        float[] x = Samples.floats(cols, 3 + cols);
        float[] found = multiply(kernels, format, weights, cols, 0, rows, x, 3);
        float[] plain = multiply(scalar, format, weights, cols, 0, rows, x, 3);
        for (int r = 0; r < rows; r++) {
          Dot dot = Dot.of(format, weights, cols, r, x, 3);
          String place = "rows %d, cols %d, row %d".formatted(rows, cols, r);
          assertEquals(dot.value(), found[2 + r], dot.bound(), place);
          assertEquals(dot.value(), plain[2 + r], dot.bound(), place + ", scalar");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRowHasTheSameBitsWhereverAStretchOfRowsBegins(NumberFormat format) {
    int rows = 21;
    for (int cols : new int[] {1, 31, 64, 67}) {
      MemorySegment weights = format.weights(cols, rows, cols);
      float[] x = Samples.floats(cols + 1, 3 + cols);
      float[] whole = multiply(kernels, format, weights, cols, 0, rows, x, 3);
      for (int start = 0; start < rows; start++) {
        float[] part = multiply(kernels, format, weights, cols, start, rows, x, 3);
        float[] expected = whole.clone();
        Arrays.fill(expected, 2, 2 + start, UNTOUCHED);
        assertArrayEquals(expected, part);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theTileGivesTheBitsOfTheProductWithOneToken(NumberFormat format) {
    int tile = MatrixKernels.TILE;
    for (int cols : new int[] {lanes, 2 * lanes, 5 * lanes}) {
      MemorySegment weights = format.weights(cols, tile, cols);
      float[] panel = new float[1 + tile * (cols + 3)];
      for (int r = 0; r < tile; r++) {
        for (int c = 0; c < cols; c++) {
          panel[1 + r * (cols + 3) + c] = Samples.element(format, weights, r * cols + c);
        }
      }
      float[] x = Samples.floats(cols, tile * cols);
      float[] sums = new float[lanes + tile * tile * lanes];
      for (int start = 0; start < cols; start += lanes) {
        int[] tokens = {start, cols + start, 2 * cols + start, 3 * cols + start};
        kernels.multiplyTile(panel, 1 + start, cols + 3, lanes, x, tokens, sums, lanes);
      }
      float[] totals = new float[1 + tile * tile];
      kernels.reduce(sums, lanes, tile * tile, totals, 1);
      for (int t = 0; t < tile; t++) {
        float[] alone = multiply(kernels, format, weights, cols, 0, tile, x, t * cols);
        for (int r = 0; r < tile; r++) {
          assertEquals(alone[2 + r], totals[1 + r * tile + t], "row " + r + ", token " + t);
        }
      }
    }
  }

  @Test
  void theTileAddsToTheSumsThatItFinds() {
    int tile = MatrixKernels.TILE;
    float[] before = Samples.floats(1, tile * tile * lanes);
    float[] panel = Samples.floats(2, tile * lanes);
    float[] x = Samples.floats(3, tile * lanes);
    float[] sums = before.clone();
    int[] tokens = {0, lanes, 2 * lanes, 3 * lanes};
    kernels.multiplyTile(panel, 0, lanes, lanes, x, tokens, sums, 0);
    for (int r = 0; r < tile; r++) {
      for (int t = 0; t < tile; t++) {
        for (int lane = 0; lane < lanes; lane++) {
          int at = (r * tile + t) * lanes + lane;
          assertEquals(
              Math.fma(panel[r * lanes + lane], x[t * lanes + lane], before[at]), sums[at]);
        }
      }
    }
  }

  @Test
  void reducingAddsAllLanes() {
    int count = 5;
    float[] sums = Samples.floats(4, lanes + count * lanes);
    float[] totals = new float[2 + count + 1];
    Arrays.fill(totals, UNTOUCHED);
    kernels.reduce(sums, lanes, count, totals, 2);
    for (int i = 0; i < count; i++) {
      double total = 0;
      double magnitude = 0;
      for (int lane = 0; lane < lanes; lane++) {
        total += sums[(1 + i) * lanes + lane];
        magnitude += Math.abs(sums[(1 + i) * lanes + lane]);
      }
      assertEquals(total, totals[2 + i], lanes * Samples.ROUNDING * magnitude);
    }
    assertEquals(UNTOUCHED, totals[1]);
    assertEquals(UNTOUCHED, totals[2 + count]);
  }

  @Test
  void allHalfPrecisionPatternsUnpackExactly() {
    short[] patterns = allPatterns();
    float[] panel = new float[1 + patterns.length];
    kernels.unpack(FloatFormat.F16, Samples.shorts(patterns), 0, panel, 1, patterns.length);
    for (int i = 0; i < patterns.length; i++) {
      assertSameFloat(Float.float16ToFloat(patterns[i]), panel[1 + i], i);
    }
  }

  @Test
  void allBfloat16PatternsUnpackExactly() {
    short[] patterns = allPatterns();
    float[] panel = new float[1 + patterns.length];
    kernels.unpack(FloatFormat.BF16, Samples.shorts(patterns), 0, panel, 1, patterns.length);
    for (int i = 0; i < patterns.length; i++) {
      assertSameFloat(Float.intBitsToFloat(patterns[i] << 16), panel[1 + i], i);
    }
  }

  @Test
  void allHalfPrecisionPatternsMultiplyExactly() {
    assertEveryPatternMultipliesExactly(NumberFormat.F16);
  }

  @Test
  void allBfloat16PatternsMultiplyExactly() {
    assertEveryPatternMultipliesExactly(NumberFormat.BF16);
  }

  /** Every pattern in the first lane of a row of zeros, times 1. */
  private void assertEveryPatternMultipliesExactly(NumberFormat format) {
    short[] patterns = allPatterns();
    short[] matrix = new short[patterns.length * lanes];
    for (int i = 0; i < patterns.length; i++) {
      matrix[i * lanes] = patterns[i];
    }
    float[] x = new float[3 + lanes];
    x[3] = 1f;
    MemorySegment weights = Samples.shorts(matrix);
    float[] out = multiply(kernels, format, weights, lanes, 0, patterns.length, x, 3);
    for (int i = 0; i < patterns.length; i++) {
      float expected = Samples.element(format, weights, (long) i * lanes);
      // Adding +0 of the other lanes makes −0 a +0.
      assertSameFloat(expected + 0f, out[2 + i] + 0f, i);
    }
  }

  @Test
  void unpackingStartsAndEndsWhereItIsTold() {
    for (int first : new int[] {0, 1, 17}) {
      for (int count : new int[] {1, 3, lanes, lanes + 1, 63, 64, 65}) {
        for (NumberFormat format : NumberFormat.values()) {
          MemorySegment weights = format.weights(9, 1, 300);
          float[] panel = new float[2 + count + 1];
          Arrays.fill(panel, UNTOUCHED);
          kernels.unpack(format.kernels(), weights, first, panel, 2, count);
          for (int i = 0; i < count; i++) {
            assertEquals(Samples.element(format, weights, first + i), panel[2 + i]);
          }
          assertEquals(UNTOUCHED, panel[1]);
          assertEquals(UNTOUCHED, panel[2 + count]);
        }
      }
    }
  }

  private static short[] allPatterns() {
    short[] patterns = new short[1 << 16];
    for (int i = 0; i < patterns.length; i++) {
      patterns[i] = (short) i;
    }
    return patterns;
  }

  private static void assertSameFloat(float expected, float found, int pattern) {
    boolean same =
        Float.isNaN(expected)
            ? Float.isNaN(found)
            : Float.floatToRawIntBits(expected) == Float.floatToRawIntBits(found);
    assertTrue(same, "pattern %04x: expected %s, found %s".formatted(pattern, expected, found));
  }

  /** The product with one token, in an array with two untouched floats before it and one after. */
  private static float[] multiply(
      MatrixKernels kernels,
      NumberFormat format,
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset) {
    float[] out = new float[2 + rowEnd + 1];
    Arrays.fill(out, UNTOUCHED);
    int lanes = kernels.lanes();
    float[] sums = new float[MatrixKernels.ROWS * lanes + 1];
    sums[sums.length - 1] = UNTOUCHED;
    for (int row = rowStart; row < rowEnd; row += MatrixKernels.ROWS) {
      int count = Math.min(MatrixKernels.ROWS, rowEnd - row);
      kernels.sumRows(format.kernels(), weights, cols, row, count, x, xOffset, sums);
      kernels.reduce(sums, 0, count, out, 2 + row);
    }
    for (int row = rowStart; row < rowEnd; row++) {
      for (int c = cols - cols % lanes; c < cols; c++) {
        float weight = Samples.element(format, weights, (long) row * cols + c);
        out[2 + row] = Math.fma(weight, x[xOffset + c], out[2 + row]);
      }
    }
    assertEquals(UNTOUCHED, sums[sums.length - 1]);
    assertEquals(UNTOUCHED, out[1]);
    assertEquals(UNTOUCHED, out[2 + rowEnd]);
    return out;
  }
}
