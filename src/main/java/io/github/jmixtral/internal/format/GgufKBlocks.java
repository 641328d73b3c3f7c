package io.github.jmixtral.internal.format;

/**
 * The numbers of a block of ggml's K-quants: 256 columns, in groups of 16 or 32 whose scales (and
 * minima) are small integers themselves. Columns lie in quarters or halves of 128: byte i of a run
 * holds the bits of columns i, 32 + i, 64 + i, 96 + i.
 */
final class GgufKBlocks {
  private static final int COLUMNS = 256;
  private static final int HALF = 128;
  private static final int QUARTER = 32;

  /** Levels of 256 columns, as stored; the scales and minima of up to 16 groups; d and dmin. */
  final byte[] levels = new byte[COLUMNS];

  final byte[] scales = new byte[16];
  final byte[] minima = new byte[16];
  final short[] halves = new short[2];

  /**
   * Reads a block.
   *
   * @param levels [256] as stored
   * @param scales [16], or [8] with 32 columns each
   * @param minima likewise, where there are some
   * @param halves [2]: d and dmin
   */
  static void read(
      GgufType type, byte[] block, byte[] levels, byte[] scales, byte[] minima, short[] halves) {
    switch (type) {
      case Q2_K -> read2(block, levels, scales, minima, halves);
      case Q3_K -> read3(block, levels, scales, halves);
      case Q4_K -> read4(block, levels, scales, minima, halves);
      case Q5_K -> read5(block, levels, scales, minima, halves);
      case Q6_K -> read6(block, levels, scales, halves);
      case F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL, IQ4_XS ->
          throw new IllegalArgumentException(type + " is no K-quant");
    }
  }

  /** Q2_K: 16 bytes of scale (low nibble) and minimum (high), 64 bytes of 2 bits, d, dmin. */
  private static void read2(
      byte[] block, byte[] levels, byte[] scales, byte[] minima, short[] halves) {
    for (int group = 0; group < 16; group++) {
      scales[group] = (byte) (block[group] & 15);
      minima[group] = (byte) (block[group] >> 4 & 15);
    }
    readTwoBits(block, 16, levels);
    halves[0] = half(block, 80);
    halves[1] = half(block, 82);
  }

  /**
   * Q3_K: 32 bytes of high bits (bit j of byte i: column 32 j + i, stored inverted: 0 means minus
   * 4), 64 bytes of 2 bits, 12 bytes of 6-bit scales stored plus 32, d.
   */
  private static void read3(byte[] block, byte[] levels, byte[] scales, short[] halves) {
    readTwoBits(block, 32, levels);
    addBits(block, 0, 2, levels);
    for (int group = 0; group < 16; group++) {
      int low = block[96 + group % 8] >> group / 8 * 4 & 15;
      int high = block[104 + group % 4] >> group / 4 * 2 & 3;
      scales[group] = (byte) ((high << 4 | low) - 32);
    }
    halves[0] = half(block, 108);
  }

  /** Q4_K: d, dmin, 12 bytes of scales and minima, 128 bytes of nibbles. */
  private static void read4(
      byte[] block, byte[] levels, byte[] scales, byte[] minima, short[] halves) {
    readScales(block, scales, minima, halves);
    readNibbles(block, 16, levels);
  }

  /** Q5_K: as Q4_K, with 32 bytes of fifth bits (bit j of byte i: column 32 j + i) before them. */
  private static void read5(
      byte[] block, byte[] levels, byte[] scales, byte[] minima, short[] halves) {
    readScales(block, scales, minima, halves);
    readNibbles(block, 48, levels);
    addBits(block, 16, 4, levels);
  }

  /** Q6_K: 128 bytes of nibbles, 64 bytes of 2 high bits, 16 signed scales, d; 6 bits plus 32. */
  private static void read6(byte[] block, byte[] levels, byte[] scales, short[] halves) {
    readTwoBits(block, 128, levels);
    for (int half = 0; half < COLUMNS / HALF; half++) {
      int at = half * HALF / 2;
      int to = half * HALF;
      for (int i = 0; i < HALF / 2; i++) {
        levels[to + i] = (byte) (levels[to + i] << 4 | block[at + i] & 15);
        int upper = to + HALF / 2 + i;
        levels[upper] = (byte) (levels[upper] << 4 | block[at + i] >> 4 & 15);
      }
    }
    System.arraycopy(block, 192, scales, 0, 16);
    halves[0] = half(block, 208);
  }

  /** Two bits of a column: each half of 128 columns has 32 bytes, its quarters 2 bits of each. */
  private static void readTwoBits(byte[] block, int at, byte[] levels) {
    for (int quarter = 0; quarter < COLUMNS / QUARTER; quarter++) {
      int from = at + quarter / 4 * QUARTER;
      int to = quarter * QUARTER;
      int shift = quarter % 4 * 2;
      for (int i = 0; i < QUARTER; i++) {
        levels[to + i] = (byte) (block[from + i] >> shift & 3);
      }
    }
  }

  /** Four bits: two groups of 32 columns share 32 bytes. */
  private static void readNibbles(byte[] block, int at, byte[] levels) {
    for (int group = 0; group < COLUMNS / QUARTER; group++) {
      int from = at + group / 2 * QUARTER;
      int to = group * QUARTER;
      int shift = group % 2 * 4;
      for (int i = 0; i < QUARTER; i++) {
        levels[to + i] = (byte) (block[from + i] >> shift & 15);
      }
    }
  }

  /** One bit more: bit j of byte i belongs to column 32 j + i. */
  private static void addBits(byte[] block, int at, int worth, byte[] levels) {
    for (int group = 0; group < COLUMNS / QUARTER; group++) {
      int to = group * QUARTER;
      for (int i = 0; i < QUARTER; i++) {
        levels[to + i] = (byte) (levels[to + i] | (block[at + i] >> group & 1) << worth);
      }
    }
  }

  /**
   * d, dmin, then 8 scales and 8 minima of 6 bits in 12 bytes: groups 4 to 7 have their high bits
   * with 0 to 3.
   */
  private static void readScales(byte[] block, byte[] scales, byte[] minima, short[] halves) {
    for (int group = 0; group < 4; group++) {
      scales[group] = (byte) (block[4 + group] & 63);
      minima[group] = (byte) (block[8 + group] & 63);
    }
    for (int group = 4; group < 8; group++) {
      scales[group] = (byte) (block[8 + group] & 15 | (block[group] >> 6 & 3) << 4);
      minima[group] = (byte) (block[8 + group] >> 4 & 15 | (block[4 + group] >> 6 & 3) << 4);
    }
    halves[0] = half(block, 0);
    halves[1] = half(block, 2);
  }

  private static short half(byte[] block, int at) {
    return (short) (block[at] & 255 | block[at + 1] << 8);
  }

  /** Unpacks a block to numbers, each product and the difference rounded, as ggml does. */
  void unpack(GgufType type, byte[] block, float[] out, int outOffset) {
    read(type, block, levels, scales, minima, halves);
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
