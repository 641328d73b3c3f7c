package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.RoundedActivations;
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

  /** Rows of a work item of several tokens: a block of tiles, which is one stream of memory. */
  static final int ROWS = QuantizedKernels.SUMS;

  /** At most how many rows a work item of one token has: blocks that kernels take side by side. */
  static final int ROWS_OF_ONE = QuantizedKernels.STREAMS * ROWS;

  /** Tokens of a work item at most: more share one unpacking, until they leave the L2 cache. */
  static final int TOKENS = 32 * QuantizedKernels.TOKENS;

  /** Fewer tokens than this do not pay for unpacking, as 4 bits have loops for a few tokens. */
  private static final int WORTH_UNPACKING_4 = 9;

  /** Fewer tokens than this do not pay for unpacking, one by one. */
  private static final int WORTH_UNPACKING_8 = 4;

  /** Groups of a panel: 32 KiB of shorts, the first cache of common cores. */
  private static final int PANEL_GROUPS = 16;

  private static final int TILE = QuantizedKernels.ROWS;
  private static final int PANEL_ROWS = QuantizedKernels.PANEL_ROWS;

  private final QuantizedKernels kernels;

  /** [tokens of an item][ROWS]. */
  private final float[] sums = new float[TOKENS * ROWS];

  /** [STREAMS][SUMS]. */
  private final float[] sumsOfOne = new float[ROWS_OF_ONE];

  private final short[] panel = new short[PANEL_GROUPS * QuantizedKernels.PANEL_GROUP];
  private final short[] lowPanel = new short[PANEL_GROUPS * QuantizedKernels.PANEL_GROUP];
  private final int[] firstGroups = new int[QuantizedKernels.TOKENS];
  private final float[] panelScales = new float[PANEL_GROUPS * PANEL_ROWS];

  // The current call's.
  private QuantizedMatrix weights;
  private RoundedActivations x;

  /** The first group of the item's first token. */
  private int firstGroup;

  private int tokens;
  private int firstTile;
  private int tiles;

  QuantizedMultiplier(QuantizedKernels kernels) {
    this.kernels = kernels;
  }

  /**
   * Multiplies a block of rows with some tokens, or some blocks with one.
   *
   * @param item from a multiple of {@link #ROWS} on, at most {@link #ROWS} × {@link #TOKENS}, or
   *     {@link #ROWS_OF_ONE} × 1
   * @param firstOfProduct the first group of the product's first token
   */
  void multiply(
      QuantizedMatrix matrix, WorkItem item, RoundedActivations activations, int firstOfProduct) {
    weights = matrix;
    x = activations;
    firstGroup = firstOfProduct + item.tokenStart * matrix.groups();
    tokens = item.tokens;
    firstTile = item.rowStart / TILE;
    tiles = QuantizedMatrix.tiles(item.rows());
    if (tokens == 1) {
      multiplyOne(firstGroup);
      System.arraycopy(sumsOfOne, 0, item.out, item.outOf(0), item.rows());
      return;
    }
    int inPanels = tokens - straightFromTiles();
    Arrays.fill(sums, 0, padded(tokens) * ROWS, 0f);
    multiplyStraight(inPanels);
    multiplyPanels(inPanels);
    for (int t = 0; t < tokens; t++) {
      System.arraycopy(sums, t * ROWS, item.out, item.outOf(t), item.rows());
    }
  }

  /** How many of the tokens, the last ones, share no panel. */
  private int straightFromTiles() {
    return switch (weights.format()) {
      case Q4 -> tokens < WORTH_UNPACKING_4 ? tokens : (tokens - 1) % QuantizedKernels.TOKENS + 1;
      case Q8 -> tokens < WORTH_UNPACKING_8 ? tokens : 0;
    };
  }

  /** The tokens from {@code from} on, straight from the tiles. */
  private void multiplyStraight(int from) {
    MemorySegment data = weights.data();
    long block = weights.blockOffset(firstTile);
    int groups = weights.groups();
    // The loops for two and four tokens take tiles in pairs.
    boolean several = weights.format() == TileFormat.Q4 && tiles % 2 == 0;
    for (int t = from; t < tokens; ) {
      int left = tokens - t;
      gatherFirstGroups(firstGroup, t, tokens);
      if (several && left > 2) {
        kernels.multiplyFour4(data, block, tiles, groups, x, firstGroups, sums, t * ROWS);
        t += 4;
      } else if (several && left == 2) {
        kernels.multiplyTwo4(data, block, tiles, groups, x, firstGroups, sums, t * ROWS);
        t += 2;
      } else {
        multiplyOne(firstGroups[0]);
        System.arraycopy(sumsOfOne, 0, sums, t * ROWS, ROWS);
        t++;
      }
    }
  }

  /** One token: whole blocks side by side, or one that may not be whole. */
  private void multiplyOne(int first) {
    long block = weights.blockOffset(firstTile);
    long stride = weights.blockOffset(QuantizedKernels.BLOCK);
    int blocks = Math.max(1, tiles / QuantizedKernels.BLOCK);
    int inBlock = Math.min(QuantizedKernels.BLOCK, tiles);
    Arrays.fill(sumsOfOne, 0f);
    kernels.multiplyOne(
        weights.format(),
        weights.data(),
        block,
        stride,
        blocks,
        inBlock,
        weights.groups(),
        x,
        first,
        sumsOfOne);
  }

  /**
   * The first groups of the tokens from {@code t} to {@code end}, the last of them once more where
   * there are fewer than a kernel takes.
   *
   * @param first the first token's
   */
  private void gatherFirstGroups(int first, int t, int end) {
    for (int i = 0; i < firstGroups.length; i++) {
      firstGroups[i] = first + Math.min(t + i, end - 1) * weights.groups();
    }
  }

  /** The first tokens, which share panels of unpacked weights. */
  private void multiplyPanels(int count) {
    for (int group = 0; count > 0 && group < weights.groups(); group += PANEL_GROUPS) {
      int groups = Math.min(PANEL_GROUPS, weights.groups() - group);
      for (int tile = 0; tile < tiles; tile += 2) {
        unpack(tile, group, groups);
        for (int t = 0; t < count; t += QuantizedKernels.TOKENS) {
          gatherFirstGroups(firstGroup + group, t, count);
          multiplyPanel(groups, t * ROWS + tile * TILE);
        }
      }
    }
  }

  /** Unpacks two tiles, or the last one, of some groups. */
  private void unpack(int first, int group, int groups) {
    MemorySegment data = weights.data();
    for (int tile = 0; tile < Math.min(2, tiles - first); tile++) {
      long high = weights.tileOffset(firstTile + first + tile, group);
      long low = high + QuantizedKernels.NIBBLE_BYTES;
      long scales = high + weights.format().scalesOffset();
      long groupBytes = weights.groupBytes(firstTile + first + tile);
      int to = tile * 2 * TILE;
      kernels.unpackNibbles(data, high, groupBytes, groups, panel, to);
      if (weights.format() == TileFormat.Q8) {
        kernels.unpackNibbles(data, low, groupBytes, groups, lowPanel, to);
      }
      kernels.unpackScales(data, scales, groupBytes, groups, panelScales, tile * TILE);
    }
  }

  private void multiplyPanel(int groups, int to) {
    switch (weights.format()) {
      case Q4 -> kernels.multiplyPanel4(panel, panelScales, groups, x, firstGroups, sums, to);
      case Q8 ->
          kernels.multiplyPanel8(panel, lowPanel, panelScales, groups, x, firstGroups, sums, to);
    }
  }

  private static int padded(int tokens) {
    int tile = QuantizedKernels.TOKENS;
    return (tokens + tile - 1) / tile * tile;
  }
}
