package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.BLOCK;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.STREAMS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.SUMS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.TOKENS;
import static io.github.jmixtral.internal.kernel.SuperBlockKernels.COLUMNS;
import static io.github.jmixtral.internal.kernel.SuperBlockKernels.FEWER_TOKENS;
import static io.github.jmixtral.internal.kernel.SuperBlockKernels.GROUPS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernels of this machine and their scalar twins against plain sums, bit for bit. */
class SuperBlockKernelsTest {

  private static final Kernels[] TWINS = {Kernels.detected(), Kernels.scalar()};

  /** Columns of a few super-blocks, the last one cut short. */
  private static final int[] WIDTHS = {32, 224, 256, 288, 1024, 1088};

  private static RoundedActivations rounded(Kernels kernels, float[] x) {
    int groups = x.length / GROUP;
    RoundedActivations rounded = RoundedActivations.allocate(1 + groups);
    kernels.quantized().quantize(x, 0, groups, rounded, 1);
    rounded.sumHalves(1, 1 + groups);
    return rounded;
  }

  @ParameterizedTest
  @EnumSource
  void fieldsAreWhereTheDescriptionHasThem(SuperBlockFormat format) {
    SuperBlockSamples samples = SuperBlockSamples.random(1, format, ROWS, 288);
    MemorySegment weights = samples.tiles();
    assertEquals(format.byteSize(1, 9), weights.byteSize());
    assertEquals(SuperBlockSamples.bits(format), format.bits());
    long header = 0;
    for (int first = 0; first < 288; first += COLUMNS) {
      int count = Math.min(COLUMNS, 288 - first);
      long levels = header + format.headerBytes();
      for (int row = 0; row < ROWS; row++) {
        float scale = SuperBlockFields.superScale(weights, header, row);
        float minimum =
            format.hasMinima() ? SuperBlockFields.superMinimum(weights, header, row) : 0;
        for (int c = 0; c < count; c++) {
          int k = c / format.scaleColumns();
          long plane = levels + (long) (c / GROUP) * format.groupBytes();
          int level = SuperBlockFields.level(format, weights, plane, row, c % GROUP);
          float weight = scale * SuperBlockFields.scale(format, weights, header, row, k) * level;
          if (format.hasMinima()) {
            weight -= minimum * SuperBlockFields.minimum(format, weights, header, row, k);
          }
          assertEquals(samples.weight(row, first + c), weight, "row " + row + ", column " + c);
        }
      }
      header += format.byteSize(1, count / GROUP);
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneTokenGivesThePlainSums(SuperBlockFormat format) {
    for (int cols : WIDTHS) {
      for (int tiles = 1; tiles <= BLOCK; tiles += cols < 300 ? 1 : 7) {
        SuperBlockSamples samples =
            SuperBlockSamples.random(cols + tiles, format, tiles * ROWS, cols);
        assertOneToken(samples, Samples.floats(cols, cols));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void blocksSideBySideGiveThePlainSums(SuperBlockFormat format) {
    int cols = COLUMNS + GROUP;
    for (int blocks = 2; blocks <= STREAMS; blocks++) {
      SuperBlockSamples samples = SuperBlockSamples.random(blocks, format, blocks * SUMS, cols);
      assertOneToken(samples, Samples.floats(blocks, cols));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLargestSumsAreExact(SuperBlockFormat format) {
    int highest = (1 << format.bits()) - 1;
    for (float value : new float[] {127, -127}) {
      float[] x = new float[COLUMNS];
      Arrays.fill(x, value);
      for (int level : new int[] {0, highest}) {
        for (int scale : new int[] {format.lowestScale(), format.highestScale()}) {
          SuperBlockSamples samples =
              SuperBlockSamples.constant(format, PANEL_ROWS, COLUMNS, level, scale);
          assertOneToken(samples, x);
          assertPanel(samples, new float[][] {x, x, x, x, x, x});
          assertPanel(samples, new float[][] {x, x, x, x});
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void neighboursOfOppositeExtremesAreExact(SuperBlockFormat format) {
    float[] x = new float[COLUMNS];
    for (int sign : new int[] {1, -1}) {
      for (int c = 0; c < COLUMNS; c++) {
        x[c] = c % 2 == 0 ? 127 * sign : -127 * sign;
      }
      for (int parity = 0; parity < 2; parity++) {
        SuperBlockSamples samples =
            SuperBlockSamples.alternating(
                format, PANEL_ROWS, COLUMNS, parity, format.highestScale());
        assertOneToken(samples, x);
        assertPanel(samples, new float[][] {x, x, x, x, x, x});
      }
    }
  }

  private static void assertOneToken(SuperBlockSamples samples, float[] x) {
    float[] expected = expected(samples, x);
    for (Kernels kernels : TWINS) {
      assertArrayEquals(expected, one(kernels, samples, x), samples.format() + ", " + x.length);
    }
  }

  private static float[] expected(SuperBlockSamples samples, float[] x) {
    return samples.products(
        QuantizedSamples.round(x, 0, x.length), QuantizedSamples.roundingScales(x, 0, x.length));
  }

  private static float[] one(Kernels kernels, SuperBlockSamples samples, float[] x) {
    int groups = x.length / GROUP;
    int blocks = Math.max(1, samples.rows() / SUMS);
    float[] sums = new float[4 * STREAMS * SUMS];
    kernels
        .superBlocks()
        .multiplyOne(
            samples.format(),
            samples.tiles(),
            0,
            samples.format().byteSize(BLOCK, groups),
            blocks,
            samples.rows() / blocks / ROWS,
            groups,
            rounded(kernels, x),
            1,
            sums);
    return difference(samples, sums, 0, sums, STREAMS * SUMS);
  }

  private static float[] difference(
      SuperBlockSamples samples, float[] sums, int at, float[] minimaSums, int minimaAt) {
    float[] out = Arrays.copyOfRange(sums, at, at + samples.rows());
    for (int r = 0; r < out.length && samples.format().hasMinima(); r++) {
      out[r] -= minimaSums[minimaAt + r];
    }
    return out;
  }

  @ParameterizedTest
  @EnumSource
  void aPanelGivesEachTokenThePlainSums(SuperBlockFormat format) {
    for (int cols : WIDTHS) {
      float[][] tokens = new float[TOKENS][];
      for (int t = 0; t < TOKENS; t++) {
        tokens[t] = Samples.floats(cols + t, cols);
      }
      SuperBlockSamples samples = SuperBlockSamples.random(cols, format, PANEL_ROWS, cols);
      assertPanel(samples, tokens);
      assertPanel(samples, Arrays.copyOf(tokens, FEWER_TOKENS));
    }
  }

  private static void assertPanel(SuperBlockSamples samples, float[][] tokens) {
    SuperBlockFormat format = samples.format();
    int groups = tokens[0].length / GROUP;
    MemorySegment weights = samples.tiles();
    float[] x = new float[tokens.length * tokens[0].length];
    int[] firstGroups = new int[tokens.length];
    for (int t = 0; t < tokens.length; t++) {
      System.arraycopy(tokens[t], 0, x, t * tokens[t].length, tokens[t].length);
    }
    for (Kernels kernels : TWINS) {
      RoundedActivations rounded = rounded(kernels, x);
      SuperBlockPanel panel = SuperBlockPanel.allocate();
      float[] sums = new float[TOKENS * SUMS];
      float[] minimaSums = new float[TOKENS * SUMS];
      long header = 0;
      for (int first = 0; first < groups; first += GROUPS) {
        int count = Math.min(GROUPS, groups - first);
        for (int tile = 0; tile < 2; tile++) {
          kernels
              .superBlocks()
              .unpack(
                  format,
                  weights,
                  header + (long) tile * format.headerBytes(),
                  header + 2L * format.headerBytes() + (long) tile * format.groupBytes(),
                  2L * format.groupBytes(),
                  count,
                  panel,
                  tile);
        }
        for (int t = 0; t < tokens.length; t++) {
          firstGroups[t] = 1 + t * groups + first;
        }
        kernels
            .superBlocks()
            .multiplyPanel(
                format, panel, count, rounded, firstGroups, tokens.length, sums, minimaSums, 0);
        header += format.byteSize(2, count);
      }
      for (int t = 0; t < tokens.length; t++) {
        assertArrayEquals(
            expected(samples, tokens[t]),
            difference(samples, sums, t * SUMS, minimaSums, t * SUMS),
            format + ", " + groups + " groups, token " + t);
      }
    }
  }

  @Test
  void halvesOfGroupsAreSummed() {
    float[] x = Samples.floats(3, 5 * GROUP);
    int[] integers = QuantizedSamples.round(x, 0, x.length);
    for (Kernels kernels : TWINS) {
      RoundedActivations rounded = rounded(kernels, x);
      for (int half = 0; half < 10; half++) {
        int expected = 0;
        for (int c = half * 16; c < (half + 1) * 16; c++) {
          expected += integers[c];
        }
        assertEquals(expected, rounded.halfSums()[2 + half], "half " + half);
      }
    }
  }
}
