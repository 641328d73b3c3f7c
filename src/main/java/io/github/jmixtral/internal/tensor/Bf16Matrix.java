package io.github.jmixtral.internal.tensor;

import java.lang.foreign.MemorySegment;

/**
 * bfloat16 weights (the upper half of a single-precision float), used in place.
 *
 * @param data the elements, row-major, little-endian, exactly rows · cols · 2 bytes
 * @param rows number of outputs
 * @param cols number of inputs
 */
public record Bf16Matrix(MemorySegment data, int rows, int cols) implements WeightMatrix {

  /** Checks that the segment holds the matrix and nothing else. */
  public Bf16Matrix {
    long expected = 2L * rows * cols;
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
