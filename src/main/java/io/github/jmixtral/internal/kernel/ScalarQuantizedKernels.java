package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The specification of {@link QuantizedKernels} in plain loops, and what runs without the Vector
 * API.
 */
final class ScalarQuantizedKernels implements QuantizedKernels {

  @Override
  public void quantize(float[] x, int xOffset, int groups, RoundedActivations out, int firstGroup) {
    assert Borders.holds(x.length, xOffset, groups * GROUP);
    assert Borders.holds(out.groups(), firstGroup, groups);
    for (int g = 0; g < groups; g++) {
      int from = xOffset + g * GROUP;
      int group = firstGroup + g;
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
        out.pairs()[group * PAIRS + i] = pack(transformedEven, transformedOdd);
        evenBefore = even;
        oddBefore = odd;
      }
      out.corrections()[group] = pack(-8 * evenSum, -8 * oddSum);
      out.scales()[group] = largest / 127;
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
  public void multiplyOne(
      TileFormat format,
      MemorySegment weights,
      long block,
      long stride,
      int blocks,
      int tiles,
      int groups,
      RoundedActivations x,
      int firstGroup,
      float[] sums) {
    long blockBytes = (long) groups * tiles * format.tileBytes();
    assert Borders.holds(weights, block, (blocks - 1) * stride + blockBytes);
    assert Borders.holds(x.groups(), firstGroup, groups);
    assert blocks <= STREAMS && Borders.holds(sums.length, 0, (blocks - 1) * SUMS + tiles * ROWS);
    for (int b = 0; b < blocks; b++) {
      long at = block + b * stride;
      switch (format) {
        case Q4 -> multiplyOne4(weights, at, tiles, groups, x, firstGroup, sums, b * SUMS);
        case Q8 -> multiplyOne8(weights, at, tiles, groups, x, firstGroup, sums, b * SUMS);
      }
    }
  }

  private static void multiplyOne4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      RoundedActivations x,
      int firstGroup,
      float[] sums,
      int sumsOffset) {
    for (int g = 0; g < groups; g++) {
      int group = firstGroup + g;
      for (int t = 0; t < tiles; t++) {
        long tile = block + ((long) g * tiles + t) * TileFormat.Q4.tileBytes();
        for (int r = 0; r < ROWS; r++) {
          int total = tileTotal(weights, tile, r, x, group, x.corrections()[group]);
          float scale = scale(weights, tile + NIBBLE_BYTES, r) * x.scales()[group];
          int sum = sumsOffset + t * ROWS + r;
          sums[sum] = Math.fma(total, scale, sums[sum]);
        }
      }
    }
  }

  private static void multiplyOne8(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      RoundedActivations x,
      int firstGroup,
      float[] sums,
      int sumsOffset) {
    for (int g = 0; g < groups; g++) {
      int group = firstGroup + g;
      for (int t = 0; t < tiles; t++) {
        long tile = block + ((long) g * tiles + t) * TileFormat.Q8.tileBytes();
        for (int r = 0; r < ROWS; r++) {
          int high = tileTotal(weights, tile, r, x, group, x.corrections()[group]);
          int low = tileTotal(weights, tile + NIBBLE_BYTES, r, x, group, 0);
          float scale = scale(weights, tile + 2 * NIBBLE_BYTES, r) * x.scales()[group];
          int sum = sumsOffset + t * ROWS + r;
          sums[sum] = Math.fma(16 * high + low, scale, sums[sum]);
        }
      }
    }
  }

  @Override
  public void multiplyTwo4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    assert tiles % 2 == 0 && Borders.holds(x, firstGroups, 2, groups);
    assert Borders.holds(weights, block, (long) groups * tiles * TileFormat.Q4.tileBytes());
    assert Borders.holds(sums.length, sumsOffset, SUMS + tiles * ROWS);
    for (int t = 0; t < 2; t++) {
      int to = sumsOffset + t * SUMS;
      multiplyOne4(weights, block, tiles, groups, x, firstGroups[t], sums, to);
    }
  }

  @Override
  public void multiplyFour4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    assert tiles % 2 == 0 && Borders.holds(x, firstGroups, 4, groups);
    assert Borders.holds(weights, block, (long) groups * tiles * TileFormat.Q4.tileBytes());
    assert Borders.holds(sums.length, sumsOffset, 3 * SUMS + tiles * ROWS);
    for (int t = 0; t < 4; t++) {
      int to = sumsOffset + t * SUMS;
      multiplyOne4(weights, block, tiles, groups, x, firstGroups[t], sums, to);
    }
  }

  /** Σ of one row of a plane: its even columns and its odd ones, each modulo 2¹⁶. */
  private static int tileTotal(
      MemorySegment weights, long plane, int row, RoundedActivations x, int group, int correction) {
    int[] pairs = x.pairs();
    short even = (short) correction;
    short odd = (short) (correction >> 16);
    for (int i = 0; i < PAIRS; i++) {
      int pair = pairs[group * PAIRS + i];
      int shift = i % 4 * 4;
      long at = plane + (i / 4 * 2L * ROWS + 2L * row) * Short.BYTES;
      even += (short) ((unsigned(weights, at) >>> shift) * (short) pair);
      odd += (short) ((unsigned(weights, at + Short.BYTES) >>> shift) * (pair >> 16));
    }
    return even + odd;
  }

  private static int unsigned(MemorySegment weights, long at) {
    return Short.toUnsignedInt(weights.get(LittleEndian.SHORT, at));
  }

  private static float scale(MemorySegment weights, long scales, int row) {
    return Float.float16ToFloat(weights.get(LittleEndian.SHORT, scales + (long) row * Short.BYTES));
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
          panel[panelOffset + g * PANEL_GROUP + i * 2 * PANEL_ROWS + lane] =
              (short) (unsigned(weights, at) >>> i % 4 * 4);
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
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    assert Borders.holds(x, firstGroups, TOKENS, groups);
    assert Borders.holds(panel.length, 0, groups * PANEL_GROUP);
    for (int t = 0; t < TOKENS; t++) {
      for (int g = 0; g < groups; g++) {
        int group = firstGroups[t] + g;
        for (int r = 0; r < PANEL_ROWS; r++) {
          int total = panelTotal(panel, g, r, x, group, x.corrections()[group]);
          float scale = panelScales[g * PANEL_ROWS + r] * x.scales()[group];
          int sum = sumsOffset + t * SUMS + r;
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
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    assert Borders.holds(x, firstGroups, TOKENS, groups);
    assert Borders.holds(high.length, 0, groups * PANEL_GROUP);
    assert Borders.holds(low.length, 0, groups * PANEL_GROUP);
    for (int t = 0; t < TOKENS; t++) {
      for (int g = 0; g < groups; g++) {
        int group = firstGroups[t] + g;
        for (int r = 0; r < PANEL_ROWS; r++) {
          int total =
              16 * panelTotal(high, g, r, x, group, x.corrections()[group])
                  + panelTotal(low, g, r, x, group, 0);
          float scale = panelScales[g * PANEL_ROWS + r] * x.scales()[group];
          int sum = sumsOffset + t * SUMS + r;
          sums[sum] = Math.fma(total, scale, sums[sum]);
        }
      }
    }
  }

  private static int panelTotal(
      short[] panel, int g, int row, RoundedActivations x, int group, int correction) {
    int[] pairs = x.pairs();
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
