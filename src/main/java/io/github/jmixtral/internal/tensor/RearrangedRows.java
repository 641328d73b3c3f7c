package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.FloatFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Weights of 16 or 32 bits that lie in another order than a matrix's: as rows in another order, or
 * transposed. Nothing but their place changes: copies have the same bits.
 */
public final class RearrangedRows implements RowDecoder {
  // Copies keep the bytes as they are, whatever their order.
  private static final ValueLayout.OfShort TWO_BYTES = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt FOUR_BYTES = ValueLayout.JAVA_INT_UNALIGNED;

  /**
   * Rows and columns that are transposed together: 64 elements are one or a few cache lines on
   * either side, and the square of them stays in the first cache.
   */
  private static final int SQUARE = 64;

  private final MemorySegment data;
  private final FloatFormat format;
  private final int rows;
  private final int cols;
  private final Arrangement arrangement;

  /** Where row and column of the matrix lie. */
  private sealed interface Arrangement {
    /** Whole rows [rows, cols], in another order; of each head, those that rotate together. */
    record NeighbourRotation(int headDim) implements Arrangement {
      /** Row {@code i + j · headDim / 2} of a head is stored as its row {@code 2 i + j}. */
      int storedRow(int row) {
        int half = headDim / 2;
        int inHead = row % headDim;
        return row - inHead + 2 * (inHead % half) + inHead / half;
      }
    }

    /** The matrix [cols, rows]. */
    record Transposed() implements Arrangement {}
  }

  private RearrangedRows(
      MemorySegment data, FloatFormat format, int rows, int cols, Arrangement arrangement) {
    long expected = (long) rows * cols * format.byteSize();
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "a matrix [%d, %d] takes %d bytes, not %d"
              .formatted(rows, cols, expected, data.byteSize()));
    }
    this.data = data;
    this.format = format;
    this.rows = rows;
    this.cols = cols;
    this.arrangement = arrangement;
  }

  /**
   * A query or key projection whose stored heads rotate neighbouring elements, as Mistral AI's own
   * files have it; the matrix rotates the halves of a head, as the Hub's files do. Example: of a
   * head of 4, the stored rows {@code 0 1 2 3} become {@code 0 2 1 3}.
   *
   * @param data elements [rows, cols], row-major, little-endian
   * @param headDim rows of a head, an even number
   */
  public static EncodedMatrix ofNeighbourRotation(
      MemorySegment data, FloatFormat format, int rows, int cols, int headDim) {
    return new RearrangedRows(data, format, rows, cols, new Arrangement.NeighbourRotation(headDim))
        .matrix();
  }

  /**
   * A matrix [rows, cols] that is stored transposed.
   *
   * @param data elements [cols, rows], row-major, little-endian
   */
  public static EncodedMatrix ofTransposed(
      MemorySegment data, FloatFormat format, int rows, int cols) {
    return new RearrangedRows(data, format, rows, cols, new Arrangement.Transposed()).matrix();
  }

  private EncodedMatrix matrix() {
    return new EncodedMatrix(rows, cols, data.byteSize(), format, this);
  }

  /** The matrix in its own order, in memory of the arena. */
  public WeightMatrix copy(Arena arena) {
    MemorySegment target = arena.allocate(data.byteSize(), 64);
    copyRows(0, rows, target);
    return new FloatMatrix(format, target, rows, cols);
  }

  /**
   * Copies rows in their own order, bit for bit.
   *
   * @param firstRow the first of them
   * @param count how many; a multiple of 64 is fastest
   * @param target receives [count, cols]
   */
  public void copyRows(int firstRow, int count, MemorySegment target) {
    switch (arrangement) {
      case Arrangement.NeighbourRotation order -> {
        long rowBytes = (long) cols * format.byteSize();
        for (int i = 0; i < count; i++) {
          long source = order.storedRow(firstRow + i) * rowBytes;
          MemorySegment.copy(data, source, target, i * rowBytes, rowBytes);
        }
      }
      case Arrangement.Transposed _ -> {
        switch (format) {
          case F32 -> transpose4(firstRow, count, target);
          case F16, BF16 -> transpose2(firstRow, count, target);
        }
      }
    }
  }

  private void transpose2(int firstRow, int count, MemorySegment target) {
    short[] square = new short[SQUARE * SQUARE];
    short[] line = new short[SQUARE];
    for (int row = 0; row < count; row += SQUARE) {
      int height = Math.min(SQUARE, count - row);
      for (int col = 0; col < cols; col += SQUARE) {
        int width = Math.min(SQUARE, cols - col);
        for (int c = 0; c < width; c++) {
          long from = stored(firstRow + row, col + c) * Short.BYTES;
          MemorySegment.copy(data, TWO_BYTES, from, square, c * SQUARE, height);
        }
        for (int r = 0; r < height; r++) {
          for (int c = 0; c < width; c++) {
            line[c] = square[c * SQUARE + r];
          }
          long to = ((long) (row + r) * cols + col) * Short.BYTES;
          MemorySegment.copy(line, 0, target, TWO_BYTES, to, width);
        }
      }
    }
  }

  private void transpose4(int firstRow, int count, MemorySegment target) {
    int[] square = new int[SQUARE * SQUARE];
    int[] line = new int[SQUARE];
    for (int row = 0; row < count; row += SQUARE) {
      int height = Math.min(SQUARE, count - row);
      for (int col = 0; col < cols; col += SQUARE) {
        int width = Math.min(SQUARE, cols - col);
        for (int c = 0; c < width; c++) {
          long from = stored(firstRow + row, col + c) * Integer.BYTES;
          MemorySegment.copy(data, FOUR_BYTES, from, square, c * SQUARE, height);
        }
        for (int r = 0; r < height; r++) {
          for (int c = 0; c < width; c++) {
            line[c] = square[c * SQUARE + r];
          }
          long to = ((long) (row + r) * cols + col) * Integer.BYTES;
          MemorySegment.copy(line, 0, target, FOUR_BYTES, to, width);
        }
      }
    }
  }

  @Override
  public void decode(int row, int col, int count, float[] out, int outOffset) {
    for (int i = 0; i < count; i++) {
      out[outOffset + i] = format.get(data, stored(row, col + i));
    }
  }

  /** The element's place among the stored ones. */
  private long stored(int row, int col) {
    return switch (arrangement) {
      case Arrangement.NeighbourRotation order -> (long) order.storedRow(row) * cols + col;
      case Arrangement.Transposed _ -> (long) col * rows + row;
    };
  }
}
