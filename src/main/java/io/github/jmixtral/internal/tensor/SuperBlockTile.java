package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The numbers of a tile's 16 rows in one super-block, to be filled in and put into a matrix. */
final class SuperBlockTile {
  private static final int ROWS = QuantizedKernels.ROWS;
  private static final int GROUP = QuantizedKernels.GROUP;
  private static final int COLUMNS = SuperBlockKernels.COLUMNS;

  private static final int NIBBLE = 4;

  // The lowest bits of each byte.
  private static final long ONE_BIT = 0x0101010101010101L;
  private static final long TWO_BITS = 0x0303030303030303L;

  /** The lower nibbles of every other byte. */
  private static final long EVEN_NIBBLES = 0x000F000F000F000FL;

  private static final long GATHER = 1L << 48 | 1L << 36 | 1L << 24 | 1L << 12;

  private final SuperBlockFormat format;
  private final byte[][] levels = new byte[ROWS][COLUMNS];
  private final byte[][] scales = new byte[ROWS][COLUMNS / 16];
  private final byte[][] minima = new byte[ROWS][COLUMNS / 16];
  private final short[][] halves = new short[ROWS][2];
  private final byte[] header;

  /** Levels as a matrix has them: [groups][ints of a group], an int for each row. */
  private final int[] planes;

  private final int groupInts;

  /** Rows of zeros. */
  SuperBlockTile(SuperBlockFormat format) {
    this.format = format;
    header = new byte[format.headerBytes()];
    groupInts = format.groupBytes() / Integer.BYTES;
    planes = new int[SuperBlockKernels.GROUPS * groupInts];
  }

  /** A row's levels [256] as stored: 0 … 2ᵇ − 1. */
  byte[] levels(int row) {
    return levels[row];
  }

  /** A row's integer scales. */
  byte[] scales(int row) {
    return scales[row];
  }

  /** A row's integer minima. */
  byte[] minima(int row) {
    return minima[row];
  }

  /** A row's d and dmin, in half precision. */
  short[] halves(int row) {
    return halves[row];
  }

  /**
   * Puts the numbers where a matrix has them.
   *
   * @param number of the tile
   */
  void put(SuperBlockMatrix target, int number, int superBlock) {
    putHeader(target.data(), target.headerOffset(number, superBlock));
    int firstGroup = superBlock * SuperBlockKernels.GROUPS;
    int groups = Math.min(SuperBlockKernels.GROUPS, target.groups() - firstGroup);
    for (int r = 0; r < ROWS; r++) {
      putLevels(levels[r], r);
    }
    for (int g = 0; g < groups; g++) {
      long at = target.levelsOffset(number, firstGroup + g);
      MemorySegment.copy(planes, g * groupInts, target.data(), LittleEndian.INT, at, groupInts);
    }
  }

  private void putHeader(MemorySegment data, long at) {
    for (int r = 0; r < ROWS; r++) {
      LittleEndian.setShort(header, r * Short.BYTES, halves[r][0]);
      if (format.hasMinima()) {
        int minimumAt = QuantizedKernels.SCALE_BYTES + r * Short.BYTES;
        LittleEndian.setShort(header, minimumAt, halves[r][1]);
      }
    }
    for (int k = 0; k < COLUMNS / format.scaleColumns(); k += Integer.BYTES) {
      for (int r = 0; r < ROWS; r++) {
        // Four bytes to an int, 16 rows' ints after each other.
        int offset = k * ROWS + r * Integer.BYTES;
        int four = LittleEndian.getInt(scales[r], k);
        switch (format) {
          case Q2 -> four |= LittleEndian.getInt(minima[r], k) << NIBBLE;
          case Q3, Q6 -> {}
          case Q4, Q5 ->
              LittleEndian.setInt(
                  header, format.minimaOffset() + offset, LittleEndian.getInt(minima[r], k));
        }
        LittleEndian.setInt(header, format.scalesOffset() + offset, four);
      }
    }
    MemorySegment.copy(header, 0, data, ValueLayout.JAVA_BYTE, at, header.length);
  }

  /** The planes of a row: eight levels at a time, a byte of a long for each. */
  private void putLevels(byte[] row, int lane) {
    switch (format) {
      case Q2 -> putTwoBits(row, 0, lane);
      case Q3 -> {
        putTwoBits(row, 0, lane);
        putBit(row, 2, lane + 2 * ROWS);
      }
      case Q4 -> putNibbles(row, lane);
      case Q5 -> {
        putNibbles(row, lane);
        putBit(row, NIBBLE, lane + 4 * ROWS);
      }
      case Q6 -> {
        putNibbles(row, lane);
        putTwoBits(row, NIBBLE, lane + 4 * ROWS);
      }
    }
  }

  /** Four ints of a group: one for each 8 columns. */
  private void putNibbles(byte[] row, int lane) {
    for (int col = 0; col < COLUMNS; col += GROUP) {
      int to = col / GROUP * groupInts + lane;
      for (int j = 0; j < 4; j++) {
        planes[to + j * ROWS] = shorts(LittleEndian.getLong(row, col + 8 * j));
      }
    }
  }

  /** Two ints of a group: each has 2 bits of twice 8 columns. */
  private void putTwoBits(byte[] row, int shift, int lane) {
    for (int col = 0; col < COLUMNS; col += GROUP) {
      int to = col / GROUP * groupInts + lane;
      for (int j = 0; j < 2; j++) {
        long lower = LittleEndian.getLong(row, col + 16 * j) >>> shift & TWO_BITS;
        long upper = LittleEndian.getLong(row, col + 16 * j + 8) >>> shift & TWO_BITS;
        planes[to + j * ROWS] = shorts(lower | upper << 2);
      }
    }
  }

  /** One int of a group: it has a bit of four times 8 columns. */
  private void putBit(byte[] row, int shift, int lane) {
    for (int col = 0; col < COLUMNS; col += GROUP) {
      long bits = 0;
      for (int j = 0; j < 4; j++) {
        bits |= (LittleEndian.getLong(row, col + 8 * j) >>> shift & ONE_BIT) << j;
      }
      planes[col / GROUP * groupInts + lane] = shorts(bits);
    }
  }

  /**
   * Two shorts, the first one of the lower nibbles of bytes 0, 2, 4 and 6, the second one of those
   * of 1, 3, 5 and 7. A product with {@link #GATHER} has such four bytes' nibbles, 16 bits apart,
   * next to each other at its top, and no carry into them.
   */
  private static int shorts(long bytes) {
    long even = (bytes & EVEN_NIBBLES) * GATHER >>> 48;
    long odd = (bytes >>> Byte.SIZE & EVEN_NIBBLES) * GATHER >>> 48;
    return (int) (even | odd << Short.SIZE);
  }
}
