package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.tensor.ColumnOrder;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.Levels;
import io.github.jmixtral.internal.tensor.RowDecoder;
import java.util.IntSummaryStatistics;
import java.util.Optional;

/** Integer weights as floats, and as levels where their groups are whole tiles. */
final class IntegerMatrix implements RowDecoder, Levels {
  private final IntegerWeights weights;
  private final ColumnGroups groups;
  private final int rows;
  private final Optional<ColumnOrder> order;

  private IntegerMatrix(IntegerWeights weights, ColumnGroups groups, int rows) {
    this.weights = weights;
    this.groups = groups;
    this.rows = rows;
    this.order = groups.order();
  }

  /**
   * The matrix of some integer weights.
   *
   * @param byteSize bytes of all of the weight's tensors
   */
  static EncodedMatrix of(
      IntegerWeights weights, ColumnGroups groups, int rows, int cols, long byteSize) {
    IntegerMatrix matrix = new IntegerMatrix(weights, groups, rows);
    return new EncodedMatrix(
        rows,
        cols,
        byteSize,
        FloatFormat.F32,
        matrix,
        groups.areWholeTiles(matrix.order) ? Optional.of(matrix) : Optional.empty());
  }

  @Override
  public void decode(int row, int col, int count, float[] out, int outOffset) {
    int group = -1;
    int zero = 0;
    float scale = 0;
    for (int i = 0; i < count; i++) {
      int ofColumn = groups.of(col + i);
      if (ofColumn != group) {
        group = ofColumn;
        zero = weights.zero(row, group);
        scale = weights.scale(row, group);
      }
      out[outOffset + i] = scale * (weights.integer(row, col + i) - zero);
    }
  }

  @Override
  public void read(int row, int col, int count, int[] out, int outOffset) {
    int group = -1;
    int zero = 0;
    for (int i = 0; i < count; i++) {
      int column = columnAt(col + i);
      int ofColumn = groups.of(column);
      if (ofColumn != group) {
        group = ofColumn;
        zero = weights.zero(row, group);
      }
      out[outOffset + i] = weights.integer(row, column) - zero;
    }
  }

  @Override
  public float scale(int row, int group) {
    return weights.scale(row, groups.of(columnAt(group * QuantizedKernels.GROUP)));
  }

  @Override
  public int lowest() {
    return weights.lowestInteger() - zeros().getMax();
  }

  @Override
  public int highest() {
    return weights.highestInteger() - zeros().getMin();
  }

  @Override
  public int zero(int row, int group) {
    return weights.zero(row, groups.of(columnAt(group * QuantizedKernels.GROUP)));
  }

  @Override
  public int lowestInteger() {
    return weights.lowestInteger();
  }

  @Override
  public int highestInteger() {
    return weights.highestInteger();
  }

  @Override
  public int groupsOfZero() {
    return groups.tilesOfGroup(order);
  }

  @Override
  public Optional<ColumnOrder> columnOrder() {
    return order;
  }

  private IntSummaryStatistics zeros() {
    IntSummaryStatistics zeros = new IntSummaryStatistics();
    for (int group = 0; group < groups.count(); group++) {
      for (int row = 0; row < rows; row++) {
        zeros.accept(weights.zero(row, group));
      }
    }
    return zeros;
  }

  private int columnAt(int position) {
    return order.isPresent() ? order.get().column(position) : position;
  }
}
