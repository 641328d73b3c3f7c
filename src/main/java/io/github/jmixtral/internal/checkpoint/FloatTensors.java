package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.tensor.FloatMatrix;
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
    return tensor
        .dtype()
        .floatFormat()
        .orElseThrow(
            () ->
                new MalformedFileException(
                    tensor.place(), "dtype F32, F16 or BF16", tensor.dtype().name()));
  }

  /** A matrix [rows, cols] that a tensor, or a part of it, is. */
  static WeightMatrix matrix(TensorEntry tensor, MemorySegment data, int rows, int cols) {
    return new FloatMatrix(format(tensor), data, rows, cols);
  }

  /** A copy of the elements, widened exactly. */
  static float[] vector(TensorEntry tensor) {
    FloatFormat format = format(tensor);
    float[] vector = new float[Math.toIntExact(tensor.data().byteSize() / format.byteSize())];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = format.get(tensor.data(), i);
    }
    return vector;
  }
}
