package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.FloatFormat;
import java.lang.foreign.MemorySegment;

/**
 * Weights of 16 or 32 bits, used in place.
 *
 * @param format of an element
 * @param data the elements, row-major, little-endian, exactly rows · cols of them
 * @param rows number of outputs
 * @param cols number of inputs
 */
public record FloatMatrix(FloatFormat format, MemorySegment data, int rows, int cols)
    implements WeightMatrix {

  /** Checks that the segment holds the matrix and nothing else. */
  public FloatMatrix {
    long expected = (long) rows * cols * format.byteSize();
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "a matrix [%d, %d] takes %d bytes, not %d"
              .formatted(rows, cols, expected, data.byteSize()));
    }
  }

  @Override
  public long byteSize() {
    return data.byteSize();
  }
}
