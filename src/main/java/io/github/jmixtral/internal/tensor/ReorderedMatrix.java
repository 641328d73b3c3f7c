package io.github.jmixtral.internal.tensor;

/**
 * Quantised weights whose columns are stored in another order, so that columns of one scale are
 * neighbours: position {@code p} of the tiles is column {@code order.column(p)}. A product puts its
 * input into that order when it rounds it.
 *
 * @param tiles the weights, in the order
 * @param order which column is where
 */
public record ReorderedMatrix(TiledMatrix tiles, ColumnOrder order) implements WeightMatrix {

  /** Checks that the order is one of the matrix's columns. */
  public ReorderedMatrix {
    if (order.size() != tiles.cols()) {
      throw new IllegalArgumentException(
          "the order has %2$d columns, but the matrix %1$d".formatted(tiles.cols(), order.size()));
    }
  }

  @Override
  public int rows() {
    return tiles.rows();
  }

  @Override
  public int cols() {
    return tiles.cols();
  }

  @Override
  public long byteSize() {
    return tiles.byteSize();
  }
}
