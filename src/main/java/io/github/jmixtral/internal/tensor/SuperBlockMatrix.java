package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.SuperBlockFields;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Weights of 2 to 6 bits with integer scales in super-blocks of 256 columns.
 *
 * @param format bits of a level
 * @param data the blocks of tiles, as {@link SuperBlockKernels} describes them
 * @param rows number of outputs
 * @param cols number of inputs, a multiple of 32
 */
public record SuperBlockMatrix(SuperBlockFormat format, MemorySegment data, int rows, int cols)
    implements WeightMatrix {

  /** Checks that the segment holds the matrix and nothing else. */
  public SuperBlockMatrix {
    long expected = byteSize(format, rows, cols);
    if (cols % QuantizedKernels.GROUP != 0 || data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "a matrix [%d, %d] takes %d bytes and columns in groups of %d, not %d bytes"
              .formatted(rows, cols, expected, QuantizedKernels.GROUP, data.byteSize()));
    }
  }

  /** A matrix to fill. */
  public static SuperBlockMatrix allocate(
      Arena arena, SuperBlockFormat format, int rows, int cols) {
    MemorySegment data = arena.allocate(byteSize(format, rows, cols), TiledMatrix.ALIGNMENT);
    return new SuperBlockMatrix(format, data, rows, cols);
  }

  /** Bytes of a matrix of this shape. */
  public static long byteSize(SuperBlockFormat format, int rows, int cols) {
    return format.byteSize(QuantizedMatrix.tiles(rows), cols / QuantizedKernels.GROUP);
  }

  @Override
  public long byteSize() {
    return data.byteSize();
  }

  /** Groups of 32 columns. */
  int groups() {
    return cols / QuantizedKernels.GROUP;
  }

  /** Super-blocks of a row, the last one perhaps shorter. */
  int superBlocks() {
    return (cols + SuperBlockKernels.COLUMNS - 1) / SuperBlockKernels.COLUMNS;
  }

  /** Tiles of 16 rows, the last one filled up with rows of zeros. */
  int tiles() {
    return QuantizedMatrix.tiles(rows);
  }

  /** Tiles of the block that begins at a tile. */
  int tilesOfBlock(int firstTile) {
    return Math.min(QuantizedKernels.BLOCK, tiles() - firstTile);
  }

  /** Byte offset of the block that begins at a tile. */
  long blockOffset(int firstTile) {
    return format.byteSize(firstTile, groups());
  }

  /** Byte offset of a super-block of the block that begins at a tile. */
  long superBlockOffset(int firstTile, int superBlock) {
    int groups = superBlock * SuperBlockKernels.GROUPS;
    return blockOffset(firstTile) + format.byteSize(tilesOfBlock(firstTile), groups);
  }

  /** Byte offset of a tile's header in a super-block. */
  long headerOffset(int tile, int superBlock) {
    int first = tile - tile % QuantizedKernels.BLOCK;
    return superBlockOffset(first, superBlock) + (long) (tile - first) * format.headerBytes();
  }

  /** Byte offset of a tile's levels in a group of 32 columns. */
  long levelsOffset(int tile, int group) {
    int first = tile - tile % QuantizedKernels.BLOCK;
    int tiles = tilesOfBlock(first);
    return superBlockOffset(first, group / SuperBlockKernels.GROUPS)
        + (long) tiles * format.headerBytes()
        + (long) (group % SuperBlockKernels.GROUPS) * tiles * format.groupBytes()
        + (long) (tile - first) * format.groupBytes();
  }

  /**
   * Reads a stretch of a row: each weight is d · scale · level − dmin · minimum, rounded once,
   * where there are minima.
   */
  void read(int row, int col, int count, float[] out, int outOffset) {
    int tile = row / QuantizedKernels.ROWS;
    int inner = row % QuantizedKernels.ROWS;
    int columns = format.scaleColumns();
    for (int from = col; from < col + count; ) {
      int to = Math.min(from - from % columns + columns, col + count);
      long header = headerOffset(tile, from / SuperBlockKernels.COLUMNS);
      long levels = levelsOffset(tile, from / QuantizedKernels.GROUP);
      int number = from % SuperBlockKernels.COLUMNS / columns;
      float scale =
          SuperBlockFields.superScale(data, header, inner)
              * SuperBlockFields.scale(format, data, header, inner, number);
      float minimum =
          format.hasMinima()
              ? SuperBlockFields.superMinimum(data, header, inner)
                  * SuperBlockFields.minimum(format, data, header, inner, number)
              : 0;
      for (; from < to; from++) {
        int c = from % QuantizedKernels.GROUP;
        float product = scale * SuperBlockFields.level(format, data, levels, inner, c);
        out[outOffset + from - col] = format.hasMinima() ? product - minimum : product;
      }
    }
  }
}
