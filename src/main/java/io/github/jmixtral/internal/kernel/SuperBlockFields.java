package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;

/** Single numbers of a tile's super-block: where {@link SuperBlockKernels} has them. */
public final class SuperBlockFields {
  private static final int ROWS = QuantizedKernels.ROWS;

  /** Bytes of 32 shorts: two for each row. */
  private static final int SHORT_ROW_BYTES = 2 * ROWS * Short.BYTES;

  private static final int NIBBLES = 4;

  private SuperBlockFields() {}

  /**
   * A level, centred.
   *
   * @param levels byte offset of the tile's levels in a group
   * @param row 0 … 15
   * @param col column of the group, 0 … 31
   */
  public static int level(
      SuperBlockFormat format, MemorySegment weights, long levels, int row, int col) {
    int low =
        switch (format) {
          case Q2 -> twoBits(weights, levels, row, col);
          case Q3 ->
              twoBits(weights, levels, row, col)
                  | bit(weights, levels + 2 * SHORT_ROW_BYTES, row, col) << 2;
          case Q4 -> nibble(weights, levels, row, col);
          case Q5 ->
              nibble(weights, levels, row, col)
                  | bit(weights, levels + NIBBLES * SHORT_ROW_BYTES, row, col) << 4;
          case Q6 ->
              nibble(weights, levels, row, col)
                  | twoBits(weights, levels + NIBBLES * SHORT_ROW_BYTES, row, col) << 4;
        };
    return low - format.center();
  }

  private static int nibble(MemorySegment weights, long plane, int row, int col) {
    return unsigned(weights, plane, col / 8, row, col) >>> shift(col) & 15;
  }

  private static int twoBits(MemorySegment weights, long plane, int row, int col) {
    int half = col / 8 % 2 * 2;
    return unsigned(weights, plane, col / 16, row, col) >>> shift(col) + half & 3;
  }

  private static int bit(MemorySegment weights, long plane, int row, int col) {
    return unsigned(weights, plane, 0, row, col) >>> shift(col) + col / 8 & 1;
  }

  private static int shift(int col) {
    return col % 8 / 2 * NIBBLES;
  }

  /** The short of a row of shorts that holds a column. */
  private static int unsigned(MemorySegment weights, long plane, int number, int row, int col) {
    long at = plane + (long) number * SHORT_ROW_BYTES + (2L * row + col % 2) * Short.BYTES;
    return Short.toUnsignedInt(weights.get(LittleEndian.SHORT, at));
  }

  /**
   * The integer scale of a scale group.
   *
   * @param header byte offset of the tile's header
   * @param number of the scale group in its super-block
   */
  public static int scale(
      SuperBlockFormat format, MemorySegment weights, long header, int row, int number) {
    byte stored = stored(weights, header + format.scalesOffset(), row, number);
    return format == SuperBlockFormat.Q2 ? stored & 15 : stored;
  }

  /** The integer minimum of a scale group, of a format that has some. */
  public static int minimum(
      SuperBlockFormat format, MemorySegment weights, long header, int row, int number) {
    byte stored = stored(weights, header + format.minimaOffset(), row, number);
    return format == SuperBlockFormat.Q2 ? stored >> 4 & 15 : stored;
  }

  private static byte stored(MemorySegment weights, long at, int row, int number) {
    int bytes = weights.get(LittleEndian.INT, scaleAt(at, row, number));
    return (byte) (bytes >> scaleShift(number));
  }

  /** Byte offset of the int that holds a row's scale. */
  private static long scaleAt(long scales, int row, int number) {
    return scales + ((long) number / Integer.BYTES * ROWS + row) * Integer.BYTES;
  }

  private static int scaleShift(int number) {
    return number % Integer.BYTES * Byte.SIZE;
  }

  /** d of a row. */
  public static float superScale(MemorySegment weights, long header, int row) {
    return half(weights, header, row);
  }

  /** dmin of a row, of a format that has minima. */
  public static float superMinimum(MemorySegment weights, long header, int row) {
    return half(weights, header + QuantizedKernels.SCALE_BYTES, row);
  }

  private static float half(MemorySegment weights, long at, int row) {
    return Float.float16ToFloat(weights.get(LittleEndian.SHORT, at + (long) row * Short.BYTES));
  }
}
