package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.format.ModelFiles;
import io.github.jmixtral.internal.writing.CheckpointWriter;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sequence's own number of experts, and which experts it used. */
class ExpertsPerTokenTest {

  private static final int[] IDS = new SplittableRandom(31).ints(90, 3, 500).toArray();

  private static LanguageModel model;

  @BeforeAll
  static void load() {
    model =
        LanguageModel.fromPretrained(
            Fixtures.folder("full-f32"), LoadOptions.defaults().withThreads(2));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static float[] logits(LanguageModel model, BlockCache cache, int... ids) {
    float[] logits = new float[model.config().vocabSize()];
    model.nextTokenLogits(new SequenceStep(cache, ids, 0, ids.length, logits));
    return logits;
  }

  private static BlockCache cache(int experts) {
    BlockCache cache = model.newCache();
    cache.setNumExpertsPerTok(experts);
    return cache;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void aSequencesNumberOfExpertsEqualsAModelOfThatNumber(int experts, @TempDir Path folder)
      throws IOException {
    try (Checkpoint checkpoint =
        Checkpoint.open(Fixtures.folder("full-f32"), LoadOptions.defaults())) {
      CheckpointWriter.write(
          folder,
          checkpoint.config(),
          checkpoint.weights(),
          CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      MixtralConfig config = checkpoint.config().with(Map.of("num_experts_per_tok", experts));
      Files.delete(folder.resolve(ModelFiles.CONFIG));
      config.savePretrained(folder);
    }
    try (LanguageModel other = LanguageModel.fromPretrained(folder, LoadOptions.defaults())) {
      float[] expected = logits(other, other.newCache(), IDS);
      assertArrayEquals(expected, logits(model, cache(experts), IDS));
      if (experts != model.config().numExpertsPerTok()) {
        assertFalse(Arrays.equals(expected, logits(model, model.newCache(), IDS)));
      }
    }
  }

  @Test
  void sequencesOfABatchMayDiffer() {
    int[] numbers = {3, 1, 8, 2};
    float[][] together = new float[numbers.length][model.config().vocabSize()];
    List<BlockCache> caches = Arrays.stream(numbers).mapToObj(k -> cache(k)).toList();
    List<int[]> ids = Arrays.stream(numbers).mapToObj(k -> Arrays.copyOf(IDS, 20 + k)).toList();
    model.nextTokenLogits(SequenceStep.ofEach(caches, ids, together));
    for (int i = 0; i < numbers.length; i++) {
      BlockCache alone = cache(numbers[i]);
      float[] expected = logits(model, alone, Arrays.copyOf(IDS, 20 + numbers[i]));
      assertArrayEquals(expected, together[i], "sequence " + i);
      assertArrayEquals(alone.expertCounts(), caches.get(i).expertCounts());
    }
  }

  @Test
  void theNumberMayChangeOnTheWayAndForksInheritIt() {
    BlockCache cache = cache(1);
    logits(model, cache, IDS);
    BlockCache fork = cache.fork();
    assertEquals(1, fork.numExpertsPerTok());
    fork.setNumExpertsPerTok(4);
    assertEquals(1, cache.numExpertsPerTok());
    long before = total(fork.expertCounts()[0]);
    logits(model, fork, 5, 6, 7);
    assertEquals(before + 12, total(fork.expertCounts()[0]));
    assertEquals(before, total(cache.expertCounts()[0]));
  }

  @Test
  void aNumberThatTheModelDoesNotHaveIsRefused() {
    BlockCache cache = model.newCache();
    assertEquals(model.config().numExpertsPerTok(), cache.numExpertsPerTok());
    for (int number : new int[] {0, -1, 9}) {
      assertEquals(
          "num_experts_per_tok: expected 1 … 8, found " + number,
          assertThrows(IllegalArgumentException.class, () -> cache.setNumExpertsPerTok(number))
              .getMessage());
    }
  }

  /** The router's logits, which the reference confirms, tell which experts must be counted. */
  @Test
  void theCountsAreThoseOfTheRoutersChoices() {
    BlockCache cache = model.newCache();
    CausalLMOutput output =
        model.forward(ModelInput.ofIds(IDS).withCache(cache).withOutputRouterLogits(true));
    long[][] counts = cache.expertCounts();
    for (int layer = 0; layer < counts.length; layer++) {
      long[] expected = new long[model.config().numLocalExperts()];
      for (float[] logits : output.routerLogits().get(layer)) {
        float[] sorted = logits.clone();
        Arrays.sort(sorted);
        for (int e = 0; e < logits.length; e++) {
          expected[e] += logits[e] >= sorted[sorted.length - 2] ? 1 : 0;
        }
      }
      assertArrayEquals(expected, counts[layer], "layer " + layer);
      assertEquals(2L * IDS.length, total(counts[layer]));
    }
  }

  private static long total(long[] counts) {
    return LongStream.of(counts).sum();
  }
}
