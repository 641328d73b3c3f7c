package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What earlier requests computed is shared by prompts that begin with it, and changes no bit. */
@RunsOnce
@Timeout(120)
class PrefixCacheTest {
  private static final GenerationConfig CONFIG =
      GenerationConfig.inherit()
          .withMaxNewTokens(10)
          .withEosTokenIds()
          .withSeed(5)
          .withOutputLogits(true);

  private static MixtralForCausalLM load(LoadOptions options) {
    return MixtralForCausalLM.fromPretrained(
        Fixtures.storyteller(), options.withQuantization(Recipe.Q4).withChunkTokens(80));
  }

  private static LoadOptions withoutWindow() {
    return LoadOptions.defaults().withSlidingWindow(0);
  }

  private static int[] ids(int seed, int count) {
    return new SplittableRandom(seed).ints(count, 3, 1900).toArray();
  }

  private static int[] concat(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
  }

  private static int cached(Generation generation) {
    assertEquals(
        generation.promptTokenCount(),
        generation.metrics().cachedTokenCount() + generation.metrics().prefillTokenCount());
    return generation.metrics().cachedTokenCount();
  }

  private static void assertSameBits(Generation expected, Generation found) {
    assertArrayEquals(expected.ids(), found.ids());
    for (int step = 0; step < expected.newTokenCount(); step++) {
      assertArrayEquals(expected.outputs().logits().get(step), found.outputs().logits().get(step));
    }
  }

  @Test
  void theNextTurnOfAConversationComputesItsNewIdsOnly() {
    try (var model = load(withoutWindow());
        var plain = load(withoutWindow().withPrefixCache(false))) {
      int[] turn = ids(1, 100);
      for (int i = 0; i < 4; i++) {
        Generation answer = model.generate(Prompt.ids(turn), CONFIG);
        Generation anew = plain.generate(Prompt.ids(turn), CONFIG);
        assertSameBits(anew, answer);
        // The last chosen id was not computed.
        assertEquals(i == 0 ? 0 : turn.length - 6, cached(answer));
        assertEquals(0, cached(anew));
        turn = concat(turn, answer.ids(), ids(10 + i, 5));
      }
      assertEquals(0, model.cacheByteSize());
    }
  }

  @Test
  void whatManyPromptsBeginWithIsComputedOnce() {
    try (var model = load(withoutWindow());
        var plain = load(withoutWindow().withPrefixCache(false))) {
      int[] shared = ids(2, 150);
      for (int i = 0; i < 3; i++) {
        int[] prompt = concat(shared, new int[] {20 + i}, ids(i, 9));
        Generation answer = model.generate(Prompt.ids(prompt), CONFIG);
        assertEquals(i == 0 ? 0 : 150, cached(answer));
        assertSameBits(plain.generate(Prompt.ids(prompt), CONFIG), answer);
      }
      List<int[]> choices = List.of(ids(30, 3), ids(31, 70));
      assertEquals(plain.score(shared, choices), model.score(shared, choices));
    }
  }

  @Test
  void itIsSharedWhileTheFirstTextIsStillUnderWay() {
    try (var model = load(withoutWindow());
        TokenStream first =
            model
                .request(Prompt.ids(ids(2, 150)))
                .withConfig(CONFIG.withMaxNewTokens(1000))
                .stream()) {
      first.next();
      Generation second = model.generate(Prompt.ids(concat(ids(2, 150), ids(4, 4))), CONFIG);
      assertEquals(128, cached(second), "the whole blocks");
    }
  }

