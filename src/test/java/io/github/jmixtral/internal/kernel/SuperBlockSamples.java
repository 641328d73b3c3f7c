package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.BLOCK;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;
import static io.github.jmixtral.internal.kernel.SuperBlockKernels.COLUMNS;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * Weights made of given integers in super-blocks, and what products with them must be: written from
 * the description of {@link SuperBlockKernels}, sharing nothing with the kernels.
 *
 * @param levels [rows][cols], as stored: 0 … 2ᵇ − 1
 * @param scales [rows][scale groups]
 * @param minima [rows][scale groups]; zeros where the format has none
 * @param d [rows][super-blocks], each a half-precision number
 * @param dmin likewise
 */
public record SuperBlockSamples(
    SuperBlockFormat format,
    int[][] levels,
    int[][] scales,
    int[][] minima,
    float[][] d,
    float[][] dmin) {

  /** Zeros, subnormal halves, the smallest others, and the largest. */
  private static final int[] BORDERS = {
    0x0000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x8000, 0x8001, 0x83ff, 0x8400, 0xfbff
  };

  /** Random integers of all values that the format allows. */
  public static SuperBlockSamples random(long seed, SuperBlockFormat format, int rows, int cols) {
    Random random = new Random(seed);
    int scaleGroups = cols / format.scaleColumns();
    int superBlocks = (cols + COLUMNS - 1) / COLUMNS;
    var samples =
        new SuperBlockSamples(
            format,
            new int[rows][cols],
            new int[rows][scaleGroups],
            new int[rows][scaleGroups],
            new float[rows][superBlocks],
            new float[rows][superBlocks]);
    int highest = format == SuperBlockFormat.Q2 ? 15 : 127;
    int lowest = format == SuperBlockFormat.Q3 || format == SuperBlockFormat.Q6 ? -128 : 0;
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        samples.levels[r][c] = random.nextInt(1 << bits(format));
      }
      for (int k = 0; k < scaleGroups; k++) {
        samples.scales[r][k] = random.nextInt(lowest, highest + 1);
        samples.minima[r][k] = lowest < 0 ? 0 : random.nextInt(highest + 1);
      }
      for (int s = 0; s < superBlocks; s++) {
        samples.d[r][s] = half(random);
        samples.dmin[r][s] = half(random);
      }
    }
    return samples;
  }

  /** The largest sums that can be: every level, scale and minimum the same. */
  static SuperBlockSamples constant(
      SuperBlockFormat format, int rows, int cols, int level, int scale) {
    SuperBlockSamples samples = random(0, format, rows, cols);
    for (int r = 0; r < rows; r++) {
      java.util.Arrays.fill(samples.levels[r], level);
      java.util.Arrays.fill(samples.scales[r], scale);
    }
    return samples;
  }

  /** The highest level in columns of one parity, 0 in the others. */
  static SuperBlockSamples alternating(
      SuperBlockFormat format, int rows, int cols, int parity, int scale) {
    SuperBlockSamples samples = constant(format, rows, cols, 0, scale);
    for (int r = 0; r < rows; r++) {
      for (int c = parity; c < cols; c += 2) {
        samples.levels[r][c] = (1 << bits(format)) - 1;
      }
    }
    return samples;
  }

  /** From numbers as large as in files down to those that are subnormal as halves, and borders. */
  private static float half(Random random) {
    if (random.nextInt(16) == 0) {
      return Float.float16ToFloat((short) BORDERS[random.nextInt(BORDERS.length)]);
    }
    double number = random.nextGaussian() * Math.pow(10, -2 - random.nextInt(4));
    return Float.float16ToFloat(Float.floatToFloat16((float) number));
  }

  static int bits(SuperBlockFormat format) {
    return format.ordinal() + 2;
  }

  private boolean hasMinima() {
    return switch (format) {
      case Q2, Q4, Q5 -> true;
      case Q3, Q6 -> false;
    };
  }

  private int scaleColumns() {
    return switch (format) {
      case Q2, Q3, Q6 -> 16;
      case Q4, Q5 -> 32;
    };
  }

  private int center() {
    return switch (format) {
      case Q2, Q4, Q5 -> 0;
      case Q3 -> 4;
      case Q6 -> 32;
    };
  }

  int rows() {
    return levels.length;
  }

  int cols() {
    return levels[0].length;
  }

  /** What a weight is; exact but for one rounding where there are minima. */
  public float weight(int row, int col) {
    int k = col / scaleColumns();
    int s = col / COLUMNS;
    float product = d[row][s] * scales[row][k] * (levels[row][col] - center());
    return hasMinima() ? product - dmin[row][s] * minima[row][k] : product;
  }

  /** The super-blocks, block after block, at an odd address; the last tile's free rows are zero. */
  public MemorySegment tiles() {
    var bytes = new ByteArrayOutputStream();
    int tiles = (rows() + ROWS - 1) / ROWS;
    for (int block = 0; block < tiles; block += BLOCK) {
      int end = Math.min(tiles, block + BLOCK);
      for (int first = 0; first < cols(); first += COLUMNS) {
        for (int tile = block; tile < end; tile++) {
          putHeader(bytes, tile * ROWS, first);
        }
        for (int col = first; col < Math.min(cols(), first + COLUMNS); col += GROUP) {
          for (int tile = block; tile < end; tile++) {
            putLevels(bytes, tile * ROWS, col);
          }
        }
      }
    }
    MemorySegment odd = Arena.ofAuto().allocate(bytes.size() + 1, 64).asSlice(1);
    MemorySegment.copy(MemorySegment.ofArray(bytes.toByteArray()), 0, odd, 0, bytes.size());
    return odd;
  }

  private void putHeader(ByteArrayOutputStream out, int firstRow, int firstCol) {
    putHalves(out, d, firstRow, firstCol / COLUMNS);
    if (hasMinima()) {
      putHalves(out, dmin, firstRow, firstCol / COLUMNS);
    }
    int count = COLUMNS / scaleColumns();
    int first = firstCol / scaleColumns();
    for (int k = 0; k < count; k += 4) {
      for (int r = firstRow; r < firstRow + ROWS; r++) {
        for (int i = first + k; i < first + k + 4; i++) {
          int upper = format == SuperBlockFormat.Q2 ? at(minima, r, i) << 4 : 0;
          out.write(at(scales, r, i) | upper);
        }
      }
    }
    if (hasMinima() && format != SuperBlockFormat.Q2) {
      for (int k = 0; k < count; k += 4) {
        for (int r = firstRow; r < firstRow + ROWS; r++) {
          for (int i = first + k; i < first + k + 4; i++) {
            out.write(at(minima, r, i));
          }
        }
      }
    }
  }

  private void putHalves(ByteArrayOutputStream out, float[][] numbers, int firstRow, int s) {
    for (int r = firstRow; r < firstRow + ROWS; r++) {
      putShort(out, Float.floatToFloat16(r < rows() ? numbers[r][s] : 0));
    }
  }

  private void putLevels(ByteArrayOutputStream out, int firstRow, int firstCol) {
    int bits = bits(format);
    if (bits >= 4) {
      for (int j = 0; j < 4; j++) {
        putShorts(out, firstRow, firstCol, new int[] {j}, 0, 4);
      }
    }
    if (bits == 2 || bits == 3 || bits == 6) {
      for (int j = 0; j < 4; j += 2) {
        putShorts(out, firstRow, firstCol, new int[] {j, j + 1}, bits == 6 ? 4 : 0, 2);
      }
    }
    if (bits == 3 || bits == 5) {
      putShorts(out, firstRow, firstCol, new int[] {0, 1, 2, 3}, bits - 1, 1);
    }
  }

  /**
   * 32 shorts: those of each row's even and odd columns.
   *
   * @param parts which eight columns of the group share a nibble, the lowest bits first
   * @param shift of the level that comes in
   * @param width bits that each takes
   */
  private void putShorts(
      ByteArrayOutputStream out, int firstRow, int firstCol, int[] parts, int shift, int width) {
    for (int lane = 0; lane < 2 * ROWS; lane++) {
      int value = 0;
      for (int n = 0; n < 4; n++) {
        for (int p = 0; p < parts.length; p++) {
          int col = firstCol + 8 * parts[p] + 2 * n + lane % 2;
          int level = at(levels, firstRow + lane / 2, col) >> shift & (1 << width) - 1;
          value |= level << 4 * n + width * p;
        }
      }
      putShort(out, value);
    }
  }

  private static void putShort(ByteArrayOutputStream out, int value) {
    out.write(value);
    out.write(value >> 8);
  }

  private static int at(int[][] numbers, int row, int index) {
    return row < numbers.length && index < numbers[row].length ? numbers[row][index] : 0;
  }

  /**
   * The products of all rows with one token.
   *
   * @param integers [cols] the rounded activations
   * @param xScales [groups] their scales
   */
  public float[] products(int[] integers, float[] xScales) {
    float[] products = new float[rows()];
    for (int r = 0; r < rows(); r++) {
      float sum = 0;
      float minimaSum = 0;
      for (int first = 0; first < cols(); first += COLUMNS) {
        float part = 0;
        float minimaPart = 0;
        for (int c = first; c < Math.min(cols(), first + COLUMNS); c += scaleColumns()) {
          int k = c / scaleColumns();
          long total = 0;
          int xSum = 0;
          for (int i = c; i < c + scaleColumns(); i++) {
            total += (long) (levels[r][i] - center()) * integers[i];
            xSum += integers[i];
          }
          part = Math.fma((float) (total * scales[r][k]), xScales[c / GROUP], part);
          minimaPart = Math.fma(minima[r][k], xSum * xScales[c / GROUP], minimaPart);
        }
        sum = Math.fma(d[r][first / COLUMNS], part, sum);
        minimaSum = Math.fma(dmin[r][first / COLUMNS], minimaPart, minimaSum);
      }
      products[r] = hasMinima() ? sum - minimaSum : sum;
    }
    return products;
  }
}
