package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Inner loops of {@code out[t][r] = Σ_c W[r, c] · x[t][c]} for weights stored as floats of 32 or 16
 * bits, row-major and little-endian.
 *
 * <p>Both shapes of the product, one token straight from the file and many tokens over an unpacked
 * panel, add the products of one (row, token) pair in the same order: lane {@code l} of {@link
 * #lanes()} sums the columns {@code l, l + lanes, l + 2·lanes, …} by fused multiply-adds, and a
 * fixed tree adds the lanes; the caller adds the columns past the last whole vector one by one. So
 * a token's result has the same bits whichever shape computed it, and however many tokens ran
 * beside it.
 *
 * <p>Arguments are the caller's responsibility; they are checked only where assertions are enabled.
 */
public sealed interface MatrixKernels permits ScalarMatrixKernels, VectorMatrixKernels {

  /**
   * Rows that {@link #sumRows} takes at most: 8 sums in flight hide the latency of a fused
   * multiply-add, 4 cycles on two units.
   */
  int ROWS = 8;

  /**
   * Rows, and tokens, of a tile of {@link #multiplyTile}: 16 sums, 4 vectors of weights and one of
   * activations fit 32 registers, and every vector that is loaded is used 4 times.
   */
  int TILE = 4;

  /** Partial sums that each (row, token) pair keeps. */
  int lanes();

  /**
   * Partial sums of some rows with one token, over the whole vectors of columns: those past the
   * last multiple of {@link #lanes()} are left out.
   *
   * @param weights elements [rows, cols]
   * @param row the first of the rows
   * @param count how many, 1 … {@value #ROWS}
   * @param x [cols] at {@code xOffset}
   * @param sums [{@value #ROWS}][lanes]: of the first {@code count} rows the sums, of the others
   *     anything
   */
  void sumRows(
      FloatFormat format,
      MemorySegment weights,
      int cols,
      int row,
      int count,
      float[] x,
      int xOffset,
      float[] sums);

  /** Widens {@code count} elements, from element {@code first} on, exactly. */
  void unpack(
      FloatFormat format,
      MemorySegment weights,
      long first,
      float[] panel,
      int panelOffset,
      int count);

  /**
   * Adds a stretch of columns to the partial sums of 4 rows × 4 tokens. Only whole vectors of
   * columns are taken: {@code cols} is a multiple of {@link #lanes()}.
   *
   * @param panel the four rows, {@code panelStride} floats apart, the first at {@code panelOffset}
   * @param xOffsets [4]: where the tokens' activations begin in {@code x}
   * @param sums partial sums [4 rows][4 tokens][lanes] at {@code sumsOffset}, read and written
   */
  void multiplyTile(
      float[] panel,
      int panelOffset,
      int panelStride,
      int cols,
      float[] x,
      int[] xOffsets,
      float[] sums,
      int sumsOffset);

  /**
   * Adds up the lanes of {@code count} partial sums: {@code totals[i] = Σ_l sums[sumsOffset + i ·
   * lanes + l]}, by the fixed tree.
   */
  void reduce(float[] sums, int sumsOffset, int count, float[] totals, int totalsOffset);
}
