package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The specification of {@link QuantizedKernels} in plain loops, and what runs without the Vector
 * API.
 */
final class ScalarQuantizedKernels implements QuantizedKernels {

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public void quantize(
      float[] x,
      int xOffset,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup) {
    for (int g = 0; g < groups; g++) {
      int from = xOffset + g * GROUP;
      float largest = 0;
      for (int c = 0; c < GROUP; c++) {
        largest = Math.max(largest, Math.abs(x[from + c]));
      }
      float inverse = largest == 0 ? 0 : 127 / largest;
      int evenSum = 0;
      int oddSum = 0;
      int evenBefore = 0;
      int oddBefore = 0;
      for (int i = 0; i < PAIRS; i++) {
        int even = round(x[from + 2 * i] * inverse);
        int odd = round(x[from + 2 * i + 1] * inverse);
        evenSum += even;
        oddSum += odd;
        boolean lowestNibble = i % 4 == 0;
        int transformedEven = lowestNibble ? even : even - 16 * evenBefore;
        int transformedOdd = lowestNibble ? odd : odd - 16 * oddBefore;
        pairs[(firstGroup + g) * PAIRS + i] = pack(transformedEven, transformedOdd);
        evenBefore = even;
        oddBefore = odd;
      }
      corrections[firstGroup + g] = pack(-8 * evenSum, -8 * oddSum);
      scales[firstGroup + g] = largest / 127;
    }
  }

  /** To the nearest integer, halves to even: what adding 1.5 · 2²³ does. */
  private static int round(float value) {
    return Float.floatToRawIntBits(value + Exponential.ROUND)
        - Float.floatToRawIntBits(Exponential.ROUND);
  }

  private static int pack(int low, int high) {
    return (low & 0xffff) | high << 16;
  }

  @Override
  public void multiply4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup,
      float[] sums) {
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < tiles; t++) {
        long tile = block + ((long) g * tiles + t) * TILE_BYTES_4;
        for (int r = 0; r < ROWS; r++) {
          int group = firstGroup + g;
          int total = rowTotal(weights, tile, r, pairs, group, corrections[group]);
          float scale = scale(weights, tile + NIBBLE_BYTES, r) * scales[group];
          sums[t * ROWS + r] = Math.fma(total, scale, sums[t * ROWS + r]);
        }
      }
    }
  }

  @Override
  public void multiplyFew4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      int tokens,
      float[] sums,
      int sumsOffset,
      int sumsStride) {
    float[] ofToken = new float[tiles * ROWS];
    for (int t = 0; t < tokens; t++) {
      int to = sumsOffset + t * sumsStride;
      System.arraycopy(sums, to, ofToken, 0, ofToken.length);
      multiply4(weights, block, tiles, groups, pairs, corrections, scales, firstGroups[t], ofToken);
      System.arraycopy(ofToken, 0, sums, to, ofToken.length);
    }
  }

  @Override
  public void multiply8(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup,
      float[] sums) {
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < tiles; t++) {
        long tile = block + ((long) g * tiles + t) * TILE_BYTES_8;
        for (int r = 0; r < ROWS; r++) {
          int group = firstGroup + g;
          int high = rowTotal(weights, tile, r, pairs, group, corrections[group]);
          int low = rowTotal(weights, tile + NIBBLE_BYTES, r, pairs, group, 0);
          float scale = scale(weights, tile + 2 * NIBBLE_BYTES, r) * scales[group];
          sums[t * ROWS + r] = Math.fma(16 * high + low, scale, sums[t * ROWS + r]);
        }
      }
    }
  }

  /** Σ of one row of a plane: its even columns and its odd ones, each modulo 2¹⁶. */
  private static int rowTotal(
      MemorySegment weights, long plane, int row, int[] pairs, int group, int correction) {
    short even = (short) correction;
    short odd = (short) (correction >> 16);
    for (int i = 0; i < PAIRS; i++) {
      int pair = pairs[group * PAIRS + i];
      int shift = i % 4 * 4;
      long at = plane + (i / 4 * 2L * ROWS + 2L * row) * Short.BYTES;
      even += (short) (((weights.get(SHORT, at) & 0xffff) >>> shift) * (short) pair);
      odd += (short) (((weights.get(SHORT, at + Short.BYTES) & 0xffff) >>> shift) * (pair >> 16));
    }
    return even + odd;
  }

  private static float scale(MemorySegment weights, long scales, int row) {
    return Float.float16ToFloat(weights.get(SHORT, scales + (long) row * Short.BYTES));
  }

  @Override
  public void unpackNibbles(
      MemorySegment weights,
      long plane,
      long groupBytes,
      int groups,
      short[] panel,
      int panelOffset) {
    for (int g = 0; g < groups; g++) {
      for (int i = 0; i < PAIRS; i++) {
        for (int lane = 0; lane < 2 * ROWS; lane++) {
          long at = plane + g * groupBytes + (i / 4 * 2L * ROWS + lane) * Short.BYTES;
          int packed = weights.get(SHORT, at) & 0xffff;
          panel[panelOffset + g * PANEL_GROUP + i * 2 * PANEL_ROWS + lane] =
              (short) (packed >>> i % 4 * 4);
        }
      }
    }
  }

  @Override
  public void unpackScales(
      MemorySegment weights, long at, long groupBytes, int groups, float[] scales, int offset) {
    for (int g = 0; g < groups; g++) {
      for (int r = 0; r < ROWS; r++) {
        scales[offset + g * PANEL_ROWS + r] = scale(weights, at + g * groupBytes, r);
      }
    }
  }

  @Override
  public void multiplyPanel4(
      short[] panel,
      float[] panelScales,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int sumsOffset,
      int sumsStride) {
    for (int t = 0; t < TOKENS; t++) {
      int first = firstGroups[t];
      for (int g = 0; g < groups; g++) {
        for (int r = 0; r < PANEL_ROWS; r++) {
          int total = panelTotal(panel, g, r, pairs, first + g, corrections[first + g]);
          float scale = panelScales[g * PANEL_ROWS + r] * scales[first + g];
          int sum = sumsOffset + t * sumsStride + r;
          sums[sum] = Math.fma(total, scale, sums[sum]);
        }
      }
    }
  }

  @Override
  public void multiplyPanel8(
      short[] high,
      short[] low,
      float[] panelScales,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int sumsOffset,
      int sumsStride) {
    for (int t = 0; t < TOKENS; t++) {
      int first = firstGroups[t];
      for (int g = 0; g < groups; g++) {
        for (int r = 0; r < PANEL_ROWS; r++) {
          int total =
              16 * panelTotal(high, g, r, pairs, first + g, corrections[first + g])
                  + panelTotal(low, g, r, pairs, first + g, 0);
          float scale = panelScales[g * PANEL_ROWS + r] * scales[first + g];
          int sum = sumsOffset + t * sumsStride + r;
          sums[sum] = Math.fma(total, scale, sums[sum]);
        }
      }
    }
  }

  private static int panelTotal(
      short[] panel, int g, int row, int[] pairs, int group, int correction) {
    short even = (short) correction;
    short odd = (short) (correction >> 16);
    for (int i = 0; i < PAIRS; i++) {
      int pair = pairs[group * PAIRS + i];
      int at = (g * PAIRS + i) * 2 * PANEL_ROWS + 2 * row;
      even += (short) (panel[at] * (short) pair);
      odd += (short) (panel[at + 1] * (pair >> 16));
    }
    return even + odd;
  }
}
