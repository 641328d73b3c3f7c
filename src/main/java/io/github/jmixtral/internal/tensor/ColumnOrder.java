package io.github.jmixtral.internal.tensor;

import java.util.Arrays;

/**
 * An order of a matrix's columns. Example: {@code columns 2 0 1} puts column 2 first, and column 0
 * at position 1. Immutable.
 */
public final class ColumnOrder {
  private final int[] columns;
  private final int[] positions;

  /**
   * Takes the columns in their new order.
   *
   * @param columns each of 0 … length − 1 once
   * @throws IllegalArgumentException when a column is missing
   */
  public ColumnOrder(int[] columns) {
    this.columns = columns.clone();
    positions = new int[columns.length];
    Arrays.fill(positions, -1);
    for (int i = 0; i < columns.length; i++) {
      if (columns[i] < 0 || columns[i] >= columns.length || positions[columns[i]] >= 0) {
        throw new IllegalArgumentException(
            "an order of %d columns has each once, but %d at position %d is no column or stands twice"
                .formatted(columns.length, columns[i], i));
      }
      positions[columns[i]] = i;
    }
  }

  /** Number of columns. */
  public int size() {
    return columns.length;
  }

  /** The column at a position. */
  public int column(int position) {
    return columns[position];
  }

  /** The position of a column. */
  public int position(int column) {
    return positions[column];
  }

  /** The columns in order: a copy. */
  public int[] columns() {
    return columns.clone();
  }

  /** Copies a stretch of an input in this order: {@code out[i] = x[column(first + i)]}. */
  void gather(float[] x, int xOffset, int first, int count, float[] out) {
    for (int i = 0; i < count; i++) {
      out[i] = x[xOffset + columns[first + i]];
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ColumnOrder order && Arrays.equals(columns, order.columns);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(columns);
  }
}
