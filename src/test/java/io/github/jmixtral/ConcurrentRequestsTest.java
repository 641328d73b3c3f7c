package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads on one model, whose requests differ, are cancelled and fail. */
@RunsOnce
class ConcurrentRequestsTest {
  private static final int THREADS = 16;
  private static final int REQUESTS = 20;
  private static final int AT_ONCE = 4;
  private static final List<String> PROMPTS =
      List.of("Once upon a time", "One day Leo", "There lived", "The owl said", "Soon");

  private static final GenerationConfig ENDLESS =
      GenerationConfig.inherit().withMaxNewTokens(1_000_000).withEosTokenIds();

  /** What a request gives when nothing else runs. */
  private record Expected(Generation generation, TextScore score) {}

  private final AtomicLong mostCacheBytes = new AtomicLong();

  @Test
  @Timeout(120)
  void requestsOfManyThreadsGiveWhatTheyGiveAlone() throws Exception {
    LoadOptions options =
        LoadOptions.defaults().withQuantization(Recipe.Q4).withMaxRequests(AT_ONCE);
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), options)) {
      List<Expected> alone = new ArrayList<>();
      for (int i = 0; i < PROMPTS.size() * 2; i++) {
        alone.add(
            new Expected(
                model.generate(Prompt.text(prompt(i)), config(i)),
                model.score(Prompt.text(prompt(i)))));
      }
      assertEquals(0, model.cacheByteSize());
      var start = new CyclicBarrier(THREADS);
      try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
        List<Future<?>> running = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
          int first = thread * REQUESTS;
          running.add(
              threads.submit(
                  () -> {
                    start.await();
                    for (int i = first; i < first + REQUESTS; i++) {
                      request(model, i, alone.get(i % alone.size()));
                    }
                    return null;
                  }));
        }
        for (Future<?> thread : running) {
          thread.get();
        }
      }
      // Cancelled futures end in their own time.
      while (model.cacheByteSize() > 0) {
        Thread.sleep(1);
      }
      long most = AT_ONCE * BlockCache.maxByteSize(model.config(), options.cacheFormat(), 64);
      assertTrue(mostCacheBytes.get() > 0);
      assertTrue(mostCacheBytes.get() <= most, mostCacheBytes + " bytes, expected " + most);
      assertArrayEquals(
          alone.getFirst().generation().ids(),
          model.generate(Prompt.text(prompt(0)), config(0)).ids());
    }
  }

  private static String prompt(int i) {
    return PROMPTS.get(i % PROMPTS.size());
  }

  /** Greedy and sampled, of different lengths. */
  private static GenerationConfig config(int i) {
    return GenerationConfig.inherit()
        .withMaxNewTokens(2 + i % 5)
        .withDoSample(i % 2 == 1)
        .withSeed(i % (2 * PROMPTS.size()));
  }

  private void request(MixtralForCausalLM model, int i, Expected alone) throws Exception {
    int[] ids = alone.generation().ids();
    switch (i / 3 % 9) {
      case 0 -> assertArrayEquals(ids, model.generate(Prompt.text(prompt(i)), config(i)).ids());
      case 1 -> assertCancelledAfterTwo(model, prompt(i));
      case 2 -> assertFails(model, prompt(i));
      case 3 -> {
        try (TokenStream tokens =
            model.request(Prompt.text(prompt(i))).withConfig(config(i)).stream()) {
          assertArrayEquals(ids, tokens.asStream().mapToInt(GeneratedToken::id).toArray());
        }
      }
      case 4 ->
          assertArrayEquals(
              ids,
              model
                  .request(Prompt.text(prompt(i)))
                  .withConfig(config(i))
                  .generateAsync()
                  .get()
                  .ids());
      case 5 -> {
        try (TokenStream tokens =
            model.request(Prompt.text(prompt(i))).withConfig(ENDLESS).stream()) {
          assertEquals(
              2,
              tokens
                  .asStream()
                  .limit(2)
                  .map(GeneratedToken::text)
                  .collect(Collectors.toList())
                  .size());
        }
      }
      case 6 -> {
        CompletableFuture<Generation> future =
            model.request(Prompt.text(prompt(i))).withConfig(ENDLESS).generateAsync();
        future.cancel(true);
        assertThrows(CancellationException.class, future::join);
      }
      case 7 -> assertEquals(alone.score(), model.score(Prompt.text(prompt(i))));
      default -> {
        GenerationListener measuring =
            _ -> mostCacheBytes.accumulateAndGet(model.cacheByteSize(), Math::max);
        assertArrayEquals(
            ids,
            model
                .request(Prompt.text(prompt(i)))
                .withConfig(config(i))
                .onToken(measuring)
                .generate()
                .ids());
      }
    }
  }

  private static void assertCancelledAfterTwo(MixtralForCausalLM model, String prompt) {
    var handle = new CancellationHandle();
    List<Integer> told = new ArrayList<>();
    GenerationListener cancelling =
        token -> {
          told.add(token.id());
          if (told.size() == 2) {
            handle.cancel();
          }
        };
    Generation cancelled =
        model
            .request(Prompt.text(prompt))
            .withConfig(ENDLESS)
            .onToken(cancelling)
            .withCancellation(handle)
            .generate();
    assertEquals(FinishReason.CANCELLED, cancelled.finishReason());
    assertEquals(2, cancelled.newTokenCount());
  }

  private static void assertFails(MixtralForCausalLM model, String prompt) {
    assertThrows(
        IllegalArgumentException.class,
        () -> model.generate(Prompt.ids(1, -7), GenerationConfig.inherit()));
    assertThrows(
        ArithmeticException.class,
        () ->
            model
                .request(Prompt.text(prompt))
                .withConfig(ENDLESS)
                .onToken(
                    _ -> {
                      throw new ArithmeticException("listener");
                    })
                .generate());
    CompletableFuture<Generation> future =
        model.request(Prompt.ids(99_999)).withConfig(ENDLESS).generateAsync();
    assertThrows(ExecutionException.class, future::get);
  }
}
