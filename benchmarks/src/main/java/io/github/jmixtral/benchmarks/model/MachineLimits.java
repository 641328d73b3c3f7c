package io.github.jmixtral.benchmarks.model;

import io.github.jmixtral.benchmarks.MemoryReadBenchmark;
import io.github.jmixtral.benchmarks.RandomTiles;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.MatMul;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/**
 * What bounds decoding on this machine: how fast the mapped weights can be read, and how fast the
 * 4-bit kernel is where its weights are in the cache. Each method does some of the work and returns
 * how many bytes of weights it read.
 */
final class MachineLimits {
  /** Bytes that a thread reads at a time: a multiple of four vectors of any size. */
  private static final long STRETCH = 4 << 20;

  /** 288 KiB at 4 bits: half a common L2 for both threads together. */
  private static final int ROWS = 512;

  private static final int COLS = 1024;

  /** Products in one parallel step, so that starting it costs nothing. */
  private static final int PRODUCTS = 64;

  /** Longs from one thread's sum to the next's: two cache lines, so that they do not meet. */
  private static final int SUM_STRIDE = 16;

  private final ThreadTeam team;
  private final MemorySegment file;
  private final long[] sums;
  private final MatMul matMul;
  private final QuantizedMatrix small;
  private final float[] x;
  private final float[] out;

  /**
   * @param weights the file to read
   * @param mostTokens that {@link #multiply} is asked for
   * @param arena keeps file and weights
   */
  MachineLimits(Path weights, ThreadTeam team, int mostTokens, Arena arena) throws IOException {
    this.team = team;
    try (FileChannel channel = FileChannel.open(weights, StandardOpenOption.READ)) {
      file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
    sums = new long[team.size() * SUM_STRIDE];
    matMul = new MatMul(Kernels.detected(), team, true);
    SplittableRandom random = new SplittableRandom(1);
    small = RandomTiles.draw(arena, 4, ROWS, COLS, random);
    x = RandomTiles.activations(mostTokens * COLS, random);
    out = new float[PRODUCTS * ROWS * mostTokens];
  }

  /** Reads the file once. */
  long read() {
    int stretches = (int) (file.byteSize() / STRETCH);
    team.run(
        stretches,
        (item, worker) ->
            sums[worker * SUM_STRIDE] +=
                MemoryReadBenchmark.sum(file, item * STRETCH, (item + 1) * STRETCH));
    return stretches * STRETCH;
  }

  /** Multiplies a small matrix with so many tokens, a number of times. */
  long multiply(int tokens) {
    for (int i = 0; i < PRODUCTS; i++) {
      matMul.add(small, x, 0, tokens, out, i * ROWS * tokens);
    }
    matMul.run();
    return PRODUCTS * small.byteSize();
  }
}
