package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.MatrixKernels;

/** Weights as single-precision floats, for looking up an embedding and for unpacking panels. */
public final class WeightRows {

  private WeightRows() {}

  /** Copies one row, widened exactly: {@code out[outOffset + c] = W[row, c]}. */
  public static void read(
      MatrixKernels kernels, WeightMatrix weights, int row, float[] out, int outOffset) {
    unpack(kernels, weights, row, 0, out, outOffset, weights.cols());
  }

  /** Widens {@code count} elements of a row, from column {@code col} on. */
  static void unpack(
      MatrixKernels kernels,
      WeightMatrix weights,
      int row,
      int col,
      float[] out,
      int outOffset,
      int count) {
    long first = (long) row * weights.cols() + col;
    switch (weights) {
      case FloatMatrix(var format, var data, _, _) ->
          kernels.unpack(format, data, first, out, outOffset, count);
      case TiledMatrix tiles -> {
        for (int i = 0; i < count; i++) {
          out[outOffset + i] = Tiles.weight(tiles, row, col + i);
        }
      }
      case SuperBlockMatrix matrix -> matrix.read(row, col, count, out, outOffset);
      case ReorderedMatrix(var tiles, var order) -> {
        for (int i = 0; i < count; i++) {
          out[outOffset + i] = Tiles.weight(tiles, row, order.position(col + i));
        }
      }
      case EncodedMatrix encoded -> encoded.decoder().decode(row, col, count, out, outOffset);
    }
  }
}
