package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.BLOCK;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.NIBBLE_BYTES;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PAIRS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.STREAMS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.SUMS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.TOKENS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernels of this machine and their scalar twins against plain sums, bit for bit. */
class QuantizedKernelsTest {

  private static final QuantizedKernels[] TWINS = {
    Kernels.detected().quantized(), Kernels.scalar().quantized()
  };

  /** Tokens of a test: as many as a panel takes. */
  private static final int SOME_TOKENS = 6;

  /** Activations as the kernels take them; a group is left free in front, as of another input. */
  private static RoundedActivations rounded(QuantizedKernels kernels, float[] x) {
    RoundedActivations rounded = RoundedActivations.allocate(1 + x.length / GROUP);
    kernels.quantize(x, 0, x.length / GROUP, rounded, 1);
    return rounded;
  }

  @Test
  void activationsAreRoundedToTheNearestAndHalvesToEven() {
    float[] x = new float[3 + 4 * GROUP];
    System.arraycopy(Samples.floats(1, 2 * GROUP), 0, x, 3, 2 * GROUP);
    for (int c = 0; c < GROUP; c++) {
      // The third group's scale is 1 and its values are halves; the fourth is zero.
      x[3 + 2 * GROUP + c] = c == 7 ? -127 : c - 16 + 0.5f;
    }
    int[] expected = QuantizedSamples.round(x, 3, 4 * GROUP);
    assertEquals(-16, expected[2 * GROUP]);
    assertEquals(-14, expected[2 * GROUP + 1]);
    for (QuantizedKernels kernels : TWINS) {
      RoundedActivations rounded = RoundedActivations.allocate(5);
      int[] pairs = rounded.pairs();
      kernels.quantize(x, 3, 4, rounded, 1);
      for (int c = 0; c < 4 * GROUP; c++) {
        assertEquals(expected[c], untransformed(pairs, PAIRS + c / 2, c % 2), "column " + c);
      }
      for (int g = 0; g < 4; g++) {
        for (int odd = 0; odd < 2; odd++) {
          int sum = 0;
          for (int c = odd; c < GROUP; c += 2) {
            sum += expected[g * GROUP + c];
          }
          assertEquals((short) (-8 * sum), half(rounded.corrections()[1 + g], odd), "group " + g);
        }
      }
      float[] expectedScales = QuantizedSamples.roundingScales(x, 3, 4 * GROUP);
      assertEquals(0f, expectedScales[3]);
      assertArrayEquals(expectedScales, Arrays.copyOfRange(rounded.scales(), 1, 5));
      assertArrayEquals(new int[PAIRS], Arrays.copyOf(pairs, PAIRS), "what lies before");
    }
  }

  /** x from x'ₙ = xₙ − 16 · xₙ₋₁ within each four pairs. */
  private static int untransformed(int[] pairs, int pair, int odd) {
    int before = pair % 4 == 0 ? 0 : untransformed(pairs, pair - 1, odd);
    return half(pairs[pair], odd) + 16 * before;
  }

  private static short half(int pair, int odd) {
    return (short) (odd == 0 ? pair : pair >> 16);
  }

