package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.BLOCK;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.NIBBLE_BYTES;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;

/**
 * Quantised weights made of given integers, in the tiles that {@link QuantizedKernels} describes,
 * and what products with them must be: written from the description, sharing nothing with the
 * kernels.
 *
 * @param bits 4 or 8
 * @param integers [rows][cols]: −8 … 7 or −128 … 127
 * @param scales [rows][groups], each a half-precision number
 */
public record QuantizedSamples(int bits, int[][] integers, float[][] scales) {

  /** Leaves scales that are subnormal as halves. */
  private static final float SUBNORMAL = 0x1p-14f;

  /** Random integers, with the extremes among them, and scales of either sign. */
  public static QuantizedSamples random(long seed, int bits, int rows, int cols) {
    Random random = new Random(seed);
    int bound = 1 << (bits - 1);
    int[][] integers = new int[rows][cols];
    float[][] scales = new float[rows][cols / GROUP];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        integers[r][c] = random.nextInt(-bound, bound);
      }
      for (int g = 0; g < scales[r].length; g++) {
        float scale = (float) random.nextGaussian() / bound * (g % 8 == 7 ? SUBNORMAL : 1);
        scales[r][g] = Float.float16ToFloat(Float.floatToFloat16(scale));
      }
    }
    return new QuantizedSamples(bits, integers, scales);
  }

  /** One integer everywhere, with scale 1. */
  static QuantizedSamples constant(int bits, int rows, int cols, int integer) {
    QuantizedSamples samples = random(0, bits, rows, cols);
    for (int r = 0; r < rows; r++) {
      Arrays.fill(samples.integers[r], integer);
      Arrays.fill(samples.scales[r], 1f);
    }
    return samples;
  }

  int rows() {
    return integers.length;
  }

  int groups() {
    return scales[0].length;
  }

  private int tileBytes() {
    return bits / 4 * NIBBLE_BYTES + ROWS * Short.BYTES;
  }

  /** The tiles, block after block, at an odd address; rows that fill up the last tile are zero. */
  public MemorySegment tiles() {
    int tiles = (rows() + ROWS - 1) / ROWS;
    short[] shorts = new short[tiles * groups() * tileBytes() / Short.BYTES];
    int at = 0;
    for (int block = 0; block < tiles; block += BLOCK) {
      for (int g = 0; g < groups(); g++) {
        for (int t = block; t < Math.min(tiles, block + BLOCK); t++) {
          putTile(shorts, at, t * ROWS, g);
          at += tileBytes() / Short.BYTES;
        }
      }
    }
    return Samples.shorts(shorts);
  }

  private void putTile(short[] shorts, int at, int firstRow, int group) {
    int plane = NIBBLE_BYTES / Short.BYTES;
    for (int j = 0; j < 4; j++) {
      for (int r = 0; r < ROWS; r++) {
        for (int o = 0; o < 2; o++) {
          int upper = 0;
          int lower = 0;
          for (int nibble = 0; nibble < 4; nibble++) {
            int q = integer(firstRow + r, group * GROUP + 8 * j + 2 * nibble + o);
            upper |= (bits == 4 ? q + 8 : Math.floorDiv(q, 16) + 8) << 4 * nibble;
            lower |= Math.floorMod(q, 16) << 4 * nibble;
          }
          int lane = at + j * 2 * ROWS + 2 * r + o;
          shorts[lane] = (short) upper;
          if (bits == 8) {
            shorts[lane + plane] = (short) lower;
          }
        }
      }
    }
    for (int r = 0; r < ROWS; r++) {
      float scale = firstRow + r < rows() ? scales[firstRow + r][group] : 0;
      shorts[at + bits / 4 * plane + r] = Float.floatToFloat16(scale);
    }
  }

  private int integer(int row, int col) {
    return row < rows() ? integers[row][col] : 0;
  }

  /** One weight as a number. */
  public float weight(int row, int col) {
    return scales[row][col / GROUP] * integers[row][col];
  }

  /**
   * A row's product with rounded activations: the groups' integer totals, added in ascending order.
   *
   * @param x [cols], integers
   * @param xScales [groups]
   */
  public float product(int row, int[] x, float[] xScales) {
    float sum = 0;
    for (int g = 0; g < groups(); g++) {
      int total = 0;
      for (int c = g * GROUP; c < (g + 1) * GROUP; c++) {
        total += integers[row][c] * x[c];
      }
      sum = Math.fma(total, scales[row][g] * xScales[g], sum);
    }
    return sum;
  }

  /** Activations rounded to 8 bits: the nearest integers to 127 · x / (largest of the group). */
  public static int[] round(float[] x, int offset, int cols) {
    int[] rounded = new int[cols];
    for (int c = 0; c < cols; c++) {
      float largest = largest(x, offset, c / GROUP);
      rounded[c] = largest == 0 ? 0 : (int) Math.rint(x[offset + c] * (127 / largest));
    }
    return rounded;
  }

  /** The scales of {@link #round}. */
  public static float[] roundingScales(float[] x, int offset, int cols) {
    float[] scales = new float[cols / GROUP];
    for (int g = 0; g < scales.length; g++) {
      scales[g] = largest(x, offset, g) / 127;
    }
    return scales;
  }

  private static float largest(float[] x, int offset, int group) {
    float largest = 0;
    for (int c = 0; c < GROUP; c++) {
      largest = Math.max(largest, Math.abs(x[offset + group * GROUP + c]));
    }
    return largest;
  }
}
