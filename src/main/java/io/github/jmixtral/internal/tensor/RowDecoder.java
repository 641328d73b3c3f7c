package io.github.jmixtral.internal.tensor;

/**
 * Reads weights that lie in an order or encoding which no kernel takes: transposed, with rows in
 * another order, or packed as another program packs them. Safe to use from several threads at once;
 * an implementation allocates nothing, or little, per call.
 */
@FunctionalInterface
public interface RowDecoder {

  /**
   * Reads a stretch of a row, exactly: {@code out[outOffset + i] = W[row, col + i]}.
   *
   * @param row 0 … rows − 1
   * @param col first column
   * @param count how many columns; {@code col + count} is at most the number of columns
   * @param out target
   * @param outOffset where the first weight goes
   */
  void decode(int row, int col, int count, float[] out, int outOffset);
}
