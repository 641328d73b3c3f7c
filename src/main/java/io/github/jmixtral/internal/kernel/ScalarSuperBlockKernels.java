package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PAIRS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.STREAMS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.SUMS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.TOKENS;

import java.lang.foreign.MemorySegment;

/**
 * The specification of {@link SuperBlockKernels} in plain loops, and what runs without the Vector
 * API.
 */
final class ScalarSuperBlockKernels implements SuperBlockKernels {

  @Override
  public void multiplyOne(
      SuperBlockFormat format,
      MemorySegment weights,
      long block,
      long stride,
      int blocks,
      int tiles,
      int groups,
      RoundedActivations x,
      int firstGroup,
      float[] sums) {
    assert Borders.holds(weights, block, (blocks - 1) * stride + format.byteSize(tiles, groups));
    assert Borders.holds(x.groups(), firstGroup, groups);
    assert blocks <= STREAMS && Borders.holds(sums.length, 0, 4 * STREAMS * SUMS);
    for (int b = 0; b < blocks; b++) {
      long superBlock = block + b * stride;
      for (int first = 0; first < groups; first += GROUPS) {
        int count = Math.min(GROUPS, groups - first);
        for (int row = 0; row < tiles * ROWS; row++) {
          int group = firstGroup + first;
          int sum = b * SUMS + row;
          multiplyRow(format, weights, superBlock, tiles, count, row, x, group, sums, sum);
        }
        superBlock += format.byteSize(tiles, count);
      }
    }
  }

  private static void multiplyRow(
      SuperBlockFormat format,
      MemorySegment weights,
      long superBlock,
      int tiles,
      int groups,
      int row,
      RoundedActivations x,
      int firstGroup,
      float[] sums,
      int to) {
    int tile = row / ROWS;
    int inner = row % ROWS;
    long header = superBlock + (long) tile * format.headerBytes();
    long levels =
        superBlock + (long) tiles * format.headerBytes() + (long) tile * format.groupBytes();
    float part = 0;
    float minimaPart = 0;
    for (int k = 0; k < groups * format.groupScales(); k++) {
      int g = k / format.groupScales();
      int group = firstGroup + g;
      long plane = levels + (long) g * tiles * format.groupBytes();
      int sum = 0;
      int xSum = 0;
      int firstColumn = k * format.scaleColumns() % GROUP;
      for (int c = firstColumn; c < firstColumn + format.scaleColumns(); c++) {
        int activation = activation(x, group, c);
        sum += SuperBlockFields.level(format, weights, plane, inner, c) * activation;
        xSum += activation;
      }
      float xScale = x.scales()[group];
      int scale = SuperBlockFields.scale(format, weights, header, inner, k);
      part = Math.fma((float) sum * scale, xScale, part);
      if (format.hasMinima()) {
        int minimum = SuperBlockFields.minimum(format, weights, header, inner, k);
        minimaPart = Math.fma(minimum, xSum * xScale, minimaPart);
      }
    }
    sums[to] = Math.fma(SuperBlockFields.superScale(weights, header, inner), part, sums[to]);
    if (format.hasMinima()) {
      float superMinimum = SuperBlockFields.superMinimum(weights, header, inner);
      int toMinima = STREAMS * SUMS + to;
      sums[toMinima] = Math.fma(superMinimum, minimaPart, sums[toMinima]);
    }
  }

  /** One integer of a group, without what its pair has subtracted. */
  private static int activation(RoundedActivations x, int group, int col) {
    int pair = col / 2;
    int shift = col % 2 * Short.SIZE;
    int value = 0;
    for (int i = pair / 4 * 4; i <= pair; i++) {
      value = (short) (x.pairs()[group * PAIRS + i] >> shift) + 16 * value;
    }
    return value;
  }

  @Override
  public void unpack(
      SuperBlockFormat format,
      MemorySegment weights,
      long header,
      long levels,
      long stride,
      int groups,
      SuperBlockPanel panel,
      int tile) {
    for (int r = 0; r < ROWS; r++) {
      int row = tile * ROWS + r;
      for (int g = 0; g < groups; g++) {
        for (int col = 0; col < GROUP; col++) {
          int at = g * PANEL_GROUP + col / 2 * 2 * PANEL_ROWS + 2 * row + col % 2;
          panel.levels()[at] = withNext(format, weights, levels + g * stride, r, col);
        }
      }
      for (int k = 0; k < groups * format.groupScales(); k++) {
        int at = k * PANEL_ROWS + row;
        panel.scales()[at] = SuperBlockFields.scale(format, weights, header, r, k);
        if (format.hasMinima()) {
          panel.minima()[at] = SuperBlockFields.minimum(format, weights, header, r, k);
        }
      }
      panel.superScales()[row] = SuperBlockFields.superScale(weights, header, r);
      if (format.hasMinima()) {
        panel.superMinima()[row] = SuperBlockFields.superMinimum(weights, header, r);
      }
    }
  }

  /** A level, and 16 times what is the same for the column two farther, if that is of its short. */
  private static short withNext(
      SuperBlockFormat format, MemorySegment weights, long levels, int row, int col) {
    int level = SuperBlockFields.level(format, weights, levels, row, col) - panelCenter(format);
    boolean last = col % 8 >= 6;
    return (short) (last ? level : level + 16 * withNext(format, weights, levels, row, col + 2));
  }

  /** What a panel subtracts from levels: those of 5 bits would leave the lanes of 16 bits. */
  private static int panelCenter(SuperBlockFormat format) {
    return format == SuperBlockFormat.Q5 ? 16 : 0;
  }

  @Override
  public void multiplyPanel(
      SuperBlockFormat format,
      SuperBlockPanel panel,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      int tokens,
      float[] sums,
      float[] minimaSums,
      int sumsOffset) {
    assert tokens == TOKENS || tokens == FEWER_TOKENS;
    assert Borders.holds(x, firstGroups, tokens, groups);
    for (int t = 0; t < tokens; t++) {
      for (int row = 0; row < PANEL_ROWS; row++) {
        float part = 0;
        float minimaPart = 0;
        for (int k = 0; k < groups * format.groupScales(); k++) {
          int group = firstGroups[t] + k / format.groupScales();
          float xScale = x.scales()[group];
          int xSum =
              format.groupScales() == 1 ? x.sum(group) : x.halfSums()[2 * firstGroups[t] + k];
          int sum = sum(format, panel, row, k, x, firstGroups[t]) + panelCenter(format) * xSum;
          part = Math.fma(sum * panel.scales()[k * PANEL_ROWS + row], xScale, part);
          minimaPart = Math.fma(panel.minima()[k * PANEL_ROWS + row], xSum * xScale, minimaPart);
        }
        int to = sumsOffset + t * SUMS + row;
        sums[to] = Math.fma(panel.superScales()[row], part, sums[to]);
        if (format.hasMinima()) {
          minimaSums[to] = Math.fma(panel.superMinima()[row], minimaPart, minimaSums[to]);
        }
      }
    }
  }

  private static int sum(
      SuperBlockFormat format,
      SuperBlockPanel panel,
      int row,
      int number,
      RoundedActivations x,
      int firstGroup) {
    int pairs = format.scaleColumns() / 2;
    short even = 0;
    short odd = 0;
    for (int i = number * pairs; i < (number + 1) * pairs; i++) {
      int pair = x.pairs()[firstGroup * PAIRS + i];
      int at = i * 2 * PANEL_ROWS + 2 * row;
      even += (short) (panel.levels()[at] * (short) pair);
      odd += (short) (panel.levels()[at + 1] * (pair >> Short.SIZE));
    }
    return even + odd;
  }
}
