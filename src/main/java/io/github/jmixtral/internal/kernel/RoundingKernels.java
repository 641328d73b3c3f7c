package io.github.jmixtral.internal.kernel;

/**
 * Inner loops of rounding weights to few bits: for 16 rows of a group of 32 columns, the scale of
 * each row with which {@code Σ importance · (w − scale · q)²} is smallest, and the integers q.
 *
 * <p>A tile comes transposed, [32 columns][16 rows], so that a lane is a row and no sum crosses
 * lanes. Every operation is one that IEEE 754 rounds exactly, in a fixed order: the same bits on
 * vectors of any width.
 *
 * <p>Arguments are the caller's responsibility.
 */
public sealed interface RoundingKernels permits ScalarRoundingKernels, VectorRoundingKernels {

  /** Columns of a tile. */
  int COLUMNS = QuantizedKernels.GROUP;

  /** Rows of a tile. */
  int ROWS = QuantizedKernels.ROWS;

  /**
   * Searches a scale for each row. A candidate says which number the largest weight becomes; it
   * gives integers, these give the scale that fits them best by least squares, and the candidate
   * with the smallest error wins.
   *
   * @param weights [32][16]
   * @param importance of the 32 columns, from {@code importanceOffset} on, positive
   * @param candidates what the weight of largest absolute value is mapped to, not zero
   * @param lowest the smallest integer
   * @param highest the largest integer
   * @param scales [16], overwritten; 0 where all weights are
   */
  void searchScales(
      float[] weights,
      float[] importance,
      int importanceOffset,
      float[] candidates,
      float lowest,
      float highest,
      float[] scales);

  /**
   * Rounds to integers with given scales, and says what that costs.
   *
   * @param weights [32][16]
   * @param scales [16]; the integers of a scale 0 are 0
   * @param integers [32][16], overwritten with whole numbers
   * @param errors [16], overwritten with {@code Σ (w − scale · q)²}
   * @param squares [16], overwritten with {@code Σ w²}
   */
  void round(
      float[] weights,
      float[] scales,
      float lowest,
      float highest,
      float[] integers,
      float[] errors,
      float[] squares);
}
