package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.RowDecoder;
import java.util.Set;

/**
 * 8-bit floats with 4 exponent bits (bias 7), 3 mantissa bits and no infinities, times a scale:
 * {@code W = q · scale}. AutoFP8 has one {@code weight_scale} for each tensor, compressed-tensors
 * one for each row, transformers one {@code weight_scale_inv} for each block, which despite its
 * name is multiplied, too.
 */
final class Float8Encoding implements RowDecoder {
  private static final String WEIGHT = ".weight";
  private static final String ZERO_POINT = ".weight_zero_point";
  private static final float[] VALUES = values();

  private final TensorEntry weight;
  private final ScaleGrid scales;
  private final int cols;

  private Float8Encoding(TensorEntry weight, ScaleGrid scales, int cols) {
    this.weight = weight;
    this.scales = scales;
    this.cols = cols;
  }

  /** Reads a weight [rows, cols]. */
  static EncodedMatrix read(
      Companions tensors, String scaleSuffix, int rows, int cols, QuantizationSettings settings) {
    TensorEntry weight = tensors.take(WEIGHT, Set.of(Dtype.F8_E4M3), rows, cols);
    TensorEntry scale = tensors.take(scaleSuffix, Elements.FLOATS);
    ScaleGrid grid = ScaleGrid.of(scale, rows, cols, settings);
    refuseZeroPoints(tensors);
    return new EncodedMatrix(
        rows,
        cols,
        weight.data().byteSize() + scale.data().byteSize(),
        FloatFormat.F32,
        new Float8Encoding(weight, grid, cols));
  }

  /** A float needs none, but some packers write zeros. */
  private static void refuseZeroPoints(Companions tensors) {
    if (tensors.has(ZERO_POINT)) {
      TensorEntry zeros = tensors.take(ZERO_POINT, Set.of(Dtype.F8_E4M3, Dtype.I8));
      for (long i = 0; i < zeros.data().byteSize(); i++) {
        if (Elements.unsignedByte(zeros.data(), i) != 0) {
          throw new UnsupportedCheckpointException(
              zeros.place(), "zeros", "" + Elements.unsignedByte(zeros.data(), i));
        }
      }
    }
  }

  @Override
  public void decode(int row, int col, int count, float[] out, int outOffset) {
    long first = (long) row * cols + col;
    int group = -1;
    float scale = 0;
    for (int i = 0; i < count; i++) {
      int ofColumn = (col + i) / scales.blockCols();
      if (ofColumn != group) {
        group = ofColumn;
        scale = scales.get(row, group);
      }
      out[outOffset + i] = VALUES[Elements.unsignedByte(weight.data(), first + i)] * scale;
    }
  }

  private static float[] values() {
    float[] values = new float[256];
    for (int code = 0; code < values.length; code++) {
      int exponent = code >> 3 & 15;
      int mantissa = code & 7;
      float magnitude =
          exponent == 0
              ? Math.scalb((float) mantissa, -9)
              : Math.scalb((float) (8 + mantissa), exponent - 10);
      boolean number = (code & 0x7f) != 0x7f;
      values[code] = number ? Math.copySign(magnitude, code >= 128 ? -1f : 1f) : Float.NaN;
    }
    return values;
  }
}
