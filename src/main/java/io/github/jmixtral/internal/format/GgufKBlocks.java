package io.github.jmixtral.internal.format;

import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The numbers of a block of ggml's K-quants: 256 columns, in groups of 16 or 32 whose scales (and
 * minima) are small integers themselves, {@code W = d · scale · (level − centre) − dmin · minimum}.
 * Q3_K and Q6_K have a centre (4 and 32) and no minima. Columns lie in quarters or halves of 128:
 * byte i of a run holds the bits of columns i, 32 + i, 64 + i, 96 + i. So eight neighbours are
 * unpacked at a time, a byte of a long for each.
 *
 * <p>One caller at a time: holds the current block.
 */
public final class GgufKBlocks {
  private static final int COLUMNS = 256;
  private static final int HALF = 128;
  private static final int QUARTER = 32;

  /** Columns of a long. */
  private static final int EIGHT = Long.BYTES;

  // The lowest bits of each byte.
  private static final long ONE_BIT = 0x0101010101010101L;
  private static final long TWO_BITS = 0x0303030303030303L;
  private static final long FOUR_BITS = 0x0F0F0F0F0F0F0F0FL;
  private static final int SIX_BITS = 0x3F3F3F3F;

  // In each byte.
  private static final long HIGHEST_BITS = 0x8080808080808080L;
  private static final long THIRTY_TWO = 0x2020202020202020L;

  private final GgufType type;
  private final MemorySegment data;
  private final byte[] block;

  // Of a block that is unpacked.
  private final byte[] levels = new byte[COLUMNS];
  private final byte[] scales = new byte[16];
  private final byte[] minima = new byte[16];
  private final short[] halves = new short[2];

  /**
   * Prepares to read a tensor's blocks.
   *
   * @param type a K-quant
   * @param data its bytes
   */
  public GgufKBlocks(GgufType type, MemorySegment data) {
    this.type = type;
    this.data = data;
    block = new byte[type.blockBytes()];
  }

