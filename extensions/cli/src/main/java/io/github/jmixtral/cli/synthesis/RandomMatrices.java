package io.github.jmixtral.cli.synthesis;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.kernel.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The bytes of random matrices as a folder stores them. What repeats is drawn once. */
final class RandomMatrices {
  private final Arena arena;
  private final long seed;
  private final RandomWeights bfloat16;
  private final Map<TileFormat, RandomWeights> tiles = new EnumMap<>(TileFormat.class);
  private final Map<SuperBlocks, RandomWeights> superBlocks = new HashMap<>();

  /** Super-blocks of one size: tiles below each other, and groups of 32 columns. */
  private record SuperBlocks(SuperBlockFormat format, int tiles, int groups) {}

  RandomMatrices(Arena arena, long seed) {
    this.arena = arena;
    this.seed = seed;
    bfloat16 = RandomWeights.bfloat16(arena, seed);
  }

  /**
   * Hands a matrix's bytes to a writer, in parts.
   *
   * @param format empty: bfloat16
   * @param cols a multiple of 32 where there is a format
   */
  void forEachPart(
      Optional<WeightFormat> format, int rows, int cols, Consumer<MemorySegment> writer) {
    if (format.isEmpty()) {
      bfloat16.forEachPart((long) rows * cols * Short.BYTES, writer);
      return;
    }
    int below = (rows + QuantizedKernels.ROWS - 1) / QuantizedKernels.ROWS;
    int groups = cols / QuantizedKernels.GROUP;
    switch (format.get()) {
      case TileFormat ofTiles ->
          tiles
              .computeIfAbsent(ofTiles, drawn -> RandomWeights.tiles(arena, seed, drawn))
              .forEachPart((long) below * groups * ofTiles.tileBytes(), writer);
      case SuperBlockFormat ofBlocks -> {
        for (int tile = 0; tile < below; tile += QuantizedKernels.BLOCK) {
          int count = Math.min(QuantizedKernels.BLOCK, below - tile);
          int whole = groups / SuperBlockKernels.GROUPS;
          forEachPart(new SuperBlocks(ofBlocks, count, SuperBlockKernels.GROUPS), whole, writer);
          int rest = groups % SuperBlockKernels.GROUPS;
          forEachPart(new SuperBlocks(ofBlocks, count, rest), Math.min(rest, 1), writer);
        }
      }
    }
  }

  private void forEachPart(SuperBlocks size, int times, Consumer<MemorySegment> writer) {
    if (times > 0) {
      long bytes = RandomSuperBlocks.byteSize(size.format(), size.tiles(), size.groups());
      superBlocks
          .computeIfAbsent(
              size,
              drawn ->
                  RandomWeights.superBlocks(
                      arena, seed, drawn.format(), drawn.tiles(), drawn.groups()))
          .forEachPart(times * bytes, writer);
    }
  }
}
