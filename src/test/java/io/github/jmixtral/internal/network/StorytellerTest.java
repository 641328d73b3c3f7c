package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * What must not matter does not: chunks, threads, the sequences of a batch, a cache that rolls. The
 * kernels promise the same bits, so logits are compared bit for bit.
 */
class StorytellerTest {

  /** Longer than the window, and no multiple of anything. */
  private static final int PROMPT = 203;

  private static LanguageModel model;
  private static List<Story> stories;
  private static int[] prompt;

  /** The logits of every position of the prompt, computed by one thread in one chunk. */
  private static float[][] promptLogits;

  /** A prompt and the ids that the reference wrote after it. */
  record Story(String text, int[] promptIds, int[] newIds) {
    @Override
    public String toString() {
      return text.substring(0, Math.min(30, text.length()));
    }
  }

  @BeforeAll
  static void load() {
    model = open(LoadOptions.defaults().withThreads(2));
    assertTrue(PROMPT > model.config().slidingWindow().getAsInt());
    prompt =
        stories().stream()
            .flatMapToInt(story -> IntStream.of(story.newIds()))
            .limit(PROMPT)
            .toArray();
    try (LanguageModel plain = open(LoadOptions.defaults().withThreads(1))) {
      promptLogits = plain.forward(ModelInput.ofIds(prompt)).logits()[0];
    }
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static LanguageModel open(LoadOptions options) {
    return LanguageModel.fromPretrained(Fixtures.storyteller(), options);
  }

  private static List<Story> stories() {
    if (stories == null) {
      stories = new ArrayList<>();
      for (JsonNode story :
          JsonFile.read(Fixtures.storyteller().resolve("evaluation/greedy.json"))) {
        stories.add(
            new Story(
                story.get("prompt").stringValue(),
                ids(story.get("prompt_ids")),
                ids(story.get("new_ids"))));
      }
    }
    return stories;
  }

  private static int[] ids(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).intValue()).toArray();
  }

  @ParameterizedTest
  @MethodSource("stories")
  void greedyIdsEqualTheReference(Story story) {
    assertArrayEquals(story.newIds(), continueGreedily(story));
  }

  /** As many ids as the reference wrote, on a rolling cache. */
  private static int[] continueGreedily(Story story) {
    int[] found = new int[story.newIds().length];
    float[] logits = new float[model.config().vocabSize()];
    BlockCache cache = model.newCache();
    model.nextTokenLogits(
        new SequenceStep(cache, story.promptIds(), 0, story.promptIds().length, logits));
    for (int i = 0; i < found.length; i++) {
      // Where the reference was told to write on, it could not choose the end.
      boolean mayEnd = i + 1 == found.length;
      found[i] = indexOfLargest(logits, mayEnd);
      if (i + 1 < found.length) {
        model.nextTokenLogits(new SequenceStep(cache, found, i, 1, logits));
      }
    }
    return found;
  }

  private static int indexOfLargest(float[] logits, boolean mayEnd) {
    int end = model.config().eosTokenIds()[0];
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best] && (mayEnd || i != end)) {
        best = i;
      }
    }
    return best;
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 3", "7, 1", "7, 2", "7, 3", "64, 2", "65, 3", "512, 2", "512, 3"})
  void chunksAndThreadsDoNotChangeABit(int chunk, int threads) {
    try (LanguageModel other =
        open(LoadOptions.defaults().withChunkTokens(chunk).withThreads(threads))) {
      assertArrayEquals(promptLogits, other.forward(ModelInput.ofIds(prompt)).logits()[0]);
      float[] last = new float[model.config().vocabSize()];
      other.nextTokenLogits(new SequenceStep(other.newCache(), prompt, 0, PROMPT, last));
      assertArrayEquals(promptLogits[PROMPT - 1], last);
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "7", "100", "202"})
  void aPromptInSeveralCallsEqualsOneCall(int length) {
    BlockCache cache = model.newCache();
    float[] logits = new float[model.config().vocabSize()];
    for (int done = 0; done < PROMPT; done += length) {
      int count = Math.min(length, PROMPT - done);
      model.nextTokenLogits(new SequenceStep(cache, prompt, done, count, logits));
      assertArrayEquals(promptLogits[done + count - 1], logits, "after " + (done + count));
    }
    assertEquals(PROMPT, cache.length());
  }

  @Test
  void sequencesOfABatchEqualEachAlone() {
    int[] lengths = {1, 3, PROMPT, 64, 2};
    List<BlockCache> caches = Stream.generate(model::newCache).limit(lengths.length).toList();
    float[][] logits = new float[lengths.length][model.config().vocabSize()];
    int[] done = new int[lengths.length];
    List<int[]> prompts = IntStream.of(lengths).mapToObj(n -> Arrays.copyOf(prompt, n)).toList();
    model.nextTokenLogits(SequenceStep.ofEach(caches, prompts, logits));
    for (int step = 0; step < 4; step++) {
      for (int s = 0; s < lengths.length; s++) {
        done[s] = step == 0 ? lengths[s] : done[s] + 1 + (s + step) % 3;
        assertArrayEquals(alone(done[s]), logits[s], "sequence " + s + ", step " + step);
        assertEquals(done[s], caches.get(s).length());
      }
      // From one to three ids each: a ragged batch.
      List<int[]> next = new ArrayList<>();
      for (int s = 0; s < lengths.length; s++) {
        next.add(longPrompt(done[s], 1 + (s + step + 1) % 3));
      }
      model.nextTokenLogits(SequenceStep.ofEach(caches, next, logits));
    }
  }

  /** Ids {@code first} and following of the prompt, over and over. */
  private static int[] longPrompt(int first, int count) {
    return IntStream.range(first, first + count).map(i -> prompt[i % PROMPT]).toArray();
  }

  private static float[] alone(int length) {
    float[] logits = new float[model.config().vocabSize()];
    model.nextTokenLogits(
        new SequenceStep(model.newCache(), longPrompt(0, length), 0, length, logits));
    return logits;
  }

  @Test
  void aPaddedBatchEqualsEachSequenceAlone() {
    int[][] ids = {longPrompt(0, 150), longPrompt(0, 150), longPrompt(0, 150)};
    int[][] mask = new int[3][150];
    int[] padding = {0, 140, 37};
    for (int b = 0; b < 3; b++) {
      Arrays.fill(mask[b], padding[b], 150, 1);
      System.arraycopy(prompt, 0, ids[b], padding[b], 150 - padding[b]);
    }
    float[][][] logits = model.forward(ModelInput.ofIds(ids).withAttentionMask(mask)).logits();
    for (int b = 0; b < 3; b++) {
      assertArrayEquals(
          Arrays.copyOf(promptLogits, 150 - padding[b]),
          Arrays.copyOfRange(logits[b], padding[b], 150));
    }
  }

  @Test
  void aRollingCacheEqualsComputingTheWholeSequenceAnew() {
    BlockCache cache = model.newCache();
    float[] logits = new float[model.config().vocabSize()];
    int total = 500;
    int[] ids = Arrays.copyOf(prompt, total);
    model.nextTokenLogits(new SequenceStep(cache, ids, 0, PROMPT, logits));
    long byteSize = cache.byteSize();
    for (int i = PROMPT; i < total; i++) {
      ids[i] = indexOfLargest(logits, false);
      model.nextTokenLogits(new SequenceStep(cache, ids, i, 1, logits));
      assertTrue(cache.byteSize() <= byteSize, "position " + i);
      if (i % 71 == 0 || i + 1 == total) {
        float[] anew = new float[logits.length];
        model.nextTokenLogits(new SequenceStep(model.newCache(), ids, 0, i + 1, anew));
        assertArrayEquals(anew, logits, "position " + i);
      }
    }
  }

  @Test
  void aWindowThatIsNotReachedYetChangesNothing() {
    int window = model.config().slidingWindow().getAsInt();
    try (LanguageModel full = open(LoadOptions.defaults().withSlidingWindow(0))) {
      float[][] logits = full.forward(ModelInput.ofIds(prompt)).logits()[0];
      assertArrayEquals(Arrays.copyOf(promptLogits, window), Arrays.copyOf(logits, window));
      assertTrue(!Arrays.equals(promptLogits[window], logits[window]));
    }
  }

  @RunsOnce
  @Test
  void warmingUpChangesNothing() {
    model.warmUp();
    assertArrayEquals(promptLogits, model.forward(ModelInput.ofIds(prompt)).logits()[0]);
  }

  @Test
  void severalThreadsMayCallOneModelAtOnce() throws InterruptedException, ExecutionException {
    List<Callable<Void>> calls = new ArrayList<>();
    for (Story story : stories().subList(0, 2)) {
      calls.add(
          () -> {
            assertArrayEquals(story.newIds(), continueGreedily(story));
            return null;
          });
    }
    calls.add(
        () -> {
          for (int i = 0; i < 3; i++) {
            assertArrayEquals(promptLogits, model.forward(ModelInput.ofIds(prompt)).logits()[0]);
          }
          return null;
        });
    calls.add(
        () -> {
          sequencesOfABatchEqualEachAlone();
          return null;
        });
    try (ExecutorService threads = Executors.newFixedThreadPool(calls.size())) {
      for (Future<Void> done : threads.invokeAll(calls)) {
        done.get();
      }
    }
  }
}
