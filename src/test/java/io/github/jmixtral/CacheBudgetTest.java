package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Caches stay within their budget: requests wait for each other, or are refused at once. */
@RunsOnce
@Timeout(120)
@SuppressWarnings("try") // Closes early what holds memory.
class CacheBudgetTest {
  /** Of 64 ids: 4 layers, 2 heads of 32 numbers, keys and values. */
  private static final long BLOCK_BYTES = 64 * 4 * 2 * 32 * 2 * Float.BYTES;

  private static final GenerationConfig CONFIG =
      GenerationConfig.inherit().withMaxNewTokens(70).withEosTokenIds();

  private static MixtralForCausalLM load(LoadOptions options) {
    return MixtralForCausalLM.fromPretrained(
        Fixtures.storyteller(), options.withQuantization(Recipe.Q4).withSlidingWindow(0));
  }

  private static LoadOptions budget(int blocks) {
    return LoadOptions.defaults().withCacheBudget(blocks * BLOCK_BYTES);
  }

  @Test
  void requestsThatDoNotFitTogetherWaitForEachOther() throws Exception {
    try (var model = load(budget(8));
        ExecutorService threads = Executors.newFixedThreadPool(6)) {
      Prompt prompt = Prompt.text("Once upon a time");
      Generation alone = model.generate(prompt, CONFIG);
      GenerationConfig beams = CONFIG.withNumBeams(3).withMaxNewTokens(60);
      Generation alonePerBeam = model.generate(prompt, beams);
      var most = new AtomicLong();
      List<Future<Generation>> running = new ArrayList<>();
      for (int i = 0; i < 18; i++) {
        boolean withBeams = i % 3 == 0;
        running.add(
            threads.submit(
                () -> {
                  Generation generation =
                      withBeams
                          ? model.generate(prompt, beams)
                          : model
                              .request(prompt)
                              .withConfig(CONFIG)
                              .onToken(_ -> most.accumulateAndGet(model.cacheByteSize(), Math::max))
                              .generate();
                  assertArrayEquals((withBeams ? alonePerBeam : alone).ids(), generation.ids());
                  return generation;
                }));
      }
      for (Future<Generation> each : running) {
        each.get();
      }
      assertTrue(most.get() <= 8 * BLOCK_BYTES, most + " bytes");
      assertEquals(0, model.cacheByteSize());
    }
  }

  @Test
  void whatCanNeverFitIsRefusedBeforeAnythingIsComputed() {
    try (var model = load(budget(3))) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> model.generate(Prompt.text("Once"), CONFIG.withMaxNewTokens(1000)))
              .getMessage();
      assertTrue(
          message.startsWith("the request may need 2.2 MB of cache memory, but the budget is 0.4"),
          message);
      assertEquals(70, model.generate(Prompt.text("Once"), CONFIG).newTokenCount());
      assertThrows(
          IllegalArgumentException.class,
          () -> model.generate(Prompt.text("Once"), CONFIG.withNumBeams(3)));
      assertThrows(IllegalArgumentException.class, () -> model.score(Prompt.ids(new int[200])));
      assertThrows(IllegalArgumentException.class, () -> model.embed(Prompt.ids(new int[200])));
    }
  }

  @Test
  void cachesOfSessionsCount() {
    try (var model = load(budget(6));
        Session first = model.newSession()) {
      first.prefill(Prompt.ids(new int[250]));
      assertEquals(4 * BLOCK_BYTES, model.cacheByteSize());
      String message =
          assertThrows(
                  IllegalStateException.class, () -> model.generate(Prompt.text("Once"), CONFIG))
              .getMessage();
      assertTrue(message.contains("sessions"), message);
      assertEquals(
          40,
          first
              .request(Prompt.ids(new int[251]))
              .withConfig(CONFIG.withMaxNewTokens(40))
              .generate()
              .newTokenCount());
      assertThrows(IllegalArgumentException.class, () -> first.prefill(Prompt.ids(new int[2000])));
      assertEquals(251, first.computedTokenCount());
      first.close();
      assertEquals(70, model.generate(Prompt.text("Once"), CONFIG).newTokenCount());
    }
  }

  @Test
  void anAnswerWithoutALengthGetsWhatTheMemoryHolds() {
    try (var model = load(budget(8).withMaxRequests(2))) {
      Generation answer =
          model
              .request(Prompt.chat(ChatMessage.user("Write a story.")))
              .withConfig(config -> config.withEosTokenIds().withStopStrings())
              .generate();
      assertEquals(FinishReason.LENGTH, answer.finishReason());
      assertEquals(
          7 * 64,
          answer.promptTokenCount() + answer.newTokenCount(),
          "more than its share, as that is less than 4096");
    }
  }

  @Test
  void aBatchThatDoesNotFitGoesInGroups() {
    try (var model = load(budget(8))) {
      List<Prompt> prompts = Prompt.texts("Once", "A duck", "There lived", "Soon", "The owl");
      List<Generation> together = model.generate(prompts, CONFIG);
      for (int i = 0; i < prompts.size(); i++) {
        assertArrayEquals(model.generate(prompts.get(i), CONFIG).ids(), together.get(i).ids());
      }
      prompts = Prompt.texts("Once", "A duck", "There lived", "Soon", "The owl", "x".repeat(3000));
      List<Prompt> tooLong = prompts;
      assertThrows(IllegalArgumentException.class, () -> model.generate(tooLong, CONFIG));
    }
  }

  @Test
  void whoFindsTooManyWaitingIsRefused() throws Exception {
    LoadOptions options = LoadOptions.defaults().withMaxRequests(1).withMaxWaiting(1);
    try (var model = load(options);
        TokenStream open = model.request(Prompt.text("Once")).withConfig(CONFIG).stream()) {
      open.next();
      CompletableFuture<Generation> waiting =
          model.request(Prompt.text("Once")).withConfig(CONFIG).generateAsync();
      assertThrows(
          RejectedExecutionException.class,
          () -> model.request(Prompt.text("Once")).generateAsync());
      assertThrows(
          RejectedExecutionException.class,
          () -> {
            try (TokenStream refused = model.request(Prompt.text("Once")).stream()) {
              refused.hasNext();
            }
          });
      open.close();
      assertEquals(70, waiting.get().newTokenCount());
    }
    try (var model = load(options.withMaxWaiting(0));
        TokenStream open = model.request(Prompt.text("Once")).withConfig(CONFIG).stream()) {
      open.next();
      assertThrows(
          RejectedExecutionException.class, () -> model.generate(Prompt.text("Once"), CONFIG));
      open.close();
      assertEquals(70, model.generate(Prompt.text("Once"), CONFIG).newTokenCount());
    }
  }
}
