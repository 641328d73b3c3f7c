package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Weights of 4 or 8 bits with a scale for each row and group of 32 columns.
 *
 * @param format bits of a weight
 * @param data the tiles, as {@link QuantizedKernels} describes them
 * @param rows number of outputs
 * @param cols number of inputs, a multiple of 32
 */
public record QuantizedMatrix(TileFormat format, MemorySegment data, int rows, int cols)
    implements TiledMatrix {

  /** Checks that the segment holds the matrix and nothing else. */
  public QuantizedMatrix {
    long expected = byteSize(format, rows, cols);
    if (cols % QuantizedKernels.GROUP != 0 || data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "a matrix [%d, %d] takes %d bytes and columns in groups of %d, not %d bytes"
              .formatted(rows, cols, expected, QuantizedKernels.GROUP, data.byteSize()));
    }
  }

  /** A matrix to fill. */
  public static QuantizedMatrix allocate(Arena arena, TileFormat format, int rows, int cols) {
    MemorySegment data = arena.allocate(byteSize(format, rows, cols), ALIGNMENT);
    return new QuantizedMatrix(format, data, rows, cols);
  }

  /** Bytes of a matrix of this shape. */
  public static long byteSize(TileFormat format, int rows, int cols) {
    return (long) tiles(rows) * (cols / QuantizedKernels.GROUP) * format.tileBytes();
  }

  @Override
  public long byteSize() {
    return data.byteSize();
  }

  @Override
  public QuantizedMatrix quantized() {
    return this;
  }

  /** Groups of 32 columns. */
  public int groups() {
    return cols / QuantizedKernels.GROUP;
  }

  /** Tiles of 16 rows, the last one filled up with rows whose scale is zero. */
  public int tiles() {
    return tiles(rows);
  }

  /** Byte offset of the block that begins at a tile: blocks lie one after the other. */
  long blockOffset(int tile) {
    return (long) tile * groups() * format.tileBytes();
  }

  /** Byte offset of one tile. */
  long tileOffset(int tile, int group) {
    int first = tile - tile % QuantizedKernels.BLOCK;
    return blockOffset(first)
        + group * groupBytes(tile)
        + (long) (tile - first) * format.tileBytes();
  }

  /** Bytes from one group of a tile to the next: all tiles of its block lie between. */
  long groupBytes(int tile) {
    int first = tile - tile % QuantizedKernels.BLOCK;
    return (long) Math.min(QuantizedKernels.BLOCK, tiles() - first) * format.tileBytes();
  }

  /** Tiles of a matrix of that many rows. */
  public static int tiles(int rows) {
    return (rows + QuantizedKernels.ROWS - 1) / QuantizedKernels.ROWS;
  }
}
