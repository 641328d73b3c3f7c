package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Inner loops of {@code out[t][r] = Σ_c W[r, c] · x[t][c]} for weights stored as floats of 32 or 16
 * bits, row-major and little-endian.
 *
 * <p>Both shapes of the product, one token straight from the file and many tokens over an unpacked
 * panel, add the products of one (row, token) pair in the same order: lane {@code l} of {@link
 * #lanes()} sums the columns {@code l, l + lanes, l + 2·lanes, …} by fused multiply-adds, a fixed
 * tree adds the lanes, and the columns past the last whole vector follow one by one. So a token's
 * result has the same bits whichever shape computed it, and however many tokens ran beside it.
 *
 * <p>Arguments are trusted: whoever calls has checked them.
 */
public sealed interface MatrixKernels permits ScalarMatrixKernels, VectorMatrixKernels {

  /** Rows, and tokens, of a tile of {@link #multiplyTile}. */
  int TILE = 4;

  /** Partial sums that each (row, token) pair keeps. */
  int lanes();

  /**
   * One token over rows of 32-bit floats: {@code out[outOffset + r] = Σ_c W[r, c] · x[xOffset + c]}
   * for {@code rowStart ≤ r < rowEnd}.
   *
   * @param sums scratch of at least 8 · lanes
   */
  void multiplyF32(
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums);

  /** The same over rows of IEEE half-precision floats. */
  void multiplyF16(
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums);

  /** The same over rows of bfloat16. */
  void multiplyBf16(
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums);

  /** Widens {@code count} half-precision floats, from element {@code first} on, exactly. */
  void unpackF16(MemorySegment weights, long first, float[] panel, int panelOffset, int count);

  /** Widens {@code count} bfloat16, from element {@code first} on, exactly. */
  void unpackBf16(MemorySegment weights, long first, float[] panel, int panelOffset, int count);

  /**
   * Adds a stretch of columns to the partial sums of 4 rows × 4 tokens. Only whole vectors of
   * columns are taken: {@code cols} is a multiple of {@link #lanes()}.
   *
   * @param panel the four rows, {@code panelStride} floats apart, the first at {@code panelOffset}
   * @param x the tokens' activations, at {@code x0 … x3}
   * @param sums partial sums [4 rows][4 tokens][lanes] at {@code sumsOffset}, read and written
   */
  void multiplyTile(
      float[] panel,
      int panelOffset,
      int panelStride,
      int cols,
      float[] x,
      int x0,
      int x1,
      int x2,
      int x3,
      float[] sums,
      int sumsOffset);

  /**
   * Adds up the lanes of {@code count} partial sums: {@code totals[i] = Σ_l sums[sumsOffset + i ·
   * lanes + l]}, by the fixed tree.
   */
  void reduce(float[] sums, int sumsOffset, int count, float[] totals, int totalsOffset);
}
