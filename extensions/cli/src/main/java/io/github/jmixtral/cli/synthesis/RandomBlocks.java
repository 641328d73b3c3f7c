package io.github.jmixtral.cli.synthesis;

import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;

/**
 * Draws blocks of ggml's types. Levels are even over all that a type has; where there are minima
 * they lie about the middle of the levels, and where there are none scales have either sign, so
 * that weights have a mean of zero.
 */
final class RandomBlocks {

  /** How far a group's minimum is from its scale at most. */
  private static final int JITTER = 2;

  private RandomBlocks() {}

  /**
   * Draws one block.
   *
   * @param at byte where it begins
   */
  static void draw(GgufType type, RandomGenerator random, MemorySegment out, long at) {
    if (type == GgufType.Q4_0) {
      RandomWeights.drawScale(random, out, at, RandomWeights.DEVIATION_4);
      RandomWeights.drawNibbles(random, out, at + Short.BYTES, type.blockBytes() - Short.BYTES);
      return;
    }
    // Levels, and the scales of Q3_K and Q6_K, may be any bits.
    for (int i = 0; i < type.blockBytes(); i++) {
      out.set(ValueLayout.JAVA_BYTE, at + i, (byte) random.nextInt());
    }
    switch (type) {
      case Q4_1 -> drawScaleAndMinimum(random, out, at, spread(15), -7.5);
      case Q5_0 -> drawSigned(random, out, at, root(-16, 15));
      case Q5_1 -> drawScaleAndMinimum(random, out, at, spread(31), -15.5);
      case Q8_0 -> drawSigned(random, out, at, root(Byte.MIN_VALUE, Byte.MAX_VALUE));
      case Q2_K -> {
        drawNibblePairs(random, out, at);
        drawScaleAndMinimum(random, out, at + 80, root(8, 15) * spread(3), 1.5);
      }
      case Q3_K -> RandomWeights.drawScale(random, out, at + 108, root(-32, 31) * root(-4, 3));
      case Q4_K -> {
        drawSixBits(random, out, at + 4);
        drawScaleAndMinimum(random, out, at, root(32, 63) * spread(15), 7.5);
      }
      case Q5_K -> {
        drawSixBits(random, out, at + 4);
        drawScaleAndMinimum(random, out, at, root(32, 63) * spread(31), 15.5);
      }
      case Q6_K ->
          RandomWeights.drawScale(
              random, out, at + 208, root(Byte.MIN_VALUE, Byte.MAX_VALUE) * root(-32, 31));
      case Q4_0, F32, F16, BF16, IQ4_NL, IQ4_XS ->
          throw new IllegalArgumentException("blocks of " + type + " are not drawn");
    }
  }

  /** A scale of either sign. */
  private static void drawSigned(
      RandomGenerator random, MemorySegment out, long at, double deviation) {
    RandomWeights.drawScale(random, out, at, deviation);
    if (random.nextBoolean()) {
      out.set(LittleEndian.SHORT, at, (short) (out.get(LittleEndian.SHORT, at) ^ 0x8000));
    }
  }

  /** A scale, and what the minimum is times it. */
  private static void drawScaleAndMinimum(
      RandomGenerator random, MemorySegment out, long at, double deviation, double minimum) {
    RandomWeights.drawScale(random, out, at, deviation);
    float scale = Float.float16ToFloat(out.get(LittleEndian.SHORT, at));
    out.set(LittleEndian.SHORT, at + Short.BYTES, Float.floatToFloat16((float) (scale * minimum)));
  }

  /** Q2_K's 16 scales of 4 bits, in the upper half of what they can be, with minima above them. */
  private static void drawNibblePairs(RandomGenerator random, MemorySegment out, long at) {
    for (int group = 0; group < 16; group++) {
      int scale = random.nextInt(8, 16);
      int minimum = minimum(random, scale, 15);
      out.set(ValueLayout.JAVA_BYTE, at + group, (byte) (scale | minimum << 4));
    }
  }

  /**
   * The 8 scales and minima of Q4_K and Q5_K, of 6 bits in 12 bytes: the last four have their high
   * bits above the first four.
   */
  private static void drawSixBits(RandomGenerator random, MemorySegment out, long at) {
    for (int group = 0; group < 4; group++) {
      int scale = random.nextInt(32, 64);
      int minimum = minimum(random, scale, 63);
      int laterScale = random.nextInt(32, 64);
      int laterMinimum = minimum(random, laterScale, 63);
      int low = laterScale & 15 | (laterMinimum & 15) << 4;
      out.set(ValueLayout.JAVA_BYTE, at + group, (byte) (scale | laterScale >> 4 << 6));
      out.set(ValueLayout.JAVA_BYTE, at + 4 + group, (byte) (minimum | laterMinimum >> 4 << 6));
      out.set(ValueLayout.JAVA_BYTE, at + 8 + group, (byte) low);
    }
  }

  /** A minimum about its scale. */
  static int minimum(RandomGenerator random, int scale, int most) {
    return Math.min(most, scale + random.nextInt(-JITTER, JITTER + 1));
  }

  /** Standard deviation of even integers 0 … {@code highest}. */
  static double spread(int highest) {
    return Math.sqrt(((highest + 1.0) * (highest + 1.0) - 1) / 12);
  }

  /** Root of the mean square of even integers. */
  static double root(int lowest, int highest) {
    double mean = (lowest + highest) / 2.0;
    return Math.hypot(mean, spread(highest - lowest));
  }
}
