package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.Levels;
import io.github.jmixtral.internal.tensor.RowDecoder;
import java.util.Optional;
import java.util.Set;

/**
 * The 8-bit format of bitsandbytes: {@code W[row, col] = q · SCB[row] / 127}, where both products
 * are rounded, and 1/127 is.
 *
 * <pre>
 *   weight         I8  [rows, cols]
 *   SCB            F32 [rows]
 *   weight_format  U8  []     0: row by row
 * </pre>
 */
final class RowwiseInt8Encoding implements RowDecoder, Levels {
  static final String SCALES = ".SCB";

  private static final String FORMAT = ".weight_format";
  private static final float ONE_BY_127 = 0.007874015718698502f;

  private final TensorEntry weight;
  private final TensorEntry scales;
  private final int cols;

  private RowwiseInt8Encoding(TensorEntry weight, TensorEntry scales, int cols) {
    this.weight = weight;
    this.scales = scales;
    this.cols = cols;
  }

  /** Reads a weight [rows, cols]. */
  static EncodedMatrix read(Companions tensors, int rows, int cols) {
    TensorEntry weight = tensors.take(".weight", Set.of(Dtype.I8), rows, cols);
    TensorEntry scales = tensors.take(SCALES, Set.of(Dtype.F32), rows);
    if (tensors.has(FORMAT)) {
      TensorEntry format = tensors.take(FORMAT, Set.of(Dtype.U8));
      int order = format.data().byteSize() == 0 ? 0 : Elements.unsignedByte(format.data(), 0);
      if (order != 0) {
        throw new UnsupportedCheckpointException(format.place(), "0, row by row", "" + order);
      }
    }
    RowwiseInt8Encoding encoding = new RowwiseInt8Encoding(weight, scales, cols);
    return new EncodedMatrix(
        rows,
        cols,
        weight.data().byteSize() + scales.data().byteSize(),
        FloatFormat.F32,
        encoding,
        cols % QuantizedKernels.GROUP == 0 ? Optional.of(encoding) : Optional.empty());
  }

  @Override
  public void decode(int row, int col, int count, float[] out, int outOffset) {
    float scale = Elements.real(scales, row);
    long first = (long) row * cols + col;
    for (int i = 0; i < count; i++) {
      float scaled = Elements.signedByte(weight.data(), first + i) * scale;
      out[outOffset + i] = scaled * ONE_BY_127;
    }
  }

  @Override
  public void read(int row, int col, int count, int[] out, int outOffset) {
    long first = (long) row * cols + col;
    for (int i = 0; i < count; i++) {
      out[outOffset + i] = Elements.signedByte(weight.data(), first + i);
    }
  }

  @Override
  public float scale(int row, int group) {
    return Elements.real(scales, row) * ONE_BY_127;
  }

  @Override
  public int lowest() {
    return Byte.MIN_VALUE;
  }

  @Override
  public int highest() {
    return Byte.MAX_VALUE;
  }
}
