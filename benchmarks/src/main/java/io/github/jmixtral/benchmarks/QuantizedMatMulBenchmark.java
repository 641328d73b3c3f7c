package io.github.jmixtral.benchmarks;

import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.MatMul;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Quantised matrices of an expert of Mixtral 8x7B, 14336 × 4096, times the activations of some
 * tokens, their rounding to 8 bits included. {@code gigaop} per second counts a multiplication and
 * an addition as two, to be seen beside {@link PeakBenchmark}; {@code gigabytes} of weights per
 * second beside {@link MemoryReadBenchmark}: several matrices take turns, so that with one token
 * the weights come from memory as they do while decoding, not from the cache.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@State(Scope.Benchmark)
public class QuantizedMatMulBenchmark {
  private static final int ROWS = 14336;
  private static final int COLS = 4096;

  /** 8 × 33 MB at 4 bits, more than any cache holds. */
  private static final int MATRICES = 8;

  /** Bits of a weight. */
  @Param({"4", "8"})
  public int bits;

  /** Tokens that are multiplied at once. */
  @Param({"1", "4", "8", "64", "512"})
  public int tokens;

  /** Threads that share the work. */
  @Param({"1", "2"})
  public int threads;

  private Arena arena;
  private ThreadTeam team;
  private MatMul matMul;
  private QuantizedMatrix[] matrices;
  private int turn;
  private float[] x;
  private float[] out;

  /** Counts the work; JMH reports it per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    /** 10⁹ multiplications and additions. */
    public double gigaop;

    /** 10⁹ bytes of weights. */
    public double gigabytes;
  }

  /** Draws weights and activations, and checks that every variant gives the same bits. */
  @Setup
  public void prepare() {
    arena = Arena.ofShared();
    team = new ThreadTeam(threads);
    matMul = new MatMul(Kernels.detected(), team, true);
    SplittableRandom random = new SplittableRandom(1);
    matrices = new QuantizedMatrix[MATRICES];
    for (int i = 0; i < MATRICES; i++) {
      matrices[i] = RandomTiles.draw(arena, bits, ROWS, COLS, random);
    }
    x = RandomTiles.activations(tokens * COLS, random);
    out = new float[tokens * ROWS];
    check();
  }

  /** Many tokens at once, the first and the last of them alone, and plain loops must agree. */
  private void check() {
    matMul.add(matrices[0], x, 0, tokens, out, 0);
    matMul.run();
    try (ThreadTeam alone = new ThreadTeam(1)) {
      MatMul plain = new MatMul(Kernels.scalar(), alone, true);
      for (int token : new int[] {0, tokens - 1}) {
        float[] found = Arrays.copyOfRange(out, token * ROWS, (token + 1) * ROWS);
        float[] expected = new float[ROWS];
        plain.add(matrices[0], x, token * COLS, 1, expected, 0);
        plain.run();
        RandomTiles.requireSameBits("plain loops", expected, found, ROWS);
        matMul.add(matrices[0], x, token * COLS, 1, expected, 0);
        matMul.run();
        RandomTiles.requireSameBits("one token alone", expected, found, ROWS);
      }
    }
  }

  /** One product. */
  @Benchmark
  public float[] multiply(Work work) {
    QuantizedMatrix weights = matrices[turn++ % MATRICES];
    matMul.add(weights, x, 0, tokens, out, 0);
    matMul.run();
    work.gigaop += 2e-9 * ROWS * COLS * tokens;
    work.gigabytes += 1e-9 * weights.byteSize();
    return out;
  }

  /** Ends the threads and gives the memory back. */
  @TearDown
  public void free() {
    team.close();
    arena.close();
  }
}
