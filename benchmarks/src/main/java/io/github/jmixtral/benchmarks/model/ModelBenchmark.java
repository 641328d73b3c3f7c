package io.github.jmixtral.benchmarks.model;

import io.github.jmixtral.benchmarks.RandomTiles;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
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
 * A whole model of two layers, of the width of Mixtral 8x7B, with 4-bit weights: {@code prefill}
 * takes a prompt of {@code length} ids, {@code decode} one id after a prompt of that length. The
 * folder is written when it is missing.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@State(Scope.Benchmark)
public class ModelBenchmark {
  /** Ids that are decoded before the cache begins anew at the prompt's end. */
  private static final int NEW_IDS = 64;

  /** The model. */
  @Param(SyntheticFolder.DEFAULT)
  public String folder;

  /** Ids of the prompt. */
  @Param({"64", "512", "4096"})
  public int length;

  /** Threads that share the work. */
  @Param({"2"})
  public int threads;

  private LanguageModel model;
  private BlockCache cache;
  private int[] ids;
  private float[] logits;

  /** Counts the work; JMH reports it per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    /** Ids. */
    public double tokens;
  }

  /** Loads the model, and checks that a prompt gives the same bits in one chunk and in two. */
  @Setup
  public void prepare() {
    LoadOptions options = LoadOptions.defaults().withThreads(threads).withPreload((_, _) -> {});
    model = LanguageModel.fromPretrained(SyntheticFolder.prepare(folder), options);
    int vocab = model.config().vocabSize();
    ids = new SplittableRandom(1).ints(length + NEW_IDS, 0, vocab).toArray();
    logits = new float[vocab];
    float[] expected = new float[vocab];
    BlockCache inTwo = model.newCache();
    model.nextTokenLogits(new SequenceStep(inTwo, ids, 0, 31, expected));
    model.nextTokenLogits(new SequenceStep(inTwo, ids, 31, length - 31, expected));
    cache = model.newCache();
    model.nextTokenLogits(new SequenceStep(cache, ids, 0, length, logits));
    RandomTiles.requireSameBits("in one chunk", expected, logits, vocab);
  }

  /** A prompt. */
  @Benchmark
  public float[] prefill(Work work) {
    model.nextTokenLogits(new SequenceStep(model.newCache(), ids, 0, length, logits));
    work.tokens += length;
    return logits;
  }

  /** A new id. */
  @Benchmark
  public float[] decode(Work work) {
    if (cache.length() == ids.length) {
      cache.truncate(length);
    }
    model.nextTokenLogits(new SequenceStep(cache, ids, cache.length(), 1, logits));
    work.tokens++;
    return logits;
  }

  /** Ends the threads and unmaps the weights. */
  @TearDown
  public void close() {
    model.close();
  }
}
