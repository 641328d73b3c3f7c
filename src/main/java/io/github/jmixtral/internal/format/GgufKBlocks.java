package io.github.jmixtral.internal.format;

/**
 * Unpacks ggml's K-quants: blocks of 256 columns, in groups of 16 or 32 whose scales (and minima)
 * are small integers themselves. Columns lie in quarters or halves of 128: byte i of a run holds
 * the bits of columns i, 32 + i, 64 + i, 96 + i.
 */
final class GgufKBlocks {
  private static final int COLUMNS = 256;
  private static final int HALF = 128;

  private GgufKBlocks() {}

  /** Q2_K: 16 bytes of scale (low nibble) and minimum (high), 64 bytes of 2 bits, d, dmin. */
  static void unpack2(byte[] block, float[] out, int outOffset) {
    float scale = GgufBlocks.half(block, 80);
    float minimum = GgufBlocks.half(block, 82);
    for (int group = 0; group < 16; group++) {
      float groupScale = scale * (block[group] & 15);
      float groupMinimum = minimum * (block[group] >> 4 & 15);
      for (int col = group * 16; col < group * 16 + 16; col++) {
        out[outOffset + col] = groupScale * twoBits(block, 16, col) - groupMinimum;
      }
    }
  }

  /**
   * Q3_K: 32 bytes of high bits (bit j of byte i: column 32 j + i, stored inverted: 0 means minus
   * 4), 64 bytes of 2 bits, 12 bytes of 6-bit scales stored plus 32, d.
   */
  static void unpack3(byte[] block, float[] out, int outOffset) {
    float scale = GgufBlocks.half(block, 108);
    for (int group = 0; group < 16; group++) {
      int low = block[96 + group % 8] >> group / 8 * 4 & 15;
      int high = block[104 + group % 4] >> group / 4 * 2 & 3;
      float groupScale = scale * ((high << 4 | low) - 32);
      for (int col = group * 16; col < group * 16 + 16; col++) {
        int highBit = block[col % 32] >> col / 32 & 1;
        out[outOffset + col] = groupScale * (twoBits(block, 32, col) - 4 + 4 * highBit);
      }
    }
  }

  /** Q4_K: d, dmin, 12 bytes of scales and minima, 128 bytes of nibbles. */
  static void unpack4(byte[] block, float[] out, int outOffset) {
    float scale = GgufBlocks.half(block, 0);
    float minimum = GgufBlocks.half(block, 2);
    for (int group = 0; group < 8; group++) {
      float groupScale = scale * scaleOf(block, group);
      float groupMinimum = minimum * minimumOf(block, group);
      for (int i = 0; i < 32; i++) {
        out[outOffset + group * 32 + i] = groupScale * nibble(block, 16, group, i) - groupMinimum;
      }
    }
  }

  /** Q5_K: as Q4_K, with 32 bytes of fifth bits (bit j of byte i: column 32 j + i) before them. */
  static void unpack5(byte[] block, float[] out, int outOffset) {
    float scale = GgufBlocks.half(block, 0);
    float minimum = GgufBlocks.half(block, 2);
    for (int group = 0; group < 8; group++) {
      float groupScale = scale * scaleOf(block, group);
      float groupMinimum = minimum * minimumOf(block, group);
      for (int i = 0; i < 32; i++) {
        int level = nibble(block, 48, group, i) + ((block[16 + i] >> group & 1) << 4);
        out[outOffset + group * 32 + i] = groupScale * level - groupMinimum;
      }
    }
  }

  /** Q6_K: 128 bytes of nibbles, 64 bytes of 2 high bits, 16 signed scales, d; 6 bits plus 32. */
  static void unpack6(byte[] block, float[] out, int outOffset) {
    float scale = GgufBlocks.half(block, 208);
    for (int col = 0; col < COLUMNS; col++) {
      int half = col / HALF;
      int inner = col % HALF;
      int low = block[half * 64 + inner % 64] >> inner / 64 * 4 & 15;
      int high = twoBits(block, 128, col);
      out[outOffset + col] = scale * block[192 + col / 16] * ((high << 4 | low) - 32);
    }
  }

  /** Two bits of a column: each half of 128 columns has 32 bytes, its quarters 2 bits of each. */
  private static int twoBits(byte[] block, int at, int col) {
    return block[at + col / HALF * 32 + col % 32] >> col % HALF / 32 * 2 & 3;
  }

  /** Four bits: two groups of 32 columns share 32 bytes. */
  private static int nibble(byte[] block, int at, int group, int i) {
    return block[at + group / 2 * 32 + i] >> group % 2 * 4 & 15;
  }

  /**
   * 8 scales and 8 minima of 6 bits in 12 bytes: groups 4 to 7 have their high bits with 0 to 3.
   */
  private static int scaleOf(byte[] block, int group) {
    return group < 4 ? block[4 + group] & 63 : block[8 + group] & 15 | (block[group] >> 6 & 3) << 4;
  }

  private static int minimumOf(byte[] block, int group) {
    return group < 4
        ? block[8 + group] & 63
        : block[8 + group] >> 4 & 15 | (block[4 + group] >> 6 & 3) << 4;
  }
}
