package io.github.jmixtral.cli.synthesis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The promise of the same bits where matrices have the hidden width and the heads of 8x7B, and are
 * cut into many pieces: two layers with fewer and narrower experts. {@code scripts/benchmark
 * --same-bits} compares with all experts at their width, for which the suite has no room.
 */
class RealWidthTest {
  private static final int PROMPT = 300;
  private static final int AT_ONCE = 512;

  private static final MixtralConfig CONFIG =
      MixtralConfig.of(
          Map.of(
              "num_hidden_layers",
              2,
              "intermediate_size",
              1024,
              "num_local_experts",
              4,
              "vocab_size",
              1000));

  @TempDir private static Path temporary;
  private static int[] prompt;

  @BeforeAll
  static void synthesize() {
    new SyntheticCheckpoint(CONFIG, Optional.of(Recipe.Q4_ALL), 7)
        .write(temporary.resolve("model"), _ -> {}, _ -> {});
    prompt = new SplittableRandom(3).ints(PROMPT, 0, CONFIG.vocabSize()).toArray();
  }

  private static LanguageModel open(CacheFormat format, int chunk, int threads) {
    return LanguageModel.fromPretrained(
        temporary.resolve("model"),
        LoadOptions.defaults().withCacheFormat(format).withChunkTokens(chunk).withThreads(threads));
  }

  /** Chunks of single ids take longest: with one format they do. */
  @ParameterizedTest
  @CsvSource({"F32, 7, 1", "F32, 64, 3", "F16, 1, 2", "F16, 7, 3", "I8, 7, 2", "I8, 64, 1"})
  void aPromptGivesTheSameBitsInAnyChunksAndBesideOthers(
      CacheFormat format, int chunk, int threads) {
    float[] expected;
    try (LanguageModel model = open(format, AT_ONCE, 2)) {
      expected = last(model);
    }
    try (LanguageModel model = open(format, chunk, threads)) {
      assertArrayEquals(expected, last(model), "alone");
      if (chunk > 1) {
        assertArrayEquals(expected, lastAmongOthers(model), "beside four others");
      }
    }
  }

  private static float[] last(LanguageModel model) {
    float[] logits = new float[CONFIG.vocabSize()];
    model.nextTokenLogits(new SequenceStep(model.newCache(), prompt, 0, PROMPT, logits));
    return logits;
  }

  private static float[] lastAmongOthers(LanguageModel model) {
    int[] lengths = {1, 5, PROMPT, 17, 64};
    List<BlockCache> caches = Stream.generate(model::newCache).limit(lengths.length).toList();
    float[][] logits = new float[lengths.length][CONFIG.vocabSize()];
    List<int[]> prompts = IntStream.of(lengths).mapToObj(n -> Arrays.copyOf(prompt, n)).toList();
    model.nextTokenLogits(SequenceStep.ofEach(caches, prompts, logits));
    return logits[2];
  }
}
