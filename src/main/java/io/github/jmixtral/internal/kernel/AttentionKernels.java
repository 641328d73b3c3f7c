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
 * that share its tile. Arguments are trusted.
 */
public sealed interface AttentionKernels permits ScalarAttentionKernels, VectorAttentionKernels {

  /** Positions in a block of the key/value cache. */
  int BLOCK = 64;

  /** Rows that {@link #scores} and {@link #accumulate} take at a time. */
  int ROWS = 4;

  /**
   * Dot products of four queries with a block of keys: {@code scores[r][j] = Σ_d q[r][d] ·
   * keys[d][j]}.
   *
   * @param queries [4][headDim] at {@code queriesOffset}
   * @param keys [headDim][BLOCK] at {@code keysOffset}: channels outside, positions inside
   * @param scores [4][BLOCK] at {@code scoresOffset}, overwritten
   */
  void scores(
      float[] queries,
      int queriesOffset,
      float[] keys,
      int keysOffset,
      int headDim,
      float[] scores,
      int scoresOffset);

  /**
   * One row's scores become unnormalised probabilities: with {@code s = scores · scale} and {@code
   * m = max(maximum so far, largest visible s)}, {@code scores[j] = exp(s[j] − m)} for visible
   * positions {@code from ≤ j < to}, and 0 for the others.
   *
   * @param state [2] at {@code stateOffset}: the largest score so far (−∞ at first) and the sum of
   *     exponentials so far, both updated
   * @param from first visible position of the block, less than {@code to}
   * @param to end of the visible positions
   * @return by what the weighted sum of values so far is to be multiplied, exp(old maximum − m)
   */
  float softmax(
      float[] scores,
      int scoresOffset,
      float scale,
      int from,
      int to,
      float[] state,
      int stateOffset);

  /**
   * Adds a block of values to four rows' weighted sums: {@code out[r][d] = out[r][d] · rescale[r] +
   * Σ_j probabilities[r][j] · values[j][d]}.
   *
   * @param probabilities [4][BLOCK] at {@code probabilitiesOffset}
   * @param rescale [4] at {@code rescaleOffset}
   * @param values [BLOCK][headDim] at {@code valuesOffset}
   * @param out [4][headDim] at {@code outOffset}, updated
   */
  void accumulate(
      float[] probabilities,
      int probabilitiesOffset,
      float[] rescale,
      int rescaleOffset,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] out,
      int outOffset);
}
