package io.github.jmixtral.internal.format;

import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Unpacks the blocks of a GGUF tensor to the single-precision numbers that ggml's own conversion
 * gives, bit for bit: every product and sum is rounded to single precision, in ggml's order.
 *
 * <pre>
 *   Q4_0, Q5_0, Q8_0   d · q                 IQ4_NL   d · table[q]
 *   Q4_1, Q5_1         d · q + m             IQ4_XS   (d · scale) · table[q]
 *   Q2_K, Q4_K, Q5_K   (d · scale) · q − dmin · min
 *   Q3_K, Q6_K         (d · scale) · q
 * </pre>
 *
 * where d, m and dmin are half-precision numbers, scale and min small integers.
 */
public final class GgufBlocks {

  /** Columns of a group: what one scale of the simple types is for. */
  static final int GROUP = 32;

  /** What the 4 bits of IQ4_NL and IQ4_XS stand for. */
  private static final byte[] UNEVEN = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** Unpacks one block, all of it. */
  @FunctionalInterface
  private interface BlockDecoder {
    void decode(long number, float[] out, int outOffset);
  }

  private GgufBlocks() {}

  /**
   * Unpacks consecutive elements.
   *
   * @param type how they are stored
   * @param data a tensor's bytes
   * @param first number of the first element, row by row
   * @param count how many elements
   * @param out receives them from {@code outOffset} on
   */
  public static void unpack(
      GgufType type, MemorySegment data, long first, int count, float[] out, int outOffset) {
    switch (type) {
      case F32 ->
          MemorySegment.copy(data, LittleEndian.FLOAT, first * Float.BYTES, out, outOffset, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          out[outOffset + i] = Float.float16ToFloat(data.getAtIndex(LittleEndian.SHORT, first + i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          out[outOffset + i] = Bfloat16.toFloat(data.getAtIndex(LittleEndian.SHORT, first + i));
        }
      }
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL, IQ4_XS -> {
        byte[] block = new byte[type.blockBytes()];
        int[] levels = new int[GROUP];
        BlockDecoder decoder =
            (number, to, toOffset) -> {
              load(type, data, number, block);
              unpackBlock(type, block, levels, to, toOffset);
            };
        unpackBlocks(type, decoder, first, count, out, outOffset);
      }
      case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> {
        BlockDecoder decoder = new GgufKBlocks(type, data)::unpack;
        unpackBlocks(type, decoder, first, count, out, outOffset);
      }
    }
  }

  /**
   * Whether each 32 columns of a type are one half-precision scale times integers of −128 … 127,
   * which {@link #levels} and {@link #scale} give.
   */
  public static boolean hasLevels(GgufType type) {
    return switch (type) {
      case Q4_0, Q5_0, Q8_0, IQ4_NL -> true;
      case F32, F16, BF16, Q4_1, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_XS -> false;
    };
  }

  /** The lowest integer that a type which {@link #hasLevels} can hold. */
  public static int lowestLevel(GgufType type) {
    return switch (type) {
      case Q4_0 -> -8;
      case Q5_0 -> -16;
      case Q8_0 -> Byte.MIN_VALUE;
      case IQ4_NL -> UNEVEN[0];
      case F32, F16, BF16, Q4_1, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_XS -> throw noLevels(type);
    };
  }

  /** The highest integer that a type which {@link #hasLevels} can hold. */
  public static int highestLevel(GgufType type) {
    return switch (type) {
      case Q4_0 -> 7;
      case Q5_0 -> 15;
      case Q8_0 -> Byte.MAX_VALUE;
      case IQ4_NL -> UNEVEN[UNEVEN.length - 1];
      case F32, F16, BF16, Q4_1, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_XS -> throw noLevels(type);
    };
  }

  private static IllegalArgumentException noLevels(GgufType type) {
    return new IllegalArgumentException(type + " is no scale times integers");
  }

  /**
   * The integers behind consecutive elements of a type that {@link #hasLevels}.
   *
   * @param first number of the first element, row by row
   * @param out receives them from {@code outOffset} on
   */
  public static void levels(
      GgufType type, MemorySegment data, long first, int count, int[] out, int outOffset) {
    byte[] block = new byte[type.blockBytes()];
    int[] levels = new int[GROUP];
    for (int done = 0; done < count; ) {
      int inner = (int) ((first + done) % GROUP);
      load(type, data, (first + done) / GROUP, block);
      blockLevels(type, block, levels);
      int taken = Math.min(GROUP - inner, count - done);
      System.arraycopy(levels, inner, out, outOffset + done, taken);
      done += taken;
    }
  }

  /**
   * The scale of a block of a type that {@link #hasLevels}.
   *
   * @param block its number, row by row
   */
  public static float scale(GgufType type, MemorySegment data, long block) {
    return Float.float16ToFloat(data.get(LittleEndian.SHORT, block * type.blockBytes()));
  }

  private static void unpackBlocks(
      GgufType type, BlockDecoder decoder, long first, int count, float[] out, int outOffset) {
    int elements = type.blockElements();
    float[] part = new float[elements];
    for (int done = 0; done < count; ) {
      long number = (first + done) / elements;
      int inner = (int) ((first + done) % elements);
      int taken = Math.min(elements - inner, count - done);
      if (taken == elements) {
        decoder.decode(number, out, outOffset + done);
      } else {
        decoder.decode(number, part, 0);
        System.arraycopy(part, inner, out, outOffset + done, taken);
      }
      done += taken;
    }
  }

  private static void load(GgufType type, MemorySegment data, long number, byte[] block) {
    long at = number * type.blockBytes();
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, block, 0, block.length);
  }

