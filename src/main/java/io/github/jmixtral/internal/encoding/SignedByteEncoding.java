package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import java.util.Optional;
import java.util.Set;

/**
 * The layout {@code int-quantized} of compressed-tensors:
 *
 * <pre>
 *   weight             I8 [rows, cols]
 *   weight_scale          [rows, groups], [rows, 1], [rows] or a single one
 *   weight_zero_point  I8 of the same shape; absent: zero
 *   weight_g_idx       I32 [cols], the group of each column; absent: neighbours
 * </pre>
 */
final class SignedByteEncoding implements IntegerWeights {
  private static final String ZERO_POINT = ".weight_zero_point";

  private final TensorEntry weight;
  private final ScaleGrid scales;
  private final Optional<TensorEntry> zeroPoints;
  private final int cols;

  private SignedByteEncoding(
      TensorEntry weight, ScaleGrid scales, Optional<TensorEntry> zeroPoints, int cols) {
    this.weight = weight;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
    this.cols = cols;
  }

  /** Reads a weight [rows, cols]. */
  static EncodedMatrix read(Companions tensors, int rows, int cols, QuantizationSettings settings) {
    TensorEntry weight = tensors.take(".weight", Set.of(Dtype.I8), rows, cols);
    TensorEntry scale = tensors.take(".weight_scale", Elements.FLOATS);
    ScaleGrid grid = ScaleGrid.of(scale, rows, cols, settings);
    Optional<TensorEntry> zeroPoints = Optional.empty();
    if (tensors.has(ZERO_POINT)) {
      TensorEntry zeros = tensors.take(ZERO_POINT, Set.of(Dtype.I8));
      if (!zeros.shape().equals(scale.shape())) {
        throw Companions.wrongShape(zeros, "the shape of the scales, " + scale.shape());
      }
      zeroPoints = Optional.of(zeros);
    }
    return IntegerMatrix.of(
        new SignedByteEncoding(weight, grid, zeroPoints, cols),
        grid.blockRows() == 1 && grid.perRow() > 1
            ? ColumnGroups.ofListOrNeighbours(tensors, cols, grid.perRow(), scale)
            : ColumnGroups.ofNeighbours(cols, grid.blockCols()),
        rows,
        cols,
        weight.data().byteSize() + scale.data().byteSize());
  }

  @Override
  public int integer(int row, int col) {
    return Elements.signedByte(weight.data(), (long) row * cols + col);
  }

  @Override
  public int zero(int row, int group) {
    return zeroPoints.isEmpty()
        ? 0
        : Elements.signedByte(zeroPoints.get().data(), scales.index(row, group));
  }

  @Override
  public float scale(int row, int group) {
    return scales.get(row, group);
  }

  @Override
  public int lowestInteger() {
    return Byte.MIN_VALUE;
  }

  @Override
  public int highestInteger() {
    return Byte.MAX_VALUE;
  }
}
