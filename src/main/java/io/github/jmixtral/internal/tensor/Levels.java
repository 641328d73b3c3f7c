package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import java.util.Optional;

/**
 * The integers behind encoded weights, in groups of {@value QuantizedKernels#GROUP} columns with a
 * scale for each row and group: {@code W[row, c] = scale(row, c / 32) · level(row, c)}, rounded to
 * single precision. An encoding with larger groups gives each part of 32 columns the same scale;
 * one with smaller groups has no levels. A zero point is subtracted from the levels already.
 *
 * <p>Where groups are not made of neighbours, {@link #columnOrder} sorts the columns by group:
 * levels and scales are then given in that order.
 *
 * <p>Safe to use from several threads at once.
 */
public interface Levels {

  /**
   * Reads the levels of a stretch of a row.
   *
   * @param row 0 … rows − 1
   * @param col first column, in the order of {@link #columnOrder}
   * @param count how many columns
   * @param out [count] from {@code outOffset} on
   */
  void read(int row, int col, int count, int[] out, int outOffset);

  /**
   * The scale of a row's group.
   *
   * @param group number of 32 columns, in the order of {@link #columnOrder}
   */
  float scale(int row, int group);

  /** A bound that no level is below, whether or not one reaches it. */
  int lowest();

  /** A bound that no level is above. */
  int highest();

  /**
   * The zero point that a row's group had: {@code level + zero} is the integer that was stored.
   *
   * @param group number of 32 columns, in the order of {@link #columnOrder}
   */
  default int zero(int row, int group) {
    return 0;
  }

  /** A bound that no stored integer is below. */
  default int lowestInteger() {
    return lowest();
  }

  /** A bound that no stored integer is above. */
  default int highestInteger() {
    return highest();
  }

  /**
   * How many neighbouring groups always share a scale and a zero point: a part of all groups, such
   * as 4 where groups of 128 columns are stored.
   */
  default int groupsOfZero() {
    return 1;
  }

  /** In which order the columns form groups; empty: as they are. */
  default Optional<ColumnOrder> columnOrder() {
    return Optional.empty();
  }
}
