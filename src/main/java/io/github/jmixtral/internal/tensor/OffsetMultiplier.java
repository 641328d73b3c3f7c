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
   * @param rowEnd at most {@link QuantizedMultiplier#ROWS} after {@code rowStart}
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
    int rows = rowEnd - rowStart;
    int numbers = weights.offsets().rows();
    int groups = weights.groupsOfOffset();
    read(weights, rowStart, rows, numbers);
    for (int t = 0; t < tokens; t++) {
      int to = outOffset + t * outStride;
      System.arraycopy(out, to, products, 0, rows);
      for (int number = 0; number < numbers; number++) {
        sums[number] = sum(x, firstGroup + (t * numbers + number) * groups, groups);
      }
      multiplyAdd(numbers);
      System.arraycopy(products, 0, out, to, rows);
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
      multiplyAddFour(
          offsets[number],
          offsets[number + 1],
          offsets[number + 2],
          offsets[number + 3],
          sums[number],
          sums[number + 1],
          sums[number + 2],
          sums[number + 3],
          products);
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
      float[] offsets0,
      float[] offsets1,
      float[] offsets2,
      float[] offsets3,
      float sum0,
      float sum1,
      float sum2,
      float sum3,
      float[] products) {
    for (int r = 0; r < ROWS; r++) {
      float product = Math.fma(offsets0[r], sum0, products[r]);
      product = Math.fma(offsets1[r], sum1, product);
      product = Math.fma(offsets2[r], sum2, product);
      products[r] = Math.fma(offsets3[r], sum3, product);
    }
  }
}
