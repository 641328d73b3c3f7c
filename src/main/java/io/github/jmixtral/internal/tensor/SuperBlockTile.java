package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** The numbers of a tile's 16 rows in one super-block, to be filled in and put into a matrix. */
final class SuperBlockTile {
  private static final int ROWS = QuantizedKernels.ROWS;
  private static final int GROUP = QuantizedKernels.GROUP;
  private static final int COLUMNS = SuperBlockKernels.COLUMNS;

  /** Shorts of a plane's row: two for each row of the tile. */
  private static final int LANES = 2 * ROWS;

  private static final int NIBBLES = 4;

  private final SuperBlockFormat format;
  private final byte[][] levels = new byte[ROWS][COLUMNS];
  private final byte[][] scales = new byte[ROWS][COLUMNS / 16];
  private final byte[][] minima = new byte[ROWS][COLUMNS / 16];
  private final short[][] halves = new short[ROWS][2];
  private final short[] planes;

  /** Rows of zeros. */
  SuperBlockTile(SuperBlockFormat format) {
    this.format = format;
    planes = new short[format.groupBytes() / Short.BYTES];
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
    for (int g = 0; g < groups; g++) {
      putLevels(target.data(), target.levelsOffset(number, firstGroup + g), g * GROUP);
    }
  }

  private void putHeader(MemorySegment data, long at) {
    for (int r = 0; r < ROWS; r++) {
      data.set(LittleEndian.SHORT, at + (long) r * Short.BYTES, halves[r][0]);
    }
    if (format.hasMinima()) {
      for (int r = 0; r < ROWS; r++) {
        long minimumAt = at + QuantizedKernels.SCALE_BYTES + (long) r * Short.BYTES;
        data.set(LittleEndian.SHORT, minimumAt, halves[r][1]);
      }
    }
    long scalesAt = at + format.scalesOffset();
    switch (format) {
      case Q2 -> {
        byte[] both = new byte[COLUMNS / 16];
        for (int r = 0; r < ROWS; r++) {
          for (int k = 0; k < both.length; k++) {
            both[k] = (byte) (scales[r][k] | minima[r][k] << NIBBLES);
          }
          putIntegers(data, scalesAt, r, both);
        }
      }
      case Q3, Q6 -> putIntegers(data, scalesAt, scales);
      case Q4, Q5 -> {
        putIntegers(data, scalesAt, scales);
        putIntegers(data, at + format.minimaOffset(), minima);
      }
    }
  }

  private void putIntegers(MemorySegment data, long at, byte[][] integers) {
    for (int r = 0; r < ROWS; r++) {
      putIntegers(data, at, r, integers[r]);
    }
  }

  /** Four bytes to an int, 16 rows' ints after each other. */
  private void putIntegers(MemorySegment data, long at, int row, byte[] integers) {
    int ints = COLUMNS / format.scaleColumns() / Integer.BYTES;
    for (int i = 0; i < ints; i++) {
      long to = at + ((long) i * ROWS + row) * Integer.BYTES;
      for (int b = 0; b < Integer.BYTES; b++) {
        data.set(ValueLayout.JAVA_BYTE, to + b, integers[i * Integer.BYTES + b]);
      }
    }
  }

  /** The planes of a group, from its first column in the super-block on. */
  private void putLevels(MemorySegment data, long at, int col) {
    Arrays.fill(planes, (short) 0);
    for (int r = 0; r < ROWS; r++) {
      switch (format) {
        case Q2 -> putTwoBits(levels[r], col, 0, 2 * r, 0);
        case Q3 -> {
          putTwoBits(levels[r], col, 0, 2 * r, 0);
          putBit(levels[r], col, 2, 2 * r, 2);
        }
        case Q4 -> putNibbles(levels[r], col, 2 * r);
        case Q5 -> {
          putNibbles(levels[r], col, 2 * r);
          putBit(levels[r], col, NIBBLES, 2 * r, NIBBLES);
        }
        case Q6 -> {
          putNibbles(levels[r], col, 2 * r);
          putTwoBits(levels[r], col, NIBBLES, 2 * r, NIBBLES);
        }
      }
    }
    MemorySegment.copy(planes, 0, data, LittleEndian.SHORT, at, planes.length);
  }

  /** Four rows of shorts: one for each 8 columns. */
  private void putNibbles(byte[] row, int col, int lane) {
    for (int j = 0; j < 4; j++) {
      for (int o = 0; o < 2; o++) {
        int c = col + 8 * j + o;
        planes[j * LANES + lane + o] =
            (short)
                (row[c] & 15
                    | (row[c + 2] & 15) << NIBBLES
                    | (row[c + 4] & 15) << 2 * NIBBLES
                    | (row[c + 6] & 15) << 3 * NIBBLES);
      }
    }
  }

  /** Two rows of shorts, from {@code first} on: each has 2 bits of twice 8 columns. */
  private void putTwoBits(byte[] row, int col, int shift, int lane, int first) {
    for (int j = 0; j < 2; j++) {
      for (int o = 0; o < 2; o++) {
        int c = col + 16 * j + o;
        int bits = 0;
        for (int n = 0; n < 4; n++) {
          int lower = row[c + 2 * n] >> shift & 3;
          int upper = row[c + 2 * n + 8] >> shift & 3;
          bits |= (lower | upper << 2) << NIBBLES * n;
        }
        planes[(first + j) * LANES + lane + o] = (short) bits;
      }
    }
  }

  /** One row of shorts, the {@code first}: it has a bit of four times 8 columns. */
  private void putBit(byte[] row, int col, int shift, int lane, int first) {
    for (int o = 0; o < 2; o++) {
      int bits = 0;
      for (int n = 0; n < 4; n++) {
        for (int j = 0; j < 4; j++) {
          bits |= (row[col + 8 * j + 2 * n + o] >> shift & 1) << NIBBLES * n + j;
        }
      }
      planes[first * LANES + lane + o] = (short) bits;
    }
  }
}
