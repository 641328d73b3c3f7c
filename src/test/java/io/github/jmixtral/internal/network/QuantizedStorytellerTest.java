package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.conversion.CheckpointQuantizer;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The promise of quantised weights: a prompt gives the same logits, bit for bit, in one chunk or
 * many, with one thread or more, alone or among others, in code that runs for the first time or
 * hot.
 */
class QuantizedStorytellerTest {
  private static final int PROMPT = 300;

  @TempDir private static Path temporary;
  private static int[] prompt;

  @BeforeAll
  static void quantize() {
    for (Recipe recipe : Recipe.values()) {
      new CheckpointQuantizer(Fixtures.storyteller(), recipe)
          .withThreads(2)
          .write(temporary.resolve(recipe.toString()), _ -> {});
    }
    prompt =
        StreamSupport.stream(
                JsonFile.read(Fixtures.storyteller().resolve("evaluation/greedy.json"))
                    .spliterator(),
                false)
            .flatMapToInt(
                story ->
                    IntStream.range(0, story.get("new_ids").size())
                        .map(i -> story.get("new_ids").get(i).intValue()))
            .limit(PROMPT)
            .toArray();
  }

  private static LanguageModel open(Recipe recipe, int chunk, int threads) {
    return LanguageModel.fromPretrained(
        temporary.resolve(recipe.toString()),
        LoadOptions.defaults().withChunkTokens(chunk).withThreads(threads));
  }

  private static LanguageModel open(CacheFormat format, int chunk, int threads) {
    return LanguageModel.fromPretrained(
        temporary.resolve(Recipe.Q4.toString()),
        LoadOptions.defaults().withCacheFormat(format).withChunkTokens(chunk).withThreads(threads));
  }

  private static float[] last(LanguageModel model) {
    float[] logits = new float[model.config().vocabSize()];
    model.nextTokenLogits(new SequenceStep(model.newCache(), prompt, 0, PROMPT, logits));
    return logits;
  }

  @ParameterizedTest
  @EnumSource(names = {"Q2", "Q3", "Q4", "Q5", "Q6", "Q8"})
  void chunksThreadsAndHeatDoNotChangeABit(Recipe recipe) {
    float[][] expected;
    try (LanguageModel model = open(recipe, 512, 2)) {
      expected = model.forward(ModelInput.ofIds(prompt)).logits()[0];
    }
    int[][] runs = {{1, 2}, {7, 1}, {7, 3}, {64, 2}, {512, 1}, {512, 3}};
    for (int[] run : runs) {
      try (LanguageModel model = open(recipe, run[0], run[1])) {
        assertArrayEquals(
            expected[PROMPT - 1], last(model), "chunk " + run[0] + ", threads " + run[1]);
      }
    }
    try (LanguageModel model = open(recipe, 64, 3)) {
      assertArrayEquals(expected, model.forward(ModelInput.ofIds(prompt)).logits()[0]);
      model.warmUp();
      assertArrayEquals(expected[PROMPT - 1], last(model), "hot");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q2", "Q3", "Q4", "Q5", "Q6", "Q8"})
  void aSequenceAmongFourOthersEqualsItAlone(Recipe recipe) {
    try (LanguageModel model = open(recipe, 64, 2)) {
      assertArrayEquals(last(model), lastAmongOthers(model));
    }
  }

  /** The same, computed beside four other sequences. */
  private static float[] lastAmongOthers(LanguageModel model) {
    int[] lengths = {1, 40, PROMPT, 77, 130};
    List<BlockCache> caches = Stream.generate(model::newCache).limit(5).toList();
    float[][] logits = new float[5][model.config().vocabSize()];
    List<int[]> prompts = IntStream.of(lengths).mapToObj(n -> Arrays.copyOf(prompt, n)).toList();
    model.nextTokenLogits(SequenceStep.ofEach(caches, prompts, logits));
    return logits[2];
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "I8"})
  void narrowCachesKeepThePromise(CacheFormat format) {
    float[] expected;
    try (LanguageModel model = open(format, 512, 2)) {
      expected = last(model);
      assertArrayEquals(expected, lastAmongOthers(model));
    }
    int[][] runs = {{1, 1}, {7, 3}, {64, 2}};
    for (int[] run : runs) {
      try (LanguageModel model = open(format, run[0], run[1])) {
        assertArrayEquals(expected, last(model), "chunk " + run[0] + ", threads " + run[1]);
      }
    }
    try (LanguageModel exact = open(Recipe.Q4, 512, 2)) {
      assertFalse(Arrays.equals(expected, last(exact)));
    }
  }

  @Test
  void progressIsShownAfterEachLayerOfEachChunk() {
    try (LanguageModel model = open(Recipe.Q4, 64, 2)) {
      float[] logits = new float[model.config().vocabSize()];
      SequenceStep step = new SequenceStep(model.newCache(), prompt, 0, PROMPT, logits);
      List<Double> fractions = new ArrayList<>();
      model.run(List.of(step), fractions::add);
      assertEquals(5 * model.config().numHiddenLayers(), fractions.size());
      assertEquals(fractions.stream().sorted().toList(), fractions);
      assertEquals(64.0 / PROMPT / model.config().numHiddenLayers(), fractions.getFirst(), 1e-9);
      assertEquals(1, fractions.getLast());
      assertArrayEquals(last(model), logits);
    }
  }

  @Test
  void aProgressListenerMustNotCallTheModel() {
    try (LanguageModel model = open(Recipe.Q4, 64, 2)) {
      float[] logits = new float[model.config().vocabSize()];
      SequenceStep step = new SequenceStep(model.newCache(), prompt, 0, PROMPT, logits);
      assertEquals(
          "a progress listener called the model that is computing; let it return first",
          assertThrows(
                  IllegalStateException.class, () -> model.run(List.of(step), _ -> last(model)))
              .getMessage());
      assertEquals(0, step.cache().length());
    }
  }
}
