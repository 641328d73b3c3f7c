package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.internal.format.TensorEntry;
import java.util.List;

/**
 * The scales of a matrix, one for the whole, for each row, for each row and group of columns, or
 * for each block of rows and columns: the shape of their tensor decides.
 *
 * @param scales where they lie
 * @param blockRows rows that share a scale
 * @param blockCols columns that share a scale
 * @param perRow scales from one block of rows to the next
 */
record ScaleGrid(TensorEntry scales, int blockRows, int blockCols, int perRow) {

  /** Finds out how the scales of a matrix [rows, cols] lie. */
  static ScaleGrid of(TensorEntry scales, int rows, int cols, QuantizationSettings settings) {
    List<Long> shape = scales.shape();
    int blockRows = settings.blockRows();
    int blockCols = settings.blockColumns();
    if (shape.isEmpty() || shape.stream().allMatch(size -> size == 1)) {
      return new ScaleGrid(scales, rows, cols, 1);
    }
    if (blockRows > 0 && blockCols > 0) {
      int across = (cols + blockCols - 1) / blockCols;
      if (shape.equals(List.of((long) (rows + blockRows - 1) / blockRows, (long) across))) {
        return new ScaleGrid(scales, blockRows, blockCols, across);
      }
    }
    if (shape.equals(List.of((long) rows))) {
      return new ScaleGrid(scales, 1, cols, 1);
    }
    if (shape.size() == 2
        && shape.getFirst() == rows
        && shape.getLast() >= 1
        && shape.getLast() <= cols) {
      int count = Math.toIntExact(shape.getLast());
      return new ScaleGrid(scales, 1, (cols + count - 1) / count, count).checked(cols);
    }
    throw Companions.wrongShape(
        scales,
        blockRows > 0
            ? "one scale for each block of %d × %d of [%d, %d]"
                .formatted(blockRows, blockCols, rows, cols)
            : "one scale, or [" + rows + "] or [" + rows + ", groups] of them");
  }

  private ScaleGrid checked(int cols) {
    if ((cols + blockCols - 1) / blockCols != perRow) {
      throw Companions.wrongShape(
          scales, "scales of groups that " + cols + " columns can be cut into");
    }
    return this;
  }

  /** Where a scale lies, in elements. */
  long index(int row, int group) {
    return (long) (row / blockRows) * perRow + group;
  }

  /** The scale of a row's group of columns. */
  float get(int row, int group) {
    return Elements.real(scales, index(row, group));
  }
}
