package io.github.jmixtral.benchmarks.network;

import io.github.jmixtral.benchmarks.RandomTiles;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.CacheMemory;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.internal.network.SparseMoeBlock;
import io.github.jmixtral.internal.network.TokenBatch;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.MatMul;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
 * The mixture of experts of one layer of Mixtral 8x7B with 4-bit weights: router, grouping, two of
 * eight experts for each token. {@code tokens} per second shows what grouping by expert gains,
 * {@code gigaop} per second how near that comes to {@link
 * io.github.jmixtral.benchmarks.QuantizedMatMulBenchmark}.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@State(Scope.Benchmark)
public class MoeBenchmark {
  private static final MixtralConfig CONFIG = MixtralConfig.of(Map.of());
  private static final int HIDDEN = CONFIG.hiddenSize();
  private static final int INTERMEDIATE = CONFIG.intermediateSize();
  private static final int EXPERTS = CONFIG.numLocalExperts();

  /** One token is checked alone for each of so many. */
  private static final int CHECKED_TOKENS = 4;

  /** Tokens that go through the layer at once. */
  @Param({"1", "2", "4", "8", "16", "32", "64", "128", "256", "512"})
  public int rows;

  /** Threads that share the work. */
  @Param({"2"})
  public int threads;

  private Arena arena;
  private ThreadTeam team;
  private SparseMoeBlock block;
  private TokenBatch batch;
  private MixtralWeights.Layer layer;
  private float[] x;
  private float[] out;

  /** Counts the work; JMH reports it per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    /** Tokens. */
    public double tokens;

    /** 10⁹ multiplications and additions in the experts' matrices. */
    public double gigaop;
  }

  /** Draws a layer, and checks that a token gives the same bits alone and among others. */
  @Setup
  public void prepare() {
    arena = Arena.ofShared();
    team = new ThreadTeam(threads);
    SplittableRandom random = new SplittableRandom(1);
    layer = drawLayer(random);
    x = RandomTiles.activations(rows * HIDDEN, random);
    out = new float[rows * HIDDEN];
    block = new SparseMoeBlock(CONFIG, team, new MatMul(Kernels.detected(), team, true));
    batch = batch(rows);
    block.begin(batch);
    block.forward(layer, 0, batch, x, out);
    TokenBatch single = batch(1);
    block.begin(single);
    for (int i = 0; i < CHECKED_TOKENS; i++) {
      int token = (rows - 1) * i / (CHECKED_TOKENS - 1);
      float[] alone = new float[HIDDEN];
      float[] state = Arrays.copyOfRange(x, token * HIDDEN, (token + 1) * HIDDEN);
      block.forward(layer, 0, single, state, alone);
      float[] among = Arrays.copyOfRange(out, token * HIDDEN, (token + 1) * HIDDEN);
      RandomTiles.requireSameBits("token " + token + " alone", alone, among, HIDDEN);
    }
    block.begin(batch);
  }

  private static TokenBatch batch(int rows) {
    TokenBatch batch = new TokenBatch();
    BlockCache cache = new BlockCache(CONFIG, CacheFormat.F32, new CacheMemory());
    batch.add(new SequenceStep(cache, new int[rows], 0, rows), 0, rows);
    return batch;
  }

  private MixtralWeights.Layer drawLayer(SplittableRandom random) {
    List<MixtralWeights.Expert> experts = new ArrayList<>();
    for (int expert = 0; expert < EXPERTS; expert++) {
      experts.add(
          new MixtralWeights.Expert(
              RandomTiles.draw(arena, 4, INTERMEDIATE, HIDDEN, random),
              RandomTiles.draw(arena, 4, HIDDEN, INTERMEDIATE, random),
              RandomTiles.draw(arena, 4, INTERMEDIATE, HIDDEN, random)));
    }
    WeightMatrix gate = new FloatMatrix(FloatFormat.F32, drawGate(random), EXPERTS, HIDDEN);
    // Attention has no part here: any matrix stands for its projections.
    float[] norm = new float[HIDDEN];
    return new MixtralWeights.Layer(norm, gate, gate, gate, gate, norm, gate, experts);
  }

  private MemorySegment drawGate(SplittableRandom random) {
    MemorySegment data = arena.allocate((long) EXPERTS * HIDDEN * Float.BYTES, 64);
    for (long i = 0; i < (long) EXPERTS * HIDDEN; i++) {
      data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (0.02 * random.nextGaussian()));
    }
    return data;
  }

  /** One layer's experts. */
  @Benchmark
  public float[] forward(Work work) {
    block.forward(layer, 0, batch, x, out);
    work.tokens += rows;
    work.gigaop += 2e-9 * 3 * HIDDEN * INTERMEDIATE * CONFIG.numExpertsPerTok() * rows;
    return out;
  }

  /** Ends the threads and gives the memory back. */
  @TearDown
  public void free() {
    team.close();
    arena.close();
  }
}
