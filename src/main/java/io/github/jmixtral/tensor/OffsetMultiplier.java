package io.github.jmixtral.tensor;

import java.util.Arrays;

/**
 * The offsets' part of a product with rounded activations: {@code out[t][r] += Σ_G offset(r, G) ·
 * s[t][G]}, where {@code s} are the sums of the rounded activations that share an offset. The sums
 * are computed anew for each work item, which costs a hundredth of its product and spares another
 * parallel step.
 *
 * <p>An output's bits do not depend on the tokens beside it: a sum runs over its groups in
 * ascending order, and products of floats keep that promise.
 *
 * <p>One worker's: holds scratch memory.
 */
final class OffsetMultiplier {
  private static final int ROWS = FloatMultiplier.ROWS;
  private static final int TOKENS = FloatMultiplier.TOKENS;

  private final FloatMultiplier floats;
  private final float[] products = new float[TOKENS * ROWS];
  private float[] sums = new float[0];

  OffsetMultiplier(FloatMultiplier floats) {
    this.floats = floats;
  }

  /**
   * Adds to the product of some rows with some tokens.
   *
   * @param firstGroup the first token's first group
   * @param out where the tiles' product lies: the first row of the first token at {@code
   *     outOffset}; a token's rows are {@code outStride} after the one before's
   */
  void add(
      OffsetMatrix weights,
      int rowStart,
      int rowEnd,
      Activations x,
      int firstGroup,
      int tokens,
      float[] out,
      int outOffset,
      int outStride) {
    for (int t = 0; t < tokens; t += TOKENS) {
      int count = Math.min(TOKENS, tokens - t);
      sum(weights, x, firstGroup + t * weights.tiles().groups(), count);
      for (int row = rowStart; row < rowEnd; row += ROWS) {
        int rows = Math.min(ROWS, rowEnd - row);
        floats.multiply(weights.offsets(), row, row + rows, sums, 0, count, products, 0, ROWS);
        for (int i = 0; i < count; i++) {
          int to = outOffset + (t + i) * outStride + row - rowStart;
          for (int r = 0; r < rows; r++) {
            out[to + r] += products[i * ROWS + r];
          }
        }
      }
    }
  }

  /** Fills {@code sums} [tokens, offsets of a row]. */
  private void sum(OffsetMatrix weights, Activations x, int firstGroup, int tokens) {
    int count = tokens * weights.offsets().cols();
    if (sums.length < count) {
      sums = new float[count];
    }
    Arrays.fill(sums, 0, count, 0f);
    int groups = weights.groupsOfOffset();
    for (int i = 0; i < count; i++) {
      for (int group = firstGroup + i * groups; group < firstGroup + (i + 1) * groups; group++) {
        sums[i] = Math.fma(x.total(group), x.scales()[group], sums[i]);
      }
    }
  }
}
