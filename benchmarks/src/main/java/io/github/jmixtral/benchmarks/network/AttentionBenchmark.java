package io.github.jmixtral.benchmarks.network;

import io.github.jmixtral.benchmarks.RandomTiles;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.CacheMemory;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.internal.network.TiledAttention;
import io.github.jmixtral.internal.network.TokenBatch;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.IterationParams;

/**
 * Attention of one layer of Mixtral 8x7B over a whole prompt, {@code tiled} (an online softmax over
 * blocks, {@link TiledAttention}) against {@code plain} (scores written to memory, {@link
 * PlainAttention}). {@code gigaflop} counts the products below the diagonal, {@code megabytes}
 * tells the scratch memory: of tiles it stays what it is, of scores it grows with the square.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class AttentionBenchmark {
  private static final MixtralConfig CONFIG = MixtralConfig.of(Map.of("num_hidden_layers", 1));
  private static final int HEADS = CONFIG.numAttentionHeads();
  private static final int KV_HEADS = CONFIG.numKeyValueHeads();
  private static final int HEAD_DIM = CONFIG.headDim();

  /** Ids of the prompt. */
  @Param({"128", "256", "512", "1024", "2048", "4096", "8192"})
  public int length;

  /** {@code tiled} or {@code plain}. */
  @Param({"tiled", "plain"})
  public String variant;

  /** Threads that share the work. */
  @Param({"2"})
  public int threads;

  private Arena arena;
  private ThreadTeam team;
  private TiledAttention tiled;
  private PlainAttention plain;
  private float[] queries;
  private float[] mixed;

  /** Counts the work; JMH reports it per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    /** Ids. */
    public double tokens;

    /** 10⁹ multiplications and additions that the causal mask leaves. */
    public double gigaflop;
  }

  /** Tells of memory. JMH adds up what the iterations tell, so each tells its share. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Memory {
    private double bytes;
    private int iterations;

    /** Counts the iterations. */
    @Setup(Level.Iteration)
    public void begin(IterationParams iteration) {
      iterations = iteration.getCount();
    }

    /** 10⁶ bytes of scratch memory. */
    public double megabytes() {
      return bytes / 1e6 / iterations;
    }
  }

  /** Draws a prompt's queries, keys and values, and checks that both variants agree. */
  @Setup
  public void prepare() {
    arena = Arena.ofShared();
    team = new ThreadTeam(threads);
    SplittableRandom random = new SplittableRandom(1);
    queries = RandomTiles.activations(length * HEADS * HEAD_DIM, random);
    float[] keys = RandomTiles.activations(length * KV_HEADS * HEAD_DIM, random);
    float[] values = RandomTiles.activations(length * KV_HEADS * HEAD_DIM, random);
    BlockCache cache = new BlockCache(CONFIG, CacheFormat.F32, new CacheMemory());
    cache.reserve(length);
    for (int t = 0; t < length; t++) {
      int offset = t * KV_HEADS * HEAD_DIM;
      cache.block(t / BlockCache.BLOCK).store(0, t % BlockCache.BLOCK, keys, values, offset);
    }
    TokenBatch batch = new TokenBatch();
    batch.add(new SequenceStep(cache, new int[length], 0, length), 0, length);
    tiled = new TiledAttention(CONFIG, Kernels.detected().attention(), team);
    tiled.begin(batch);
    plain = new PlainAttention(CONFIG, team, arena, length, queries, keys, values);
    mixed = new float[queries.length];
    check();
  }

  private void check() {
    float[] expected = new float[mixed.length];
    plain.run(expected);
    tiled.run(0, queries, mixed);
    for (int i = 0; i < mixed.length; i++) {
      // Values are of size 1, and a query's weights sum to 1.
      if (!(Math.abs(expected[i] - mixed[i]) <= 2e-5)) {
        throw new IllegalStateException(
            "output %d: plain %s, tiled %s".formatted(i, expected[i], mixed[i]));
      }
    }
  }

  /** One layer's attention over the prompt. */
  @Benchmark
  public float[] attend(Work work, Memory memory) {
    if (variant.equals("tiled")) {
      tiled.run(0, queries, mixed);
      memory.bytes = tiled.scratchBytes();
    } else {
      plain.run(mixed);
      memory.bytes = plain.scratchBytes();
    }
    work.tokens += length;
    work.gigaflop += 1e-9 * 4 * HEADS * HEAD_DIM * (length * (length + 1.0) / 2);
    return mixed;
  }

  /** Ends the threads and gives the memory back. */
  @TearDown
  public void free() {
    team.close();
    arena.close();
  }
}