  private static void unpackBlock(
      GgufType type, byte[] block, int[] levels, float[] out, int outOffset) {
    switch (type) {
      case Q4_0, Q5_0, Q8_0, IQ4_NL -> {
        blockLevels(type, block, levels);
        float scale = half(block, 0);
        for (int i = 0; i < GROUP; i++) {
          out[outOffset + i] = scale * levels[i];
        }
      }
      case Q4_1, Q5_1 -> {
        if (type == GgufType.Q4_1) {
          nibbles(block, 4, levels);
        } else {
          nibbles(block, 8, levels);
          addFifthBits(block, 4, levels);
        }
        float scale = half(block, 0);
        float minimum = half(block, 2);
        for (int i = 0; i < GROUP; i++) {
          out[outOffset + i] = scale * levels[i] + minimum;
        }
      }
      case IQ4_XS -> unpackUnevenWithScales(block, levels, out, outOffset);
      case F32, F16, BF16, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K ->
          throw new IllegalArgumentException(type + " is not stored in blocks of 32 weights");
    }
  }

  /** The integers of a block of 32 that is a scale times integers. */
  private static void blockLevels(GgufType type, byte[] block, int[] levels) {
    switch (type) {
      case Q4_0 -> {
        nibbles(block, 2, levels);
        for (int i = 0; i < GROUP; i++) {
          levels[i] -= 8;
        }
      }
      case Q5_0 -> {
        nibbles(block, 6, levels);
        addFifthBits(block, 2, levels);
        for (int i = 0; i < GROUP; i++) {
          levels[i] -= 16;
        }
      }
      case Q8_0 -> {
        for (int i = 0; i < GROUP; i++) {
          levels[i] = block[2 + i];
        }
      }
      case IQ4_NL -> {
        nibbles(block, 2, levels);
        for (int i = 0; i < GROUP; i++) {
          levels[i] = UNEVEN[levels[i]];
        }
      }
      case F32, F16, BF16, Q4_1, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_XS -> throw noLevels(type);
    }
  }

  /** 16 bytes from {@code at} on: low nibbles are the first 16 columns, high ones the others. */
  private static void nibbles(byte[] block, int at, int[] out) {
    for (int i = 0; i < GROUP / 2; i++) {
      out[i] = block[at + i] & 15;
      out[GROUP / 2 + i] = block[at + i] >> 4 & 15;
    }
  }

  /** 4 bytes from {@code at} on: bit i is worth 16 in column i. */
  private static void addFifthBits(byte[] block, int at, int[] out) {
    for (int i = 0; i < GROUP; i++) {
      out[i] += (block[at + i / 8] >> i % 8 & 1) << 4;
    }
  }

  /**
   * IQ4_XS: d, the high 2 bits of 8 scales, their low 4 bits, then 16 bytes of nibbles for each 32
   * columns. Scales are stored plus 32.
   */
  private static void unpackUnevenWithScales(
      byte[] block, int[] levels, float[] out, int outOffset) {
    float scale = half(block, 0);
    for (int group = 0; group < 8; group++) {
      int high = block[2 + group / 4] >> group % 4 * 2 & 3;
      int low = block[4 + group / 2] >> group % 2 * 4 & 15;
      float groupScale = scale * ((high << 4 | low) - 32);
      nibbles(block, 8 + group * GROUP / 2, levels);
      for (int i = 0; i < GROUP; i++) {
        out[outOffset + group * GROUP + i] = groupScale * UNEVEN[levels[i]];
      }
    }
  }

  /** The half-precision number at a byte of a block. */
  static float half(byte[] block, int at) {
    return Float.float16ToFloat((short) (block[at] & 255 | block[at + 1] << 8));
  }
}
