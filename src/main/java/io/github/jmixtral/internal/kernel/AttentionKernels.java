package io.github.jmixtral.internal.kernel;

/**
 * Inner loops of attention over one block of {@link #BLOCK} consecutive positions of the key/value
 * cache, with an online softmax: each query keeps the largest score so far, the sum of its
 * exponentials and the weighted sum of values, and rescales the two sums when the largest score
 * grows.
 *
 * <p>Source: Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018; Dao et al.,
 * "FlashAttention", 2022.
 *
 * <p>A row is one query of one head. Rows are independent of each other, and every sum runs over
 * positions and channels in ascending order, so a query's result does not depend on the queries
 * that share its tile. Arguments are the caller's responsibility; they are checked only where
 * assertions are enabled.
 */
public sealed interface AttentionKernels permits ScalarAttentionKernels, VectorAttentionKernels {

  /**
   * Positions in a block of the key/value cache: a whole number of stretches of four vectors of any
   * width up to 512 bits. With 128 channels the keys of a block take 32 KiB, the first cache of
   * common cores.
   */
  int BLOCK = 64;

  /**
   * Rows that {@link #scores} and {@link #accumulate} take at a time: 4 rows × 4 vectors are 16
   * sums, and every vector of keys or values that is loaded is used 4 times. A group of Mixtral has
   * 4 query heads, so that decoding fills the rows.
   */
  int ROWS = 4;

  /**
   * Dot products of four queries with a block of keys: {@code scores[r][j] = Σ_d q[r][d] ·
   * keys[d][j]}.
   *
   * @param queries [rows][headDim]
   * @param keys [headDim][BLOCK] at {@code keysOffset}: channels outside, positions inside
   * @param firstRow the first of the four rows
   * @param scores [rows][BLOCK], the four rows overwritten
   */
  void scores(
      float[] queries, float[] keys, int keysOffset, int headDim, int firstRow, float[] scores);

  /**
   * One row's scores become unnormalised probabilities: with {@code s = scores · scale} and {@code
   * m = max(maximum so far, largest visible s)}, {@code scores[j] = exp(s[j] − m)} for visible
   * positions {@code from ≤ j < to}, and 0 for the others.
   *
   * @param scores [rows][BLOCK]
   * @param row the row's number
   * @param from first visible position of the block, less than {@code to}
   * @param to end of the visible positions
   * @param states [rows][2]: the largest score so far (−∞ at first) and the sum of exponentials so
   *     far, both updated
   * @return by what the weighted sum of values so far is to be multiplied, exp(old maximum − m)
   */
  float softmax(float[] scores, int row, float scale, int from, int to, float[] states);

  /**
   * Adds a block of values to four rows' weighted sums: {@code out[r][d] = out[r][d] · rescale[r] +
   * Σ_j probabilities[r][j] · values[j][d]}.
   *
   * @param probabilities [rows][BLOCK]
   * @param rescale [rows]
   * @param firstRow the first of the four rows
   * @param values [BLOCK][headDim] at {@code valuesOffset}
   * @param out [rows][headDim], the four rows updated
   */
  void accumulate(
      float[] probabilities,
      float[] rescale,
      int firstRow,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] out);
}
