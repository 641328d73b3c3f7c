package io.github.jmixtral.benchmarks;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.MatMul;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.TiledMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
 * A matrix of an expert of Mixtral 8x7B, 4096 × 14336, times the activations of some tokens. {@code
 * gigaflop} per second is to be seen beside {@link PeakBenchmark}, {@code gigabytes} of weights per
 * second beside {@link MemoryReadBenchmark}.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@State(Scope.Benchmark)
public class MatMulBenchmark {
  private static final int ROWS = 4096;
  private static final int COLS = 14336;

  /** How the weights are stored. */
  @Param({"F32", "BF16", "F16"})
  public String format;

  /** Tokens that are multiplied at once. */
  @Param({"1", "4", "64", "512"})
  public int tokens;

  /** Threads that share the work. */
  @Param({"1", "2"})
  public int threads;

  private Arena arena;
  private ThreadTeam team;
  private MatMul matMul;
  private WeightMatrix weights;
  private float[] x;
  private float[] out;

  /** Counts the work; JMH reports it per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    /** 10⁹ floating-point operations. */
    public double gigaflop;

    /** 10⁹ bytes of weights. */
    public double gigabytes;
  }

  /** Draws weights and activations, and checks some products against plain loops. */
  @Setup
  public void prepare() {
    arena = Arena.ofShared();
    team = new ThreadTeam(threads);
    matMul = new MatMul(Kernels.detected(), team, true);
    SplittableRandom random = new SplittableRandom(1);
    weights = draw(random);
    x = new float[tokens * COLS];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() - 0.5f;
    }
    out = new float[tokens * ROWS];
    multiply(new Work());
    check();
  }

  private WeightMatrix draw(SplittableRandom random) {
    long count = (long) ROWS * COLS;
    if (format.equals("F32")) {
      MemorySegment data = arena.allocate(count * Float.BYTES, 64);
      for (long i = 0; i < count; i++) {
        data.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
      }
      return new FloatMatrix(FloatFormat.F32, data, ROWS, COLS);
    }
    boolean half = format.equals("F16");
    MemorySegment data = arena.allocate(count * Short.BYTES, 64);
    for (long i = 0; i < count; i++) {
      float weight = random.nextFloat() - 0.5f;
      int bits = half ? Float.floatToFloat16(weight) : Float.floatToRawIntBits(weight) >>> 16;
      data.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) bits);
    }
    return half
        ? new FloatMatrix(FloatFormat.F16, data, ROWS, COLS)
        : new FloatMatrix(FloatFormat.BF16, data, ROWS, COLS);
  }

  private void check() {
    for (int sample = 0; sample < 100; sample++) {
      int row = sample * 41 % ROWS;
      int token = sample % tokens;
      double expected = 0;
      double size = 0;
      for (int c = 0; c < COLS; c++) {
        double product = weight((long) row * COLS + c) * x[token * COLS + c];
        expected += product;
        size += Math.abs(product);
      }
      float found = out[token * ROWS + row];
      if (Math.abs(found - expected) > 1e-5 * size) {
        throw new IllegalStateException("expected " + expected + ", found " + found);
      }
    }
  }

  private double weight(long i) {
    return switch (weights) {
      case FloatMatrix floats -> floats.format().get(floats.data(), i);
      case TiledMatrix _, SuperBlockMatrix _, ReorderedMatrix _, EncodedMatrix _ ->
          throw new AssertionError("not drawn here");
    };
  }

  /** One product. */
  @Benchmark
  public float[] multiply(Work work) {
    matMul.add(weights, x, 0, tokens, out, 0);
    matMul.run();
    work.gigaflop += 2e-9 * ROWS * COLS * tokens;
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
