package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import java.lang.foreign.MemorySegment;

/** Single weights of quantised matrices: where they lie in their tiles, read and written. */
final class Tiles {

  private Tiles() {}

  /** One weight: scale · q, plus an offset where there is one, which a float holds exactly. */
  static float weight(TiledMatrix weights, int row, int col) {
    return switch (weights) {
      case QuantizedMatrix tiles -> scale(tiles, row, col) * level(tiles, row, col);
      case OffsetMatrix offset -> weight(offset.tiles(), row, col) + offset.offset(row, col);
    };
  }

  /** The integer q of one weight. */
  static int level(QuantizedMatrix weights, int row, int col) {
    long tile = weights.tileOffset(row / QuantizedKernels.ROWS, col / QuantizedKernels.GROUP);
    int inner = row % QuantizedKernels.ROWS;
    int upper = nibble(weights.data(), tile, inner, col) - 8;
    return switch (weights.format()) {
      case Q4 -> upper;
      case Q8 ->
          16 * upper + nibble(weights.data(), tile + QuantizedKernels.NIBBLE_BYTES, inner, col);
    };
  }

  /** The scale of one weight. */
  static float scale(QuantizedMatrix weights, int row, int col) {
    long tile = weights.tileOffset(row / QuantizedKernels.ROWS, col / QuantizedKernels.GROUP);
    int inner = row % QuantizedKernels.ROWS;
    long at = tile + weights.format().scalesOffset() + (long) inner * Short.BYTES;
    return Float.float16ToFloat(weights.data().get(LittleEndian.SHORT, at));
  }

  private static int nibble(MemorySegment data, long plane, int row, int col) {
    return data.get(LittleEndian.SHORT, plane + shortOffset(row, col)) >>> shift(col) & 15;
  }

  /**
   * Writes one tile.
   *
   * @param at its byte offset
   * @param integers [32 columns][16 rows]: −8 … 7 or −128 … 127, as the matrix has 4 or 8 bits
   * @param scales [16 rows], rounded to half precision
   */
  static void put(QuantizedMatrix weights, long at, int[] integers, float[] scales) {
    MemorySegment data = weights.data();
    int[] nibbles = new int[integers.length];
    switch (weights.format()) {
      case Q4 -> {
        for (int i = 0; i < nibbles.length; i++) {
          nibbles[i] = integers[i] + 8;
        }
        putNibbles(data, at, nibbles);
      }
      case Q8 -> {
        for (int i = 0; i < nibbles.length; i++) {
          nibbles[i] = (integers[i] >> 4) + 8;
        }
        putNibbles(data, at, nibbles);
        for (int i = 0; i < nibbles.length; i++) {
          nibbles[i] = integers[i] & 15;
        }
        putNibbles(data, at + QuantizedKernels.NIBBLE_BYTES, nibbles);
      }
    }
    putScales(data, at + weights.format().scalesOffset(), scales);
  }

  /**
   * Writes a plane of nibbles of one tile.
   *
   * @param nibbles [32 columns][16 rows], 0 … 15
   */
  private static void putNibbles(MemorySegment data, long plane, int[] nibbles) {
    for (int col = 0; col < QuantizedKernels.GROUP; col += 8) {
      for (int lane = 0; lane < 2 * QuantizedKernels.ROWS; lane++) {
        int first = (col + lane % 2) * QuantizedKernels.ROWS + lane / 2;
        int step = 2 * QuantizedKernels.ROWS;
        int packed =
            nibbles[first]
                | nibbles[first + step] << 4
                | nibbles[first + 2 * step] << 8
                | nibbles[first + 3 * step] << 12;
        data.set(LittleEndian.SHORT, plane + shortOffset(lane / 2, col + lane % 2), (short) packed);
      }
    }
  }

  /** Writes the scales of one tile: half-precision numbers already. */
  private static void putScales(MemorySegment data, long at, float[] scales) {
    for (int row = 0; row < QuantizedKernels.ROWS; row++) {
      data.set(
          LittleEndian.SHORT, at + (long) row * Short.BYTES, Float.floatToFloat16(scales[row]));
    }
  }

  /** Byte offset, within a plane, of the short that holds a nibble. */
  static long shortOffset(int row, int col) {
    int number = col % QuantizedKernels.GROUP / 8;
    return (number * 2L * QuantizedKernels.ROWS + 2L * row + col % 2) * Short.BYTES;
  }

  /** By how much a nibble is shifted within its short. */
  static int shift(int col) {
    return col % 8 / 2 * 4;
  }
}
