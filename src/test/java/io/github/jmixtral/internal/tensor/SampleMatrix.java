package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.Samples.NumberFormat;
import java.lang.foreign.MemorySegment;

/** Sample weights as the record of their number format. */
final class SampleMatrix {

  private SampleMatrix() {}

  static WeightMatrix of(NumberFormat format, MemorySegment data, int rows, int cols) {
    return new FloatMatrix(format.kernels(), data, rows, cols);
  }

  static WeightMatrix random(NumberFormat format, long seed, int rows, int cols) {
    return of(format, format.weights(seed, rows, cols), rows, cols);
  }
}
