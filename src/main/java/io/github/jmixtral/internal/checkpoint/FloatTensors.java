package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Bfloat16;
import io.github.jmixtral.internal.format.LittleEndian;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.tensor.Bf16Matrix;
import io.github.jmixtral.internal.tensor.F16Matrix;
import io.github.jmixtral.internal.tensor.F32Matrix;
import io.github.jmixtral.internal.tensor.FloatFormat;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;

/** Tensors of 16 or 32 bits as weights. */
final class FloatTensors {

  private FloatTensors() {}

  /**
   * The format of a tensor's elements.
   *
   * @throws MalformedFileException when they are no floats of 16 or 32 bits
   */
  static FloatFormat format(TensorEntry tensor) {
    return switch (tensor.dtype()) {
      case F32 -> FloatFormat.F32;
      case F16 -> FloatFormat.F16;
      case BF16 -> FloatFormat.BF16;
      case F64, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U8, BOOL ->
          throw new MalformedFileException(
              tensor.place(), "dtype F32, F16 or BF16", tensor.dtype().name());
    };
  }

  /** A matrix [rows, cols] that a tensor, or a part of it, is. */
  static WeightMatrix matrix(TensorEntry tensor, MemorySegment data, int rows, int cols) {
    return switch (format(tensor)) {
      case F32 -> new F32Matrix(data, rows, cols);
      case F16 -> new F16Matrix(data, rows, cols);
      case BF16 -> new Bf16Matrix(data, rows, cols);
    };
  }

  /** A copy of the elements, widened exactly. */
  static float[] vector(TensorEntry tensor) {
    FloatFormat format = format(tensor);
    float[] vector = new float[Math.toIntExact(tensor.data().byteSize() / format.byteSize())];
    for (int i = 0; i < vector.length; i++) {
      vector[i] =
          switch (format) {
            case F32 -> tensor.data().getAtIndex(LittleEndian.FLOAT, i);
            case F16 -> Float.float16ToFloat(tensor.data().getAtIndex(LittleEndian.SHORT, i));
            case BF16 -> Bfloat16.toFloat(tensor.data().getAtIndex(LittleEndian.SHORT, i));
          };
    }
    return vector;
  }
}
