package io.github.jmixtral.cli.synthesis;

import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;

/**
 * Draws super-blocks in the layout of {@link SuperBlockKernels}. As in {@link RandomBlocks}, levels
 * are even over all that a format has, and weights have a mean of zero: minima lie about the middle
 * of the levels, and where there are none scales have either sign.
 */
final class RandomSuperBlocks {
  private RandomSuperBlocks() {}

  /** Bytes of one super-block of tiles below each other, so many groups of columns wide. */
  static int byteSize(SuperBlockFormat format, int tiles, int groups) {
    return Math.toIntExact(format.byteSize(tiles, groups));
  }

  /**
   * Draws one super-block.
   *
   * @param tiles below each other, 1 … {@link QuantizedKernels#BLOCK}
   * @param groups of 32 columns, 1 … {@link SuperBlockKernels#GROUPS}
   * @param at byte where it begins
   */
  static void draw(
      SuperBlockFormat format,
      int tiles,
      int groups,
      RandomGenerator random,
      MemorySegment out,
      long at) {
    // Levels, and scales where there are no minima, may be any bits.
    for (int i = 0; i < byteSize(format, tiles, groups); i++) {
      out.set(ValueLayout.JAVA_BYTE, at + i, (byte) random.nextInt());
    }
    for (int tile = 0; tile < tiles; tile++) {
      drawHeader(format, random, out, at + (long) tile * format.headerBytes());
    }
  }

  private static void drawHeader(
      SuperBlockFormat format, RandomGenerator random, MemorySegment out, long at) {
    int highestScale = format.highestScale();
    // With minima, scales are in the upper half of what they can be.
    int lowestScale = format.hasMinima() ? (highestScale + 1) / 2 : format.lowestScale();
    int highestLevel = (1 << format.bits()) - 1;
    double ofLevels =
        format.hasMinima()
            ? RandomBlocks.spread(highestLevel)
            : RandomBlocks.root(-format.center(), highestLevel - format.center());
    double deviation = RandomBlocks.root(lowestScale, highestScale) * ofLevels;
    for (int row = 0; row < QuantizedKernels.ROWS; row++) {
      long scaleAt = at + (long) row * Short.BYTES;
      RandomWeights.drawScale(random, out, scaleAt, deviation);
      if (format.hasMinima()) {
        float scale = Float.float16ToFloat(out.get(LittleEndian.SHORT, scaleAt));
        short minimum = Float.floatToFloat16((float) (scale * (highestLevel / 2.0)));
        out.set(LittleEndian.SHORT, scaleAt + QuantizedKernels.SCALE_BYTES, minimum);
      }
    }
    if (format.hasMinima()) {
      drawScales(format, lowestScale, random, out, at);
    }
  }

  /** Integer scales, and minima about the same. */
  private static void drawScales(
      SuperBlockFormat format, int lowest, RandomGenerator random, MemorySegment out, long at) {
    int highest = format.highestScale();
    boolean together = format.minimaOffset() == format.scalesOffset();
    int count = QuantizedKernels.ROWS * SuperBlockKernels.COLUMNS / format.scaleColumns();
    for (int i = 0; i < count; i++) {
      int scale = random.nextInt(lowest, highest + 1);
      int minimum = RandomBlocks.minimum(random, scale, highest);
      long scaleAt = at + format.scalesOffset() + i;
      out.set(ValueLayout.JAVA_BYTE, scaleAt, (byte) (together ? scale | minimum << 4 : scale));
      if (!together) {
        out.set(ValueLayout.JAVA_BYTE, at + format.minimaOffset() + i, (byte) minimum);
      }
    }
  }
}
