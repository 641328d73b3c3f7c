package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.RoundedActivations;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import io.github.jmixtral.internal.kernel.SuperBlockPanel;
import java.util.Arrays;

/**
 * Products of weights in super-blocks with rounded activations. A few tokens are multiplied one by
 * one straight from the tiles, super-block by super-block, so that only the first one's come from
 * memory; more share panels of unpacked weights, six or four at a time.
 *
 * <p>One worker's: holds scratch memory.
 */
final class SuperBlockMultiplier {
  private static final int ROWS = QuantizedMultiplier.ROWS;
  private static final int TOKENS = QuantizedMultiplier.TOKENS;
  private static final int TILE = QuantizedKernels.ROWS;

  /** Fewer tokens than this do not pay for unpacking. */
  private static final int WORTH_UNPACKING = 4;

  private final SuperBlockKernels kernels;

  /** [tokens of an item][ROWS]. */
  private final float[] sums = new float[TOKENS * ROWS];

  /** [tokens of an item][ROWS]: what is subtracted from them at the end. */
  private final float[] minimaSums = new float[TOKENS * ROWS];

  /** [a few tokens][4][STREAMS][SUMS]: the sums, those of the minima, and room for parts. */
  private final float[][] sumsOfFew =
      new float[WORTH_UNPACKING - 1][4 * QuantizedMultiplier.ROWS_OF_ONE];

  private final SuperBlockPanel panel = SuperBlockPanel.allocate();
  private final int[] firstGroups = new int[QuantizedKernels.TOKENS];

  SuperBlockMultiplier(SuperBlockKernels kernels) {
    this.kernels = kernels;
  }

  /**
   * Multiplies a block of rows with some tokens, or some blocks with one.
   *
   * @param item from a multiple of {@link QuantizedMultiplier#ROWS} on, at most {@link
   *     QuantizedMultiplier#ROWS} × {@link QuantizedMultiplier#TOKENS}, or whole blocks, {@link
   *     QuantizedMultiplier#ROWS_OF_ONE} × 1 at most
   * @param x with the halves of groups summed
   * @param firstOfProduct the first group of the product's first token
   */
  void multiply(SuperBlockMatrix weights, WorkItem item, RoundedActivations x, int firstOfProduct) {
    int firstGroup = firstOfProduct + item.tokenStart * weights.groups();
    int firstTile = item.rowStart / TILE;
    if (item.tokens < WORTH_UNPACKING) {
      multiplyFew(weights, firstTile, item, x, firstGroup);
      for (int t = 0; t < item.tokens; t++) {
        float[] sumsOfToken = sumsOfFew[t];
        store(weights, sumsOfToken, 0, sumsOfToken, QuantizedMultiplier.ROWS_OF_ONE, item, t);
      }
    } else {
      multiplyPanels(weights, firstTile, item.tokens, x, firstGroup);
      for (int t = 0; t < item.tokens; t++) {
        store(weights, sums, t * ROWS, minimaSums, t * ROWS, item, t);
      }
    }
  }

  private void multiplyFew(
      SuperBlockMatrix weights,
      int firstTile,
      WorkItem item,
      RoundedActivations x,
      int firstGroup) {
    int tokens = item.tokens;
    for (int t = 0; t < tokens; t++) {
      Arrays.fill(sumsOfFew[t], 0f);
    }
    int tiles = weights.tilesOfBlock(firstTile);
    int blocks = Math.max(1, item.rows() / ROWS);
    long stride = weights.blockOffset(QuantizedKernels.BLOCK);
    // One token takes the whole row at once.
    int step = tokens == 1 ? weights.groups() : SuperBlockKernels.GROUPS;
    for (int group = 0; group < weights.groups(); group += step) {
      for (int t = 0; t < tokens; t++) {
        kernels.multiplyOne(
            weights.format(),
            weights.data(),
            weights.superBlockOffset(firstTile, group / SuperBlockKernels.GROUPS),
            stride,
            blocks,
            tiles,
            Math.min(step, weights.groups() - group),
            x,
            firstGroup + t * weights.groups() + group,
            sumsOfFew[t]);
      }
    }
  }

  private void multiplyPanels(
      SuperBlockMatrix weights, int firstTile, int tokens, RoundedActivations x, int firstGroup) {
    // At most one place of the panels is empty.
    int padded = tokens + tokens % 2;
    Arrays.fill(sums, 0, padded * ROWS, 0f);
    Arrays.fill(minimaSums, 0, padded * ROWS, 0f);
    int tiles = weights.tilesOfBlock(firstTile);
    for (int group = 0; group < weights.groups(); group += SuperBlockKernels.GROUPS) {
      int groups = Math.min(SuperBlockKernels.GROUPS, weights.groups() - group);
      for (int tile = 0; tile < tiles; tile += 2) {
        unpack(weights, firstTile, tile, group, groups);
        for (int t = 0, step; t < tokens; t += step) {
          step = tokensOfNextPanel(tokens - t);
          for (int i = 0; i < step; i++) {
            int token = Math.min(t + i, tokens - 1);
            firstGroups[i] = firstGroup + token * weights.groups() + group;
          }
          int to = t * ROWS + tile * TILE;
          kernels.multiplyPanel(
              weights.format(), panel, groups, x, firstGroups, step, sums, minimaSums, to);
        }
      }
    }
  }

  /** How many of the tokens left are next: in sixes and fours, with the fewest places empty. */
  private static int tokensOfNextPanel(int left) {
    int six = QuantizedKernels.TOKENS;
    int four = SuperBlockKernels.FEWER_TOKENS;
    boolean fours = left <= four || left == 2 * four || left == 2 * four - 1;
    return fours ? four : six;
  }

  /** Unpacks two tiles, or the last one, of a super-block. */
  private void unpack(SuperBlockMatrix weights, int firstTile, int first, int group, int groups) {
    int tiles = weights.tilesOfBlock(firstTile);
    for (int i = 0; i < Math.min(2, tiles - first); i++) {
      int tile = firstTile + first + i;
      kernels.unpack(
          weights.format(),
          weights.data(),
          weights.headerOffset(tile, group / SuperBlockKernels.GROUPS),
          weights.levelsOffset(tile, group),
          (long) tiles * weights.format().groupBytes(),
          groups,
          panel,
          i);
    }
  }

  private static void store(
      SuperBlockMatrix weights,
      float[] sums,
      int at,
      float[] minimaSums,
      int minimaAt,
      WorkItem item,
      int token) {
    int to = item.outOf(token);
    if (weights.format().hasMinima()) {
      for (int r = 0; r < item.rows(); r++) {
        item.out[to + r] = sums[at + r] - minimaSums[minimaAt + r];
      }
    } else {
      System.arraycopy(sums, at, item.out, to, item.rows());
    }
  }
}
