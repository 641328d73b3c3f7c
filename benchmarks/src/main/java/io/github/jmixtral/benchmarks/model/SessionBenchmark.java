package io.github.jmixtral.benchmarks.model;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.Session;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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
 * The time to the first token of a turn behind a long conversation, with two layers of the width of
 * Mixtral 8x7B: {@code fromScratch} computes all of it, {@code secondTurn} what is new. The folder
 * is written when it is missing.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 5)
@Fork(1)
@State(Scope.Benchmark)
public class SessionBenchmark {
  private static final GenerationConfig ONE_TOKEN =
      GenerationConfig.inherit().withMaxNewTokens(1).withEosTokenIds();

  /** The model. */
  @Param(SyntheticFolder.DEFAULT)
  public String folder;

  /** Ids of the conversation so far. */
  @Param("2000")
  public int history;

  /** Ids of the new message. */
  @Param("20")
  public int message;

  /** Threads that share the work. */
  @Param("2")
  public int threads;

  private MixtralForCausalLM model;
  private Session session;
  private int[] prompt;

  /** Loads the model, computes the history, and checks that both ways choose the same token. */
  @Setup
  public void prepare() {
    LoadOptions options = LoadOptions.defaults().withThreads(threads).withPreload((_, _) -> {});
    model = MixtralForCausalLM.fromPretrained(SyntheticFolder.prepare(folder), options);
    int vocab = model.config().vocabSize();
    prompt = new SplittableRandom(1).ints(history + message, 0, vocab).toArray();
    session = model.newSession();
    session.prefill(Prompt.ids(Arrays.copyOf(prompt, history)));
    Generation second = secondTurn();
    if (second.metrics().prefillTokenCount() != message
        || !Arrays.equals(second.ids(), fromScratch().ids())) {
      throw new IllegalStateException("the second turn is not what it is from scratch");
    }
  }

  /** Of history and message. */
  @Benchmark
  public Generation fromScratch() {
    return model.generate(Prompt.ids(prompt), ONE_TOKEN);
  }

  /** Of the message; a fork of the session, so that the next time finds it unchanged. */
  @Benchmark
  public Generation secondTurn() {
    try (Session fork = session.fork()) {
      return fork.request(Prompt.ids(prompt)).withConfig(ONE_TOKEN).generate();
    }
  }

  /** Ends the threads and unmaps the weights. */
  @TearDown
  public void close() {
    session.close();
    model.close();
  }
}