  @Test
  void activationsOfAnyMagnitudeAreRoundedToTheNearest() {
    float[] x = Samples.floats(5, 64 * GROUP);
    for (int g = 0; g < 64; g++) {
      for (int c = 0; c < GROUP; c++) {
        x[g * GROUP + c] *= (float) Math.pow(2, g - 32);
      }
    }
    int[] expected = QuantizedSamples.round(x, 0, x.length);
    for (QuantizedKernels kernels : TWINS) {
      RoundedActivations found = rounded(kernels, x);
      for (int c = 0; c < x.length; c++) {
        assertEquals(
            expected[c], untransformed(found.pairs(), PAIRS + c / 2, c % 2), "column " + c);
      }
      assertArrayEquals(
          QuantizedSamples.roundingScales(x, 0, x.length),
          Arrays.copyOfRange(found.scales(), 1, 65));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void oneTokenEqualsPlainSumsBitForBit(int bits) {
    for (int tiles = 1; tiles <= BLOCK; tiles++) {
      for (int groups : new int[] {1, 2, 3, 17}) {
        QuantizedSamples weights =
            QuantizedSamples.random(31 * tiles + groups, bits, tiles * ROWS, groups * GROUP);
        assertProducts(weights, Samples.floats(tiles, SOME_TOKENS * groups * GROUP));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void lanesHoldTheExtremes(int bits) {
    int bound = 1 << (bits - 1);
    for (int integer : new int[] {-bound, bound - 1, -1, 0, 15 - bound}) {
      QuantizedSamples weights = QuantizedSamples.constant(bits, 2 * ROWS, GROUP, integer);
      for (int position = -1; position < GROUP; position++) {
        // All of one sign, all of the other, one out of line, alternating pairs.
        float[] x = new float[SOME_TOKENS * GROUP];
        for (int c = 0; c < GROUP; c++) {
          int sign = c == position ? -1 : 1;
          x[c] = 127 * sign;
          x[GROUP + c] = -127 * sign;
          x[2 * GROUP + c] = c % 2 == 0 ? 127 * sign : -127;
          x[3 * GROUP + c] = c / 2 % 2 == 0 ? 127 * sign : -127;
          x[4 * GROUP + c] = c == position ? -127 : 0;
          x[5 * GROUP + c] = c == position ? 127 : 0;
        }
        assertProducts(weights, x);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void everyPositionOfATileIsItsOwn(int bits) {
    float[] x = Samples.floats(3, SOME_TOKENS * GROUP);
    for (int position = 0; position < ROWS * GROUP; position += 7) {
      QuantizedSamples weights = QuantizedSamples.constant(bits, 2 * ROWS, GROUP, 0);
      weights.integers()[position / GROUP][position % GROUP] = -(1 << (bits - 1));
      weights.integers()[ROWS + position / GROUP][position % GROUP] = (1 << (bits - 1)) - 1;
      assertProducts(weights, x);
    }
  }

  /** Both twins, a token alone and in panels, against the plain sums. */
  private static void assertProducts(QuantizedSamples weights, float[] x) {
    int cols = weights.groups() * GROUP;
    MemorySegment tiles = weights.tiles();
    float[][] expected = new float[SOME_TOKENS][weights.rows()];
    for (int t = 0; t < SOME_TOKENS; t++) {
      int[] rounded = QuantizedSamples.round(x, t * cols, cols);
      float[] scales = QuantizedSamples.roundingScales(x, t * cols, cols);
      for (int r = 0; r < weights.rows(); r++) {
        expected[t][r] = weights.product(r, rounded, scales);
      }
    }
    for (QuantizedKernels kernels : TWINS) {
      RoundedActivations activations = rounded(kernels, x);
      for (int t = 0; t < SOME_TOKENS; t++) {
        assertArrayEquals(
            expected[t],
            multiplyOne(kernels, weights, tiles, activations, 1 + t * weights.groups()),
            kernels + ", token " + t);
      }
      if (weights.bits() == 4 && weights.rows() % (2 * ROWS) == 0) {
        assertSeveral(kernels, weights, tiles, activations, 2, expected);
        assertSeveral(kernels, weights, tiles, activations, 4, expected);
      }
      for (int row = 0; row + PANEL_ROWS <= weights.rows(); row += PANEL_ROWS) {
        assertPanel(kernels, weights, tiles, activations, row, expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void blocksSideBySideGiveThePlainSums(int bits) {
    int cols = 17 * GROUP;
    float[] x = Samples.floats(1, cols);
    for (int blocks = 2; blocks <= STREAMS; blocks++) {
      QuantizedSamples weights = QuantizedSamples.random(blocks, bits, blocks * SUMS, cols);
      int[] rounded = QuantizedSamples.round(x, 0, cols);
      float[] scales = QuantizedSamples.roundingScales(x, 0, cols);
      float[] expected = new float[weights.rows()];
      for (int r = 0; r < expected.length; r++) {
        expected[r] = weights.product(r, rounded, scales);
      }
      for (QuantizedKernels kernels : TWINS) {
        assertArrayEquals(
            expected,
            multiplyOne(kernels, weights, weights.tiles(), rounded(kernels, x), 1),
            kernels + ", " + blocks + " blocks");
      }
    }
  }

  private static float[] multiplyOne(
      QuantizedKernels kernels,
      QuantizedSamples weights,
      MemorySegment tiles,
      RoundedActivations x,
      int firstGroup) {
    float[] sums = new float[weights.rows()];
    int groups = weights.groups();
    int blocks = Math.max(1, weights.rows() / SUMS);
    int count = weights.rows() / blocks / ROWS;
    long stride = tiles.byteSize() / blocks;
    TileFormat format = weights.bits() == 4 ? TileFormat.Q4 : TileFormat.Q8;
    kernels.multiplyOne(format, tiles, 0, stride, blocks, count, groups, x, firstGroup, sums);
    return sums;
  }

  private static void assertSeveral(
      QuantizedKernels kernels,
      QuantizedSamples weights,
      MemorySegment tiles,
      RoundedActivations x,
      int count,
      float[][] expected) {
    int[] firstGroups = new int[count];
    for (int t = 0; t < count; t++) {
      firstGroups[t] = 1 + (SOME_TOKENS - 1 - t) * weights.groups();
    }
    float[] sums = new float[3 + count * SUMS];
    int blockTiles = weights.rows() / ROWS;
    if (count == 2) {
      kernels.multiplyTwo4(tiles, 0, blockTiles, weights.groups(), x, firstGroups, sums, 3);
    } else {
      kernels.multiplyFour4(tiles, 0, blockTiles, weights.groups(), x, firstGroups, sums, 3);
    }
    for (int t = 0; t < count; t++) {
      int from = 3 + t * SUMS;
      assertArrayEquals(
          expected[SOME_TOKENS - 1 - t],
          Arrays.copyOfRange(sums, from, from + weights.rows()),
          kernels + ", " + count + " tokens, token " + t);
    }
  }

  private static void assertPanel(
      QuantizedKernels kernels,
      QuantizedSamples weights,
      MemorySegment tiles,
      RoundedActivations x,
      int row,
      float[][] expected) {
    int groups = weights.groups();
    short[] high = new short[groups * PANEL_GROUP];
    short[] low = new short[groups * PANEL_GROUP];
    float[] panelScales = new float[groups * PANEL_ROWS];
    int planes = weights.bits() / 4;
    int tileBytes = planes * NIBBLE_BYTES + QuantizedKernels.SCALE_BYTES;
    long groupBytes = (long) weights.rows() / ROWS * tileBytes;
    for (int t = 0; t < 2; t++) {
      long at = (row / ROWS + t) * (long) tileBytes;
      int to = t * 2 * ROWS;
      kernels.unpackNibbles(tiles, at, groupBytes, groups, high, to);
      if (planes == 2) {
        kernels.unpackNibbles(tiles, at + NIBBLE_BYTES, groupBytes, groups, low, to);
      }
      long scales = at + (long) planes * NIBBLE_BYTES;
      kernels.unpackScales(tiles, scales, groupBytes, groups, panelScales, t * ROWS);
    }
    for (int first = 0; first < SOME_TOKENS; first += TOKENS) {
      int[] tokens = new int[TOKENS];
      int[] firstGroups = new int[TOKENS];
      for (int i = 0; i < TOKENS; i++) {
        tokens[i] = Math.min(first + i, SOME_TOKENS - 1);
        firstGroups[i] = 1 + tokens[i] * groups;
      }
      float[] sums = new float[3 + TOKENS * SUMS];
      if (planes == 1) {
        kernels.multiplyPanel4(high, panelScales, groups, x, firstGroups, sums, 3);
      } else {
        kernels.multiplyPanel8(high, low, panelScales, groups, x, firstGroups, sums, 3);
      }
      for (int i = 0; i < TOKENS; i++) {
        int from = 3 + i * SUMS;
        assertArrayEquals(
            Arrays.copyOfRange(expected[tokens[i]], row, row + PANEL_ROWS),
            Arrays.copyOfRange(sums, from, from + PANEL_ROWS),
            kernels + ", panel at row " + row + ", token " + tokens[i]);
      }
    }
  }
}