  @Test
  void promptsThatWaitTakeOverWhatTheFirstOfThemComputes() {
    try (var model = load(withoutWindow());
        var plain = load(withoutWindow().withPrefixCache(false))) {
      int[] shared = ids(2, 300);
      List<List<Double>> fractions = new ArrayList<>();
      List<GenerationRequest> requests = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        List<Double> ofPrompt = new ArrayList<>();
        fractions.add(ofPrompt);
        requests.add(
            model
                .request(Prompt.ids(concat(shared, ids(20 + i, 9))))
                .withConfig(i == 2 ? CONFIG.withNumBeams(2) : CONFIG)
                .onPrefill(ofPrompt::add));
      }
      List<Generation> generations = model.generateAll(requests);
      for (int i = 0; i < 4; i++) {
        Generation found = generations.get(i);
        assertTrue(i == 0 ? cached(found) == 0 : cached(found) > 200, () -> "" + cached(found));
        assertSameBits(
            plain.generate(Prompt.ids(found.promptIds()), i == 2 ? CONFIG.withNumBeams(2) : CONFIG),
            found);
        assertEquals(fractions.get(i).stream().sorted().toList(), fractions.get(i));
        assertEquals(1, fractions.get(i).getLast());
        int computed = found.metrics().prefillTokenCount() + 9;
        assertTrue(
            i == 2 || Arrays.stream(found.metrics().expertCounts()[1]).sum() == 2L * computed);
      }
    }
  }

  @Test
  void threadsThatBeginAlikeComputeTheirBeginningOnce() throws Exception {
    try (var model = load(withoutWindow());
        var plain = load(withoutWindow().withPrefixCache(false));
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      int[] shared = ids(2, 1500);
      List<Future<Generation>> running =
          IntStream.range(0, 4)
              .mapToObj(
                  i ->
                      threads.submit(
                          () -> model.generate(Prompt.ids(concat(shared, ids(20 + i, 9))), CONFIG)))
              .toList();
      int computed = 0;
      for (Future<Generation> each : running) {
        assertSameBits(plain.generate(Prompt.ids(each.get().promptIds()), CONFIG), each.get());
        computed += each.get().metrics().prefillTokenCount();
      }
      assertTrue(computed < 2 * 1509, computed + " ids");
      assertEquals(0, model.cacheByteSize());
    }
  }

  @Test
  void otherNumbersOfExpertsShareNothing() {
    try (var model = load(withoutWindow());
        var plain = load(withoutWindow().withPrefixCache(false))) {
      Prompt prompt = Prompt.ids(ids(3, 100));
      GenerationConfig three = CONFIG.withNumExpertsPerTok(3);
      assertEquals(0, cached(model.generate(prompt, CONFIG)));
      Generation ofThree = model.generate(prompt, three);
      assertEquals(0, cached(ofThree));
      assertSameBits(plain.generate(prompt, three), ofThree);
      assertEquals(99, cached(model.generate(prompt, three)));
      assertEquals(99, cached(model.generate(prompt, CONFIG)));
    }
  }

  @Test
  void statesOfAPromptAreComputedAnew() {
    try (var model = load(withoutWindow())) {
      GenerationConfig config = CONFIG.withMaxNewTokens(1).withOutputHiddenStates(true);
      for (int i = 0; i < 2; i++) {
        Generation generation = model.generate(Prompt.ids(ids(3, 100)), config);
        assertEquals(0, cached(generation));
        assertEquals(
            100, generation.outputs().states().getFirst().hiddenStates().getFirst().length);
      }
    }
  }

  @Test
  void expertCountsAreThoseOfWhatWasComputed() {
    try (var model = load(withoutWindow())) {
      model.generate(Prompt.ids(ids(3, 100)), CONFIG);
      Generation second = model.generate(Prompt.ids(ids(3, 100)), CONFIG);
      long[] counts = second.metrics().expertCounts()[0];
      assertEquals(2 * (1 + 9), Arrays.stream(counts).sum());
    }
  }

  /** Prompts that share random beginnings, in all kinds of requests, on few and many blocks. */
  @ParameterizedTest
  @CsvSource({"0, F32, 1000", "0, I8, 1000", "0, F16, 14", "100, F32, 1000", "40, F16, 30"})
  void randomPromptsBecomeWhatTheyBecomeWithoutIt(int window, CacheFormat format, int blocks)
      throws Exception {
    long blockBytes = 64 * 4 * 2 * 2 * (format == CacheFormat.I8 ? 36 : 32L * bytes(format));
    LoadOptions options =
        LoadOptions.defaults()
            .withSlidingWindow(window)
            .withCacheFormat(format)
            .withCacheBudget(blocks * blockBytes);
    try (var model = load(options);
        var plain = load(options.withPrefixCache(false));
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<Integer>> running = new ArrayList<>();
      for (int thread = 0; thread < 3; thread++) {
        var random = new SplittableRandom(thread);
        running.add(
            threads.submit(
                () -> {
                  int cached = 0;
                  int[] known = ids(7, 70);
                  for (int i = 0; i < 14; i++) {
                    int kept = random.nextInt(known.length + 1);
                    int[] more = ids(random.nextInt(3), 1 + random.nextInt(90));
                    Prompt prompt = Prompt.ids(concat(Arrays.copyOf(known, kept), more));
                    GenerationConfig config = config(random);
                    Generation found = model.generate(prompt, config);
                    assertSameBits(plain.generate(prompt, config), found);
                    cached += cached(found);
                    disturb(model, known, random);
                    int[] all = concat(found.promptIds(), found.ids());
                    known = all.length < 250 ? all : known;
                  }
                  return cached;
                }));
      }
      int cached = 0;
      for (Future<Integer> each : running) {
        cached += each.get();
      }
      assertTrue(cached > 0);
      assertEquals(0, model.cacheByteSize());
    }
  }

  private static int bytes(CacheFormat format) {
    return format == CacheFormat.F32 ? Float.BYTES : Short.BYTES;
  }

  private static GenerationConfig config(SplittableRandom random) {
    GenerationConfig config = CONFIG.withMaxNewTokens(1 + random.nextInt(12));
    return switch (random.nextInt(6)) {
      case 0 -> config.withPromptLookupNumTokens(5);
      case 1 -> config.withDoSample(true);
      case 2 -> config.withNumBeams(2);
      case 3 -> config.withNumExpertsPerTok(1 + random.nextInt(3));
      case 4 -> config.withGuidanceScale(1.3);
      default -> config;
    };
  }

  /** Requests that are cut short leave nothing wrong behind. */
  private static void disturb(MixtralForCausalLM model, int[] known, SplittableRandom random) {
    GenerationRequest request =
        model.request(Prompt.ids(concat(known, ids(50, 70)))).withConfig(CONFIG);
    switch (random.nextInt(4)) {
      case 0 -> {
        var handle = new CancellationHandle();
        request.withCancellation(handle).onPrefill(_ -> handle.cancel()).generate();
      }
      case 1 ->
          assertThrows(
              ArithmeticException.class,
              () ->
                  request
                      .onToken(
                          _ -> {
                            throw new ArithmeticException("listener");
                          })
                      .generate());
      case 2 -> {
        var handle = new CancellationHandle();
        request
            .withConfig(config -> config.withPromptLookupNumTokens(6))
            .withCancellation(handle)
            .onToken(_ -> handle.cancel())
            .generate();
      }
      default -> {}
    }
  }

  @Test
  void whatIsKeptYieldsToRequests() {
    long blockBytes = 64 * 4 * 2 * 32 * 2 * Float.BYTES;
    try (var model = load(withoutWindow().withCacheBudget(8 * blockBytes))) {
      for (int i = 0; i < 5; i++) {
        // Of 200 ids and 10 new ones: 4 blocks, and one to copy.
        model.generate(Prompt.ids(ids(i, 200)), CONFIG);
      }
      assertEquals(199, cached(model.generate(Prompt.ids(ids(4, 200)), CONFIG)));
      assertEquals(0, cached(model.generate(Prompt.ids(ids(0, 200)), CONFIG)));
      // All of the memory.
      model.generate(Prompt.ids(ids(9, 400)), CONFIG);
      assertEquals(0, cached(model.generate(Prompt.ids(ids(4, 200)), CONFIG)));
    }
  }

  @Test
  void aTextThatTheWindowHasLeftIsSharedAtItsEndOnly() {
    try (var model = load(LoadOptions.defaults().withSlidingWindow(70))) {
      int[] prompt = ids(6, 400);
      Generation answer = model.generate(Prompt.ids(prompt), CONFIG);
      int[] next = concat(prompt, answer.ids(), ids(8, 3));
      assertEquals(prompt.length + 9, cached(model.generate(Prompt.ids(next), CONFIG)));
      int[] early = concat(Arrays.copyOf(prompt, 120), ids(9, 3));
      assertEquals(0, cached(model.generate(Prompt.ids(early), CONFIG)));
    }
  }

  @Test
  void threadsThatAskTheSameGetTheSame() throws Exception {
    try (var model = load(withoutWindow());
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      Prompt prompt = Prompt.ids(ids(12, 90));
      Generation alone = model.generate(prompt, CONFIG);
      List<Future<Generation>> running =
          IntStream.range(0, 12)
              .mapToObj(_ -> threads.submit(() -> model.generate(prompt, CONFIG)))
              .toList();
      for (Future<Generation> each : running) {
        assertSameBits(alone, each.get());
        assertEquals(89, cached(each.get()));
      }
    }
  }
}
