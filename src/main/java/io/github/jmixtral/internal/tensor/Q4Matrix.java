package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * 4-bit weights in tiles, 4.5 bits a weight with their scales.
 *
 * @param data the tiles, as {@link QuantizedKernels} describes them
 * @param rows number of outputs
 * @param cols number of inputs, a multiple of 32
 */
public record Q4Matrix(MemorySegment data, int rows, int cols) implements QuantizedMatrix {

  /** Checks that the segment holds the matrix and nothing else. */
  public Q4Matrix {
    long expected = byteSize(rows, cols);
    if (cols % QuantizedKernels.GROUP != 0 || data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "a matrix [%d, %d] takes %d bytes and columns in groups of %d, not %d bytes"
              .formatted(rows, cols, expected, QuantizedKernels.GROUP, data.byteSize()));
    }
  }

  /** A matrix to fill. */
  public static Q4Matrix allocate(Arena arena, int rows, int cols) {
    return new Q4Matrix(arena.allocate(byteSize(rows, cols), ALIGNMENT), rows, cols);
  }

  /** Bytes of a matrix of this shape. */
  public static long byteSize(int rows, int cols) {
    return (long) QuantizedMatrix.tiles(rows)
        * (cols / QuantizedKernels.GROUP)
        * QuantizedKernels.TILE_BYTES_4;
  }

  @Override
  public int tileBytes() {
    return QuantizedKernels.TILE_BYTES_4;
  }

  @Override
  public long byteSize() {
    return data.byteSize();
  }
}
