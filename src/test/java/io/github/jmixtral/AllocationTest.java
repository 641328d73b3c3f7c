package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.testkit.Fixtures;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Decoding allocates next to nothing, on the caller's thread and the team's, once it is warm: until
 * the compiler has taken all loops in hand, every vector is an object, so the tests go on decoding
 * until it has.
 *
 * <p>Once, on the machine's own vectors, in a process of its own: in one that has run other tests,
 * the compiler now and then leaves vectors of the loops over quantised weights arrays, for good.
 */
@RunsOnce
@Tag("own-process")
class AllocationTest {

  private static final int TOKENS = 200;

  private static final int BYTES_PER_TOKEN = 1024;

  /** Far more than the compiler needs, even beside other work. */
  private static final int MOST_ROUNDS_OF_WARMING = 200;

  private static final int MEASURED_ROUNDS = 7;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Integers of 4 bits with zero points are multiplied in two parts. */
  @Test
  void weightsWithZeroPointsAllocateNothingOnceWarm() {
    assertNextTokenAllocatesNothing(
        Fixtures.folder("quantized/awq-gemm"), LoadOptions.defaults().withThreads(2));
  }

  static Stream<LoadOptions> loadOptions() {
    LoadOptions two = LoadOptions.defaults().withThreads(2);
    return Stream.of(
        two,
        two.withQuantization(Recipe.Q4).withCacheFormat(LoadOptions.CacheFormat.F16),
        two.withQuantization(Recipe.Q8).withCacheFormat(LoadOptions.CacheFormat.I8));
  }

  @ParameterizedTest
  @MethodSource("loadOptions")
  void nextTokenLogitsAllocatesNothingOnceWarm(LoadOptions options) {
    assertNextTokenAllocatesNothing(Fixtures.storyteller(), options);
  }

  private void assertNextTokenAllocatesNothing(Path folder, LoadOptions options) {
    try (LanguageModel model = LanguageModel.fromPretrained(folder, options)) {
      int[] ids = {1};
      float[] logits = new float[model.config().vocabSize()];
      assertAllocatesLittle(
          () -> {
            BlockCache cache = model.newCache();
            long before = 0;
            for (int i = 0; i < 2 * TOKENS; i++) {
              if (i == TOKENS) {
                before = allocatedBytes();
              }
              model.nextTokenLogits(new SequenceStep(cache, ids, 0, 1, logits));
              ids[0] = i % model.config().vocabSize();
            }
            return allocatedBytes() - before;
          });
    }
  }

  @ParameterizedTest
  @MethodSource("loadOptions")
  void generatingAllocatesLittleOnceWarm(LoadOptions options) {
    GenerationConfig config =
        GenerationConfig.inherit()
            .withMaxNewTokens(2 * TOKENS)
            .withEosTokenIds()
            .withDoSample(true)
            .withTopP(0.9)
            .withRepetitionPenalty(1.1);
    try (MixtralForCausalLM model =
        MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), options)) {
      assertAllocatesLittle(
          () -> {
            long[] before = new long[2];
            model
                .request(Prompt.text("Once upon a time"))
                .withConfig(config)
                .onToken(
                    _ -> {
                      if (before[0]++ == TOKENS) {
                        before[1] = allocatedBytes();
                      }
                    })
                .generate();
            return allocatedBytes() - before[1];
          });
    }
  }

  /**
   * Takes rounds that measure what {@link #TOKENS} tokens allocated after as many had gone before:
   * some until the compiler is done, and then most of several must allocate little.
   */
  private static void assertAllocatesLittle(LongSupplier round) {
    long most = TOKENS * BYTES_PER_TOKEN;
    for (int i = 0; i < MOST_ROUNDS_OF_WARMING && round.getAsLong() > most; i++) {}
    long[] bytes = LongStream.generate(round).limit(MEASURED_ROUNDS).sorted().toArray();
    long median = bytes[MEASURED_ROUNDS / 2];
    assertTrue(median <= most, () -> median / TOKENS + " bytes allocated for each token");
  }

  private long allocatedBytes() {
    long[] team =
        Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
            .filter(thread -> thread != null && thread.getThreadName().startsWith("jmixtral-"))
            .mapToLong(thread -> thread.getThreadId())
            .toArray();
    return threads.getCurrentThreadAllocatedBytes()
        + LongStream.of(threads.getThreadAllocatedBytes(team)).sum();
  }
}
