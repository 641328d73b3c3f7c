package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import java.lang.foreign.MemorySegment;

/**
 * Weights of 4 or 8 bits with a scale for each row and group of 32 columns, in the tiles that
 * {@link QuantizedKernels} describes.
 */
public sealed interface QuantizedMatrix extends TiledMatrix permits Q4Matrix, Q8Matrix {

  /** The tiles. */
  MemorySegment data();

  @Override
  default QuantizedMatrix quantized() {
    return this;
  }

  /** Groups of 32 columns. */
  default int groups() {
    return cols() / QuantizedKernels.GROUP;
  }

  /** Tiles of 16 rows, the last one filled up with rows whose scale is zero. */
  default int tiles() {
    return tiles(rows());
  }

  /** Bytes of a tile. */
  int tileBytes();

  /** Byte offset of the block that begins at a tile: blocks lie one after the other. */
  default long blockOffset(int tile) {
    return (long) tile * groups() * tileBytes();
  }

  /** Byte offset of one tile. */
  default long tileOffset(int tile, int group) {
    int first = tile - tile % QuantizedKernels.BLOCK;
    return blockOffset(first) + group * groupBytes(tile) + (long) (tile - first) * tileBytes();
  }

  /** Bytes from one group of a tile to the next: all tiles of its block lie between. */
  default long groupBytes(int tile) {
    int first = tile - tile % QuantizedKernels.BLOCK;
    return (long) Math.min(QuantizedKernels.BLOCK, tiles() - first) * tileBytes();
  }

  /** Tiles of a matrix of so many rows. */
  static int tiles(int rows) {
    return (rows + QuantizedKernels.ROWS - 1) / QuantizedKernels.ROWS;
  }
}
