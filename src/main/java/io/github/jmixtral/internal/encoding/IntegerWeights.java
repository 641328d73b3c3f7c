package io.github.jmixtral.internal.encoding;

/**
 * Weights that are integers with a zero point and a scale for each row and group of columns: {@code
 * W[row, col] = scale(row, group) · (integer(row, col) − zero(row, group))}. The difference is
 * exact, the product rounded to single precision.
 */
interface IntegerWeights {

  /** A weight's integer. */
  int integer(int row, int col);

  /** A group's zero point. */
  int zero(int row, int group);

  /** A group's scale. */
  float scale(int row, int group);

  /** What no integer is below. */
  int lowestInteger();

  /** What no integer is above. */
  int highestInteger();
}
