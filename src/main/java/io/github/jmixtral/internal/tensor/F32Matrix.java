package io.github.jmixtral.internal.tensor;

import java.lang.foreign.MemorySegment;

/**
 * IEEE 754 single-precision weights, used in place.
 *
 * @param data the elements, row-major, little-endian, exactly rows · cols · 4 bytes
 * @param rows number of outputs
 * @param cols number of inputs
 */
public record F32Matrix(MemorySegment data, int rows, int cols) implements WeightMatrix {

  /** Checks that the segment holds the matrix and nothing else. */
  public F32Matrix {
    long expected = 4L * rows * cols;
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "a matrix ["
              + rows
              + ", "
              + cols
              + "] takes "
              + expected
              + " bytes, not "
              + data.byteSize());
    }
  }

  @Override
  public long byteSize() {
    return data.byteSize();
  }
}
