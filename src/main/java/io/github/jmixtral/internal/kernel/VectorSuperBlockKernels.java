package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.SCALE_BYTES;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.STREAMS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.SUMS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.TOKENS;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * {@link SuperBlockKernels} on the machine's widest vectors. The loops are generated ({@link
 * VectorSuperBlockLoops} and {@link VectorSuperBlockPanelLoops}); here stands which of them a
 * format takes.
 */
final class VectorSuperBlockKernels implements SuperBlockKernels {

  /** Lanes of a tile's row of shorts: two for each of its rows. */
  private static final int TILE_LANES = 2 * ROWS;

  private static final int SHORT_LANES = VectorWidth.SHORTS.length();
  private static final int FLOAT_LANES = VectorWidth.FLOATS.length();

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
    long header = block;
    for (int first = 0; first < groups; first += GROUPS) {
      int count = Math.min(GROUPS, groups - first);
      long levels = header + (long) tiles * format.headerBytes();
      clearParts(sums, VectorSuperBlockLoops.PARTS, blocks);
      if (format.hasMinima()) {
        clearParts(sums, VectorSuperBlockLoops.MINIMA_PARTS, blocks);
      }
      for (int g = 0; g < count; g++) {
        long at = levels + (long) g * tiles * format.groupBytes();
        for (int lane = 0; lane < TILE_LANES; lane += SHORT_LANES) {
          int group = firstGroup + first + g;
          multiplyGroup(
              format, weights, header, at, stride, blocks, tiles, g, lane, x, group, sums);
        }
      }
      for (int b = 0; b < blocks; b++) {
        addParts(format, weights, header + b * stride, tiles, sums, b * SUMS);
      }
      header += format.byteSize(tiles, count);
    }
  }

  private static void clearParts(float[] sums, int first, int blocks) {
    Arrays.fill(sums, first, first + blocks * SUMS, 0f);
  }

  private static void multiplyGroup(
      SuperBlockFormat format,
      MemorySegment weights,
      long header,
      long levels,
      long stride,
      int blocks,
      int tiles,
      int number,
      int lane,
      RoundedActivations x,
      int group,
      float[] sums) {
    switch (format) {
      case Q2 ->
          VectorSuperBlockLoops.multiplyOne2(
              weights, header, levels, stride, blocks, tiles, number, lane, x, group, sums);
      case Q3 ->
          VectorSuperBlockLoops.multiplyOne3(
              weights, header, levels, stride, blocks, tiles, number, lane, x, group, sums);
      case Q4 ->
          VectorSuperBlockLoops.multiplyOne4(
              weights, header, levels, stride, blocks, tiles, number, lane, x, group, sums);
      case Q5 ->
          VectorSuperBlockLoops.multiplyOne5(
              weights, header, levels, stride, blocks, tiles, number, lane, x, group, sums);
      case Q6 ->
          VectorSuperBlockLoops.multiplyOne6(
              weights, header, levels, stride, blocks, tiles, number, lane, x, group, sums);
    }
  }

  private static void addParts(
      SuperBlockFormat format,
      MemorySegment weights,
      long header,
      int tiles,
      float[] sums,
      int firstSum) {
    for (int t = 0; t < tiles; t++) {
      long at = header + (long) t * format.headerBytes();
      int sum = firstSum + t * ROWS;
      int part = VectorSuperBlockLoops.PARTS + sum;
      VectorSuperBlockLoops.addParts(weights, at, sums, part, sum);
      if (format.hasMinima()) {
        int toMinima = STREAMS * SUMS;
        VectorSuperBlockLoops.addParts(
            weights, at + SCALE_BYTES, sums, part + toMinima, sum + toMinima);
      }
    }
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
    short[] into = panel.levels();
    for (int lane = 0; lane < TILE_LANES; lane += SHORT_LANES) {
      long at = levels + lane * Short.BYTES;
      int to = tile * TILE_LANES + lane;
      switch (format) {
        case Q2 -> VectorSuperBlockLoops.unpack2(weights, at, stride, groups, into, to);
        case Q3 -> VectorSuperBlockLoops.unpack3(weights, at, stride, groups, into, to);
        case Q4 -> VectorSuperBlockLoops.unpack4(weights, at, stride, groups, into, to);
        case Q5 -> VectorSuperBlockLoops.unpack5(weights, at, stride, groups, into, to);
        case Q6 -> VectorSuperBlockLoops.unpack6(weights, at, stride, groups, into, to);
      }
    }
    int row = tile * ROWS;
    for (int k = 0; k < groups * format.groupScales(); k++) {
      unpackScale(format, weights, header, k, panel, k * PANEL_ROWS + row);
    }
    VectorSuperBlockLoops.unpackHalves(weights, header, panel.superScales(), row);
    if (format.hasMinima()) {
      VectorSuperBlockLoops.unpackHalves(weights, header + SCALE_BYTES, panel.superMinima(), row);
    }
  }

  /** The scales of a scale group, and its minima. */
  private static void unpackScale(
      SuperBlockFormat format,
      MemorySegment weights,
      long header,
      int number,
      SuperBlockPanel panel,
      int to) {
    long ints = (long) number / Integer.BYTES * ROWS * Integer.BYTES;
    long scales = header + format.scalesOffset() + ints;
    long minima = header + format.minimaOffset() + ints;
    int up = (Integer.BYTES - 1 - number % Integer.BYTES) * Byte.SIZE;
    switch (format) {
      case Q2 -> {
        VectorSuperBlockLoops.unpackHalfBytes(weights, scales, up + 4, panel.scales(), to);
        VectorSuperBlockLoops.unpackHalfBytes(weights, minima, up, panel.minima(), to);
      }
      case Q4, Q5 -> {
        VectorSuperBlockLoops.unpackBytes(weights, scales, up, panel.scales(), to);
        VectorSuperBlockLoops.unpackBytes(weights, minima, up, panel.minima(), to);
      }
      case Q3, Q6 -> VectorSuperBlockLoops.unpackBytes(weights, scales, up, panel.scales(), to);
    }
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
    boolean six = tokens == TOKENS;
    for (int lane = 0; lane < 2 * PANEL_ROWS; lane += 2 * SHORT_LANES) {
      multiplyLanes(format, panel, lane, groups, x, firstGroups, six, sums, sumsOffset);
    }
    if (format.hasMinima()) {
      for (int row = 0; row < PANEL_ROWS; row += 2 * FLOAT_LANES) {
        multiplyMinima(format, panel, row, groups, x, firstGroups, six, minimaSums, sumsOffset);
      }
    }
  }

  private static void multiplyLanes(
      SuperBlockFormat format,
      SuperBlockPanel panel,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      boolean six,
      float[] sums,
      int sumsOffset) {
    short[] levels = panel.levels();
    float[] scales = panel.scales();
    float[] superScales = panel.superScales();
    switch (format) {
      case Q2, Q3 -> {
        if (six) {
          VectorSuperBlockPanelLoops.multiplyNarrowHalves6(
              levels, scales, superScales, lane, groups, x, firstGroups, sums, sumsOffset);
        } else {
          VectorSuperBlockPanelLoops.multiplyNarrowHalves4(
              levels, scales, superScales, lane, groups, x, firstGroups, sums, sumsOffset);
        }
      }
      case Q4 -> {
        if (six) {
          VectorSuperBlockPanelLoops.multiplyGroups6(
              levels, scales, superScales, lane, groups, x, firstGroups, sums, sumsOffset);
        } else {
          VectorSuperBlockPanelLoops.multiplyGroups4(
              levels, scales, superScales, lane, groups, x, firstGroups, sums, sumsOffset);
        }
      }
      case Q5 -> {
        if (six) {
          VectorSuperBlockPanelLoops.multiplyCenteredGroups6(
              levels, scales, superScales, lane, groups, x, firstGroups, sums, sumsOffset);
        } else {
          VectorSuperBlockPanelLoops.multiplyCenteredGroups4(
              levels, scales, superScales, lane, groups, x, firstGroups, sums, sumsOffset);
        }
      }
      case Q6 -> {
        if (six) {
          VectorSuperBlockPanelLoops.multiplyWideHalves6(
              levels, scales, superScales, lane, groups, x, firstGroups, sums, sumsOffset);
        } else {
          VectorSuperBlockPanelLoops.multiplyWideHalves4(
              levels, scales, superScales, lane, groups, x, firstGroups, sums, sumsOffset);
        }
      }
    }
  }

  private static void multiplyMinima(
      SuperBlockFormat format,
      SuperBlockPanel panel,
      int row,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      boolean six,
      float[] minimaSums,
      int sumsOffset) {
    float[] minima = panel.minima();
    float[] superMinima = panel.superMinima();
    boolean halves = format.groupScales() == 2;
    if (halves && six) {
      VectorSuperBlockPanelLoops.multiplyMinimaOfHalves6(
          minima, superMinima, row, groups, x, firstGroups, minimaSums, sumsOffset);
    } else if (halves) {
      VectorSuperBlockPanelLoops.multiplyMinimaOfHalves4(
          minima, superMinima, row, groups, x, firstGroups, minimaSums, sumsOffset);
    } else if (six) {
      VectorSuperBlockPanelLoops.multiplyMinimaOfGroups6(
          minima, superMinima, row, groups, x, firstGroups, minimaSums, sumsOffset);
    } else {
      VectorSuperBlockPanelLoops.multiplyMinimaOfGroups4(
          minima, superMinima, row, groups, x, firstGroups, minimaSums, sumsOffset);
    }
  }
}
