package io.github.jmixtral.internal.tensor;

/**
 * The offsets' part of a product with rounded activations: {@code out[t][r] += Σ_G offset(G, r) ·
 * s[t][G]}, where {@code s} are the sums of the rounded activations that share an offset.
 *
 * <p>Each output is a chain of fused multiply-adds of its own, in ascending order: its bits depend
 * neither on the tokens beside it nor on the width of vectors. The inner loop runs over rows, each
 * at the same index of all arrays, which the compiler turns into vectors by itself.
 *
 * <p>One worker's: holds scratch memory.
 */
final class OffsetMultiplier {
  private static final int ROWS = QuantizedMultiplier.ROWS;

  private final float[] products = new float[ROWS];
  private float[][] offsets = new float[0][];
  private float[] sums = new float[0];

  /**
   * Adds to the product of some rows with some tokens.
   *
   * @param item its results are those of the tiles
   * @param firstGroup the product's first group
   */
  void add(OffsetMatrix weights, WorkItem item, Activations x, int firstGroup) {
    for (int row = 0; row < item.rows(); row += ROWS) {
      add(weights, item, row, Math.min(ROWS, item.rows() - row), x, firstGroup);
    }
  }

  private void add(
      OffsetMatrix weights, WorkItem item, int row, int rows, Activations x, int firstGroup) {
    int numbers = weights.offsets().rows();
    int groups = weights.groupsOfOffset();
    read(weights, item.rowStart + row, rows, numbers);
    for (int t = 0; t < item.tokens; t++) {
      int to = item.outOf(t) + row;
      int first = firstGroup + (item.tokenStart + t) * numbers * groups;
      System.arraycopy(item.out, to, products, 0, rows);
      for (int number = 0; number < numbers; number++) {
        sums[number] = sum(x, first + number * groups, groups);
      }
      multiplyAdd(numbers);
      System.arraycopy(products, 0, item.out, to, rows);
    }
  }

  private void read(OffsetMatrix weights, int rowStart, int rows, int numbers) {
    if (offsets.length < numbers) {
      offsets = new float[numbers][ROWS];
      sums = new float[numbers];
    }
    for (int number = 0; number < numbers; number++) {
      weights.read(number, rowStart, rows, offsets[number]);
    }
  }

  private static float sum(Activations x, int firstGroup, int groups) {
    float sum = 0;
    for (int group = firstGroup; group < firstGroup + groups; group++) {
      sum += x.sums()[group];
    }
    return sum;
  }

  /** Four at a time, so that products are loaded and stored less often, then what is left over. */
  private void multiplyAdd(int numbers) {
    int number = 0;
    for (; number + 4 <= numbers; number += 4) {
      multiplyAddFour(offsets, sums, number, products);
    }
    for (; number < numbers; number++) {
      multiplyAddOne(offsets[number], sums[number], products);
    }
  }

  /** All of {@link #ROWS}, so that the loop's length is known: where rows end, the rest is idle. */
  private static void multiplyAddOne(float[] offsets, float sum, float[] products) {
    for (int r = 0; r < ROWS; r++) {
      products[r] = Math.fma(offsets[r], sum, products[r]);
    }
  }

  private static void multiplyAddFour(
      float[][] offsets, float[] sums, int first, float[] products) {
    float[] offsets0 = offsets[first];
    float[] offsets1 = offsets[first + 1];
    float[] offsets2 = offsets[first + 2];
    float[] offsets3 = offsets[first + 3];
    float sum0 = sums[first];
    float sum1 = sums[first + 1];
    float sum2 = sums[first + 2];
    float sum3 = sums[first + 3];
    for (int r = 0; r < ROWS; r++) {
      float product = Math.fma(offsets0[r], sum0, products[r]);
      product = Math.fma(offsets1[r], sum1, product);
      product = Math.fma(offsets2[r], sum2, product);
      products[r] = Math.fma(offsets3[r], sum3, product);
    }
  }
}