  /**
   * Reads a block.
   *
   * @param number of the block, row by row
   * @param levels [256] as stored
   * @param scales [16], or [8] with 32 columns each
   * @param minima likewise, where there are some
   * @param halves [2]: d and dmin, in half precision
   */
  public void read(long number, byte[] levels, byte[] scales, byte[] minima, short[] halves) {
    long at = number * block.length;
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, block, 0, block.length);
    switch (type) {
      case Q2_K -> read2(levels, scales, minima, halves);
      case Q3_K -> read3(levels, scales, halves);
      case Q4_K -> read4(levels, scales, minima, halves);
      case Q5_K -> read5(levels, scales, minima, halves);
      case Q6_K -> read6(levels, scales, halves);
      case F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL, IQ4_XS ->
          throw new IllegalArgumentException(type + " is no K-quant");
    }
  }

  /** Q2_K: 16 bytes of scale (low nibble) and minimum (high), 64 bytes of 2 bits, d, dmin. */
  private void read2(byte[] levels, byte[] scales, byte[] minima, short[] halves) {
    for (int group = 0; group < 16; group += EIGHT) {
      long both = LittleEndian.getLong(block, group);
      LittleEndian.setLong(scales, group, both & FOUR_BITS);
      LittleEndian.setLong(minima, group, both >>> 4 & FOUR_BITS);
    }
    readTwoBits(16, levels);
    halves[0] = LittleEndian.getShort(block, 80);
    halves[1] = LittleEndian.getShort(block, 82);
  }

  /**
   * Q3_K: 32 bytes of high bits (bit j of byte i: column 32 j + i, stored inverted: 0 means minus
   * 4), 64 bytes of 2 bits, 12 bytes of 6-bit scales stored plus 32, d.
   */
  private void read3(byte[] levels, byte[] scales, short[] halves) {
    readTwoBits(32, levels);
    addBits(0, 2, levels);
    long low = LittleEndian.getLong(block, 96);
    int high = LittleEndian.getInt(block, 104);
    LittleEndian.setLong(scales, 0, minus32(low & FOUR_BITS | highScales(high)));
    LittleEndian.setLong(scales, 8, minus32(low >>> 4 & FOUR_BITS | highScales(high >>> 4)));
    halves[0] = LittleEndian.getShort(block, 108);
  }

  /** Bits 0 and 1 of four bytes, then their bits 2 and 3, each worth 16. */
  private static long highScales(int bits) {
    long lower = bits & (int) TWO_BITS;
    long upper = bits >>> 2 & (int) TWO_BITS;
    return (lower | upper << Integer.SIZE) << 4;
  }

  /** Each byte, at most 63, less 32. */
  private static long minus32(long bytes) {
    return (bytes | HIGHEST_BITS) - THIRTY_TWO ^ HIGHEST_BITS;
  }

  /** Q4_K: d, dmin, 12 bytes of scales and minima, 128 bytes of nibbles. */
  private void read4(byte[] levels, byte[] scales, byte[] minima, short[] halves) {
    readScales(scales, minima, halves);
    readNibbles(16, levels);
  }

  /** Q5_K: as Q4_K, with 32 bytes of fifth bits (bit j of byte i: column 32 j + i) before them. */
  private void read5(byte[] levels, byte[] scales, byte[] minima, short[] halves) {
    readScales(scales, minima, halves);
    readNibbles(48, levels);
    addBits(16, 4, levels);
  }

  /** Q6_K: 128 bytes of nibbles, 64 bytes of 2 high bits, 16 signed scales, d; 6 bits plus 32. */
  private void read6(byte[] levels, byte[] scales, short[] halves) {
    for (int half = 0; half < COLUMNS / HALF; half++) {
      for (int i = 0; i < QUARTER; i += EIGHT) {
        long first = LittleEndian.getLong(block, half * HALF / 2 + i);
        long second = LittleEndian.getLong(block, half * HALF / 2 + QUARTER + i);
        long high = LittleEndian.getLong(block, HALF + half * QUARTER + i);
        int to = half * HALF + i;
        put6(first, high, levels, to);
        put6(second, high >>> 2, levels, to + QUARTER);
        put6(first >>> 4, high >>> 4, levels, to + 2 * QUARTER);
        put6(second >>> 4, high >>> 6, levels, to + 3 * QUARTER);
      }
    }
    System.arraycopy(block, 192, scales, 0, 16);
    halves[0] = LittleEndian.getShort(block, 208);
  }

  private static void put6(long nibbles, long high, byte[] levels, int at) {
    LittleEndian.setLong(levels, at, nibbles & FOUR_BITS | (high & TWO_BITS) << 4);
  }

  /** Two bits of a column: each half of 128 columns has 32 bytes, its quarters 2 bits of each. */
  private void readTwoBits(int at, byte[] levels) {
    for (int half = 0; half < COLUMNS / HALF; half++) {
      for (int i = 0; i < QUARTER; i += EIGHT) {
        long bits = LittleEndian.getLong(block, at + half * QUARTER + i);
        int to = half * HALF + i;
        LittleEndian.setLong(levels, to, bits & TWO_BITS);
        LittleEndian.setLong(levels, to + QUARTER, bits >>> 2 & TWO_BITS);
        LittleEndian.setLong(levels, to + 2 * QUARTER, bits >>> 4 & TWO_BITS);
        LittleEndian.setLong(levels, to + 3 * QUARTER, bits >>> 6 & TWO_BITS);
      }
    }
  }

  /** Four bits: two groups of 32 columns share 32 bytes. */
  private void readNibbles(int at, byte[] levels) {
    for (int pair = 0; pair < COLUMNS / (2 * QUARTER); pair++) {
      for (int i = 0; i < QUARTER; i += EIGHT) {
        long nibbles = LittleEndian.getLong(block, at + pair * QUARTER + i);
        int to = 2 * pair * QUARTER + i;
        LittleEndian.setLong(levels, to, nibbles & FOUR_BITS);
        LittleEndian.setLong(levels, to + QUARTER, nibbles >>> 4 & FOUR_BITS);
      }
    }
  }

  /** One bit more: bit j of byte i belongs to column 32 j + i. */
  private void addBits(int at, int worth, byte[] levels) {
    for (int i = 0; i < QUARTER; i += EIGHT) {
      long bits = LittleEndian.getLong(block, at + i);
      for (int group = 0; group < COLUMNS / QUARTER; group++) {
        int to = group * QUARTER + i;
        long low = LittleEndian.getLong(levels, to);
        LittleEndian.setLong(levels, to, low | (bits >>> group & ONE_BIT) << worth);
      }
    }
  }

  /**
   * d, dmin, then 8 scales and 8 minima of 6 bits in 12 bytes: groups 4 to 7 have their high bits
   * with 0 to 3.
   */
  private void readScales(byte[] scales, byte[] minima, short[] halves) {
    int first = LittleEndian.getInt(block, 4);
    int second = LittleEndian.getInt(block, 8);
    int low = LittleEndian.getInt(block, 12);
    LittleEndian.setInt(scales, 0, first & SIX_BITS);
    LittleEndian.setInt(minima, 0, second & SIX_BITS);
    LittleEndian.setInt(scales, 4, upperScales(low, first));
    LittleEndian.setInt(minima, 4, upperScales(low >>> 4, second));
    halves[0] = LittleEndian.getShort(block, 0);
    halves[1] = LittleEndian.getShort(block, 2);
  }

  /** Four low bits of each byte, and above them the two highest bits of others. */
  private static int upperScales(int low, int high) {
    return low & (int) FOUR_BITS | (high >>> 6 & (int) TWO_BITS) << 4;
  }

  /** Unpacks a block to numbers, each product and the difference rounded, as ggml does. */
  void unpack(long number, float[] out, int outOffset) {
    read(number, levels, scales, minima, halves);
    int columns = type == GgufType.Q4_K || type == GgufType.Q5_K ? 32 : 16;
    int center = type == GgufType.Q3_K ? 4 : type == GgufType.Q6_K ? 32 : 0;
    boolean hasMinima = center == 0;
    float scale = Float.float16ToFloat(halves[0]);
    float minimum = hasMinima ? Float.float16ToFloat(halves[1]) : 0;
    for (int group = 0; group < COLUMNS / columns; group++) {
      float groupScale = scale * scales[group];
      float groupMinimum = minimum * minima[group];
      for (int col = group * columns; col < (group + 1) * columns; col++) {
        float product = groupScale * (levels[col] - center);
        out[outOffset + col] = hasMinima ? product - groupMinimum : product;
      }
    }
  }
}
