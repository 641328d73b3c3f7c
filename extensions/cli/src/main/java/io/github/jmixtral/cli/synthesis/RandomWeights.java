package io.github.jmixtral.cli.synthesis;

import io.github.jmixtral.internal.format.Bfloat16;
import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Seeded random weights of mean zero and a standard deviation of about {@value #DEVIATION}, as fast
 * as they can be written: a few megabytes are drawn, and every tensor repeats them from an offset
 * of its own.
 */
final class RandomWeights {

  /** What transformers initialises weights with. */
  static final double DEVIATION = 0.02;

  /** How much the scales of quantised weights differ: the deviation of their logarithm. */
  private static final double SCALE_SPREAD = 0.2;

  /** Standard deviation of the integers −7 … 7. */
  static final double DEVIATION_4 = 4.32;

  /** Standard deviation of the integers −128 … 127. */
  private static final double DEVIATION_8 = 73.9;

  /** Bytes that are drawn, about. */
  private static final int BLOCK_BYTES = 8 << 20;

  /** Draws one unit of a format: a weight, a block or a tile. */
  private interface Unit {
    void draw(RandomGenerator random, MemorySegment block, long at);
  }

  private final MemorySegment block;
  private final SplittableRandom offsets;
  private final int unitBytes;

  private RandomWeights(Arena arena, long seed, int unitBytes, Unit unit) {
    this.unitBytes = unitBytes;
    SplittableRandom random = new SplittableRandom(seed);
    offsets = random.split();
    block = arena.allocate((long) BLOCK_BYTES / unitBytes * unitBytes, 64);
    for (long at = 0; at < block.byteSize(); at += unitBytes) {
      unit.draw(random, block, at);
    }
  }

  /** Weights in bfloat16. */
  static RandomWeights bfloat16(Arena arena, long seed) {
    return new RandomWeights(
        arena,
        seed,
        Short.BYTES,
        (random, block, at) ->
            block.set(
                LittleEndian.SHORT,
                at,
                Bfloat16.ofFloat((float) (DEVIATION * random.nextGaussian()))));
  }

  /** Weights in tiles. */
  static RandomWeights tiles(Arena arena, long seed, TileFormat format) {
    return switch (format) {
      case Q4 ->
          new RandomWeights(arena, seed, TileFormat.Q4.tileBytes(), RandomWeights::drawTileOf4Bits);
      case Q8 ->
          new RandomWeights(arena, seed, TileFormat.Q8.tileBytes(), RandomWeights::drawTileOf8Bits);
    };
  }

  /**
   * Weights in super-blocks.
   *
   * @param tiles below each other
   * @param groups of 32 columns
   */
  static RandomWeights superBlocks(
      Arena arena, long seed, SuperBlockFormat format, int tiles, int groups) {
    return new RandomWeights(
        arena,
        seed,
        RandomSuperBlocks.byteSize(format, tiles, groups),
        (random, block, at) -> RandomSuperBlocks.draw(format, tiles, groups, random, block, at));
  }

  /** Weights in blocks of a GGUF file. */
  static RandomWeights ggufBlocks(Arena arena, long seed, GgufType type) {
    return new RandomWeights(
        arena,
        seed,
        type.blockBytes(),
        (random, block, at) -> RandomBlocks.draw(type, random, block, at));
  }

  /** Hands a tensor's bytes to a writer, in parts. */
  void forEachPart(long byteSize, Consumer<MemorySegment> writer) {
    long offset = offsets.nextLong(block.byteSize() / unitBytes) * unitBytes;
    for (long done = 0; done < byteSize; ) {
      long count = Math.min(byteSize - done, block.byteSize() - offset);
      writer.accept(block.asSlice(offset, count));
      done += count;
      offset = 0;
    }
  }

  private static void drawTileOf4Bits(RandomGenerator random, MemorySegment block, long at) {
    drawNibbles(random, block, at, QuantizedKernels.NIBBLE_BYTES);
    drawScales(random, block, at + QuantizedKernels.NIBBLE_BYTES, DEVIATION_4);
  }

  private static void drawTileOf8Bits(RandomGenerator random, MemorySegment block, long at) {
    int planes = 2 * QuantizedKernels.NIBBLE_BYTES;
    for (int i = 0; i < planes; i++) {
      block.set(ValueLayout.JAVA_BYTE, at + i, (byte) random.nextInt());
    }
    drawScales(random, block, at + planes, DEVIATION_8);
  }

  /** Nibbles 1 … 15, which stand for −7 … 7: without −8 their mean is zero. */
  static void drawNibbles(RandomGenerator random, MemorySegment block, long at, int bytes) {
    for (int i = 0; i < bytes; i++) {
      int two = random.nextInt(15 * 15);
      block.set(ValueLayout.JAVA_BYTE, at + i, (byte) (two / 15 + 1 << 4 | two % 15 + 1));
    }
  }

  private static void drawScales(
      RandomGenerator random, MemorySegment block, long at, double deviation) {
    for (int row = 0; row < QuantizedKernels.ROWS; row++) {
      drawScale(random, block, at + (long) row * Short.BYTES, deviation);
    }
  }

  static void drawScale(RandomGenerator random, MemorySegment block, long at, double deviation) {
    double scale = DEVIATION / deviation * Math.exp(SCALE_SPREAD * random.nextGaussian());
    block.set(LittleEndian.SHORT, at, Float.floatToFloat16((float) scale));
  }
}
