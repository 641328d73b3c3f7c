package io.github.jmixtral.tensor;

import io.github.jmixtral.kernel.QuantizedKernels;
import java.util.Arrays;

/**
 * Products of quantised weights with rounded activations. A few tokens are multiplied one by one,
 * straight from the tiles; more share panels of unpacked weights. One worker's: holds scratch
 * memory.
 */
final class QuantizedMultiplier {

  /** Rows of a work item: a block of tiles, which is one stream of memory. */
  static final int ROWS = QuantizedKernels.BLOCK * QuantizedKernels.ROWS;

  /** Tokens of a work item at most: more share one unpacking, until they leave the L2 cache. */
  static final int TOKENS = 32 * QuantizedKernels.TOKENS;

  /** Fewer tokens than this do not pay for unpacking. */
  private static final int TOKENS_WORTH_UNPACKING = 4;

  /** Groups of a panel: 32 KiB of shorts. */
  private static final int PANEL_GROUPS = 16;

  private static final int TILE = QuantizedKernels.ROWS;
  private static final int PANEL_ROWS = QuantizedKernels.PANEL_ROWS;

  private final QuantizedKernels kernels;
  private final float[] sums = new float[TOKENS * ROWS];
  private final short[] panel = new short[PANEL_GROUPS * QuantizedKernels.PANEL_GROUP];
  private final short[] lowPanel = new short[PANEL_GROUPS * QuantizedKernels.PANEL_GROUP];
  private final int[] firstGroups = new int[QuantizedKernels.TOKENS];
  private final float[] panelScales = new float[PANEL_GROUPS * PANEL_ROWS];

  QuantizedMultiplier(QuantizedKernels kernels) {
    this.kernels = kernels;
  }

  /**
   * Multiplies a block of rows with some tokens.
   *
   * @param rowStart a multiple of {@link #ROWS}
   * @param rowEnd at most {@link #ROWS} later
   * @param firstGroup the first token's first group
   * @param out where the first row of the first token goes, at {@code outOffset}; a token's rows
   *     are {@code outStride} after the one before's
   */
  void multiply(
      QuantizedMatrix weights,
      int rowStart,
      int rowEnd,
      Activations x,
      int firstGroup,
      int tokens,
      float[] out,
      int outOffset,
      int outStride) {
    int firstTile = rowStart / TILE;
    int tiles = QuantizedMatrix.tiles(rowEnd - rowStart);
    Arrays.fill(sums, 0, padded(tokens) * ROWS, 0f);
    if (tokens < TOKENS_WORTH_UNPACKING) {
      for (int t = 0; t < tokens; t++) {
        multiplyOne(weights, firstTile, tiles, x, firstGroup + t * weights.groups());
        System.arraycopy(sums, 0, out, outOffset + t * outStride, rowEnd - rowStart);
        Arrays.fill(sums, 0, ROWS, 0f);
      }
    } else {
      multiplyMany(weights, firstTile, tiles, x, firstGroup, tokens);
      for (int t = 0; t < tokens; t++) {
        System.arraycopy(sums, t * ROWS, out, outOffset + t * outStride, rowEnd - rowStart);
      }
    }
  }

  private void multiplyOne(
      QuantizedMatrix weights, int firstTile, int tiles, Activations x, int firstGroup) {
    long block = weights.blockOffset(firstTile);
    int groups = weights.groups();
    switch (weights) {
      case Q4Matrix(var data, _, _) ->
          kernels.multiply4(
              data, block, tiles, groups, x.pairs(), x.corrections(), x.scales(), firstGroup, sums);
      case Q8Matrix(var data, _, _) ->
          kernels.multiply8(
              data, block, tiles, groups, x.pairs(), x.corrections(), x.scales(), firstGroup, sums);
    }
  }

  private void multiplyMany(
      QuantizedMatrix weights,
      int firstTile,
      int tiles,
      Activations x,
      int firstGroup,
      int tokens) {
    for (int group = 0; group < weights.groups(); group += PANEL_GROUPS) {
      int count = Math.min(PANEL_GROUPS, weights.groups() - group);
      for (int tile = 0; tile < tiles; tile += 2) {
        unpack(weights, firstTile + tile, Math.min(2, tiles - tile), group, count);
        for (int t = 0; t < tokens; t += QuantizedKernels.TOKENS) {
          multiplyPanel(weights, x, firstGroup + group, t, tokens, count, tile * TILE);
        }
      }
    }
  }

  private void unpack(QuantizedMatrix weights, int firstTile, int tiles, int group, int count) {
    for (int tile = 0; tile < tiles; tile++) {
      long at = weights.tileOffset(firstTile + tile, group);
      long groupBytes = weights.groupBytes(firstTile + tile);
      long scales = at + weights.tileBytes() - QuantizedKernels.SCALE_BYTES;
      int to = tile * 2 * TILE;
      switch (weights) {
        case Q4Matrix(var data, _, _) -> {
          kernels.unpackNibbles(data, at, groupBytes, count, panel, to);
          kernels.unpackScales(data, scales, groupBytes, count, panelScales, tile * TILE);
        }
        case Q8Matrix(var data, _, _) -> {
          long low = at + QuantizedKernels.NIBBLE_BYTES;
          kernels.unpackNibbles(data, at, groupBytes, count, panel, to);
          kernels.unpackNibbles(data, low, groupBytes, count, lowPanel, to);
          kernels.unpackScales(data, scales, groupBytes, count, panelScales, tile * TILE);
        }
      }
    }
  }

  /** As many tokens as a panel takes, the last of them once more where there are fewer. */
  private void multiplyPanel(
      QuantizedMatrix weights, Activations x, int group, int t, int tokens, int count, int row) {
    for (int i = 0; i < QuantizedKernels.TOKENS; i++) {
      firstGroups[i] = group + Math.min(t + i, tokens - 1) * weights.groups();
    }
    int to = t * ROWS + row;
    switch (weights) {
      case Q4Matrix _ ->
          kernels.multiplyPanel4(
              panel,
              panelScales,
              count,
              x.pairs(),
              x.corrections(),
              x.scales(),
              firstGroups,
              sums,
              to,
              ROWS);
      case Q8Matrix _ ->
          kernels.multiplyPanel8(
              panel,
              lowPanel,
              panelScales,
              count,
              x.pairs(),
              x.corrections(),
              x.scales(),
              firstGroups,
              sums,
              to,
              ROWS);
    }
  }

  private static int padded(int tokens) {
    int tile = QuantizedKernels.TOKENS;
    return (tokens + tile - 1) / tile * tile;
  }
}
