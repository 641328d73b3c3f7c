package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Products of quantised weights with rounded activations. A few tokens are multiplied straight from
 * the tiles; more share panels of unpacked weights, six at a time. Of 4-bit weights the last one to
 * six tokens then go first, straight from the tiles: that brings these into the cache while the
 * arithmetic is busy, where unpacking, which mostly stores, would wait for memory.
 *
 * <pre>
 * 4 bits    tokens 3 → 4 (one of them idle)   8 → 4 + 4   16 → 4, then panels for 12
 * 8 bits    tokens 3 → 1 + 1 + 1              8 → panels for 12 (4 idle)
 * </pre>
 *
 * <p>One worker's: holds scratch memory.
 */
final class QuantizedMultiplier {

  /** Rows of a work item: a block of tiles, which is one stream of memory. */
  static final int ROWS = QuantizedKernels.BLOCK * QuantizedKernels.ROWS;

  /** Tokens of a work item at most: more share one unpacking, until they leave the L2 cache. */
  static final int TOKENS = 32 * QuantizedKernels.TOKENS;

  /** Fewer tokens than this do not pay for unpacking, as 4 bits have loops for a few tokens. */
  private static final int WORTH_UNPACKING_4 = 9;

  /** Fewer tokens than this do not pay for unpacking, one by one. */
  private static final int WORTH_UNPACKING_8 = 4;

  /** Groups of a panel: 32 KiB of shorts. */
  private static final int PANEL_GROUPS = 16;

  private static final int TILE = QuantizedKernels.ROWS;
  private static final int PANEL_ROWS = QuantizedKernels.PANEL_ROWS;

  private final QuantizedKernels kernels;
  private final float[] sums = new float[TOKENS * ROWS];
  private final float[] one = new float[ROWS];
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
    int straight = straightFromTiles(weights, tokens);
    int inPanels = tokens - straight;
    Arrays.fill(sums, 0, padded(tokens) * ROWS, 0f);
    multiplyStraight(weights, firstTile, tiles, x, firstGroup, inPanels, tokens);
    if (inPanels > 0) {
      multiplyMany(weights, firstTile, tiles, x, firstGroup, inPanels);
    }
    for (int t = 0; t < tokens; t++) {
      System.arraycopy(sums, t * ROWS, out, outOffset + t * outStride, rowEnd - rowStart);
    }
  }

  /** How many of the tokens, the last ones, share no panel. */
  private static int straightFromTiles(QuantizedMatrix weights, int tokens) {
    return switch (weights.format()) {
      case Q4 -> tokens < WORTH_UNPACKING_4 ? tokens : (tokens - 1) % QuantizedKernels.TOKENS + 1;
      case Q8 -> tokens < WORTH_UNPACKING_8 ? tokens : 0;
    };
  }

  /** The tokens from {@code from} on, straight from the tiles. */
  private void multiplyStraight(
      QuantizedMatrix weights,
      int firstTile,
      int tiles,
      Activations x,
      int firstGroup,
      int from,
      int tokens) {
    // The loops for a few tokens take tiles in pairs.
    boolean inFews = weights.format() == TileFormat.Q4 && tiles % 2 == 0;
    int t = from;
    while (t < tokens) {
      if (inFews && t + 1 < tokens) {
        int few = t + 2 < tokens ? QuantizedKernels.FEW : 2;
        gatherFirstGroups(weights, firstGroup, t, tokens);
        kernels.multiplyFew4(
            weights.data(),
            weights.blockOffset(firstTile),
            tiles,
            weights.groups(),
            x.pairs(),
            x.corrections(),
            x.scales(),
            firstGroups,
            few,
            sums,
            t * ROWS,
            ROWS);
        t += few;
      } else {
        multiplyOne(weights, firstTile, tiles, x, firstGroup + t * weights.groups());
        System.arraycopy(one, 0, sums, t * ROWS, ROWS);
        t++;
      }
    }
  }

  /**
   * The first groups of the tokens from {@code t} on, the last of them once more where they end.
   */
  private void gatherFirstGroups(QuantizedMatrix weights, int firstGroup, int t, int tokens) {
    for (int i = 0; i < firstGroups.length; i++) {
      firstGroups[i] = firstGroup + Math.min(t + i, tokens - 1) * weights.groups();
    }
  }

  private void multiplyOne(
      QuantizedMatrix weights, int firstTile, int tiles, Activations x, int firstGroup) {
    long block = weights.blockOffset(firstTile);
    int groups = weights.groups();
    Arrays.fill(one, 0f);
    MemorySegment data = weights.data();
    switch (weights.format()) {
      case Q4 ->
          kernels.multiply4(
              data, block, tiles, groups, x.pairs(), x.corrections(), x.scales(), firstGroup, one);
      case Q8 ->
          kernels.multiply8(
              data, block, tiles, groups, x.pairs(), x.corrections(), x.scales(), firstGroup, one);
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
    MemorySegment data = weights.data();
    for (int tile = 0; tile < tiles; tile++) {
      long at = weights.tileOffset(firstTile + tile, group);
      long groupBytes = weights.groupBytes(firstTile + tile);
      long scales = at + weights.format().scalesOffset();
      int to = tile * 2 * TILE;
      kernels.unpackNibbles(data, at, groupBytes, count, panel, to);
      if (weights.format() == TileFormat.Q8) {
        long low = at + QuantizedKernels.NIBBLE_BYTES;
        kernels.unpackNibbles(data, low, groupBytes, count, lowPanel, to);
      }
      kernels.unpackScales(data, scales, groupBytes, count, panelScales, tile * TILE);
    }
  }

  /** As many tokens as a panel takes, the last of them once more where there are fewer. */
  private void multiplyPanel(
      QuantizedMatrix weights, Activations x, int group, int t, int tokens, int count, int row) {
    gatherFirstGroups(weights, group, t, tokens);
    int to = t * ROWS + row;
    switch (weights.format()) {
      case Q4 ->
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
      case Q8 ->
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
