package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Requests of many threads that come and go at random, of every kind, share their passes: each
 * becomes bit for bit what it becomes alone, whatever its neighbours do.
 */
@RunsOnce
class ContinuousBatchingTest {
  private static final int THREADS = 8;
  private static final int REQUESTS = 10;
  private static final String LONG =
      "Once there lived a small and very curious cat who found a paper star in the garden. "
          .repeat(12);

  private static final GenerationConfig CONFIG =
      GenerationConfig.inherit()
          .withMaxNewTokens(14)
          .withEosTokenIds(2)
          .withSeed(3)
          .withOutputLogits(true);

  private static final GenerationConfig ENDLESS =
      GenerationConfig.inherit().withMaxNewTokens(10_000).withEosTokenIds();

  private static MixtralForCausalLM model;

  /** A request: what it gives is comparable, down to the bits of its logits. */
  @FunctionalInterface
  private interface Request {
    Object run() throws Exception;
  }

  @BeforeAll
  static void load() {
    model =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(),
            LoadOptions.defaults().withQuantization(Recipe.Q4).withChunkTokens(96));
  }

  @AfterAll
  static void close() {
    assertEquals(0, model.cacheByteSize());
    model.close();
  }

  private static final List<Request> REQUESTS_OF_ALL_KINDS =
      List.of(
          () -> bits(model.generate(Prompt.text("Once upon a time"), CONFIG)),
          () -> bits(model.generate(Prompt.text(LONG), CONFIG.withMaxNewTokens(3))),
          () -> bits(model.generate(Prompt.text("Soon"), CONFIG.withDoSample(true))),
          () ->
              bits(
                  model.generate(
                      List.of(Prompt.text("One day Leo")),
                      CONFIG.withDoSample(true).withNumReturnSequences(3))),
          () ->
              bits(
                  model.generate(
                      Prompt.texts("The owl said", LONG, "A duck"), CONFIG.withMaxNewTokens(6))),
          () -> bits(model.generate(Prompt.text("There lived"), CONFIG.withNumBeams(3))),
          () ->
              bits(
                  model.generate(
                      Prompt.text("There lived"), CONFIG.withNumBeams(2).withDoSample(true))),
          () ->
              bits(
                  model
                      .request(Prompt.text("What is 3 plus 4?"))
                      .withConfig(CONFIG)
                      .withConstraint(Constraint.regex(" ?[0-9]{2,5}"))
                      .generate()),
          () ->
              bits(
                  model.generate(
                      Prompt.text("the duck swam and the duck"),
                      CONFIG.withPromptLookupNumTokens(4).withMaxNewTokens(20))),
          () -> bits(model.generate(Prompt.text("A cat"), CONFIG.withGuidanceScale(1.5))),
          () -> bits(model.generate(Prompt.text("A cat"), CONFIG.withNumExpertsPerTok(3))),
          () -> {
            try (TokenStream tokens =
                model.request(Prompt.text("One morning")).withConfig(CONFIG).stream()) {
              return bits(tokens.generation());
            }
          },
          () ->
              bits(
                  model
                      .request(Prompt.text("In the garden"))
                      .withConfig(CONFIG)
                      .generateAsync()
                      .get()),
          () -> {
            try (Session session = model.newSession()) {
              session.prefill(Prompt.text("Once upon a time there"));
              GenerationConfig short4 = CONFIG.withMaxNewTokens(4);
              Object first =
                  bits(
                      session
                          .request(Prompt.text("Once upon a time there was"))
                          .withConfig(short4)
                          .generate());
              try (Session fork = session.fork()) {
                Prompt more = Prompt.ids(session.ids());
                return List.of(
                    first,
                    bits(session.request(more).withConfig(short4).generate()),
                    bits(fork.request(more).withConfig(short4.withDoSample(true)).generate()));
              }
            }
          },
          () -> model.score(Prompt.text("Once upon a time there was a little duck")),
          () -> model.score("The cat", List.of(" sat", " ran away", "tle")),
          () ->
              Arrays.deepToString(
                  model.embed(
                      Prompt.texts("A duck", "One morning in the garden", LONG),
                      EmbeddingConfig.defaults())));

  private static Object bits(Generation generation) {
    return bits(List.of(generation));
  }

  private static Object bits(List<Generation> generations) {
    return generations.stream()
        .map(
            generation ->
                generation
                    + generation.outputs().logits().stream()
                        .map(Arrays::hashCode)
                        .map(String::valueOf)
                        .collect(Collectors.joining(" ")))
        .toList();
  }

  /** Neighbours that disturb: what they give is not compared. */
  private static final List<Request> DISTURBANCES =
      List.of(
          () -> {
            var handle = new CancellationHandle();
            Generation cancelled =
                model
                    .request(Prompt.text("Once upon a time"))
                    .withConfig(ENDLESS)
                    .withCancellation(handle)
                    .onToken(
                        token -> {
                          if (token.id() % 5 == 0) {
                            handle.cancel();
                          }
                        })
                    .generate();
            assertEquals(FinishReason.CANCELLED, cancelled.finishReason());
            return null;
          },
          () -> {
            try (TokenStream tokens =
                model.request(Prompt.text("A duck")).withConfig(ENDLESS).stream()) {
              tokens.next();
              Thread.sleep(20);
              return tokens.next();
            }
          },
          () -> model.request(Prompt.text(LONG)).generateAsync().cancel(true),
          () -> {
            Thread.currentThread().interrupt();
            try {
              assertThrows(CancellationException.class, () -> model.embed(Prompt.text(LONG)));
              return model.generate(Prompt.text(LONG), ENDLESS);
            } finally {
              assertTrue(Thread.interrupted());
            }
          },
          () ->
              assertThrows(
                  ArithmeticException.class,
                  () ->
                      model
                          .request(Prompt.text(LONG))
                          .onPrefill(
                              fraction -> {
                                if (fraction > 0.5) {
                                  throw new ArithmeticException("listener");
                                }
                              })
                          .generate()),
          () ->
              assertThrows(
                  ArithmeticException.class,
                  () ->
                      model
                          .request(Prompt.text("Soon"))
                          .withConfig(ENDLESS)
                          .withLogitsProcessor(
                              (sequence, _) -> {
                                if (sequence.newLength() == 3) {
                                  throw new ArithmeticException("processor");
                                }
                              })
                          .generate()),
          () ->
              model
                  .request(Prompt.text("Slowly"))
                  .withConfig(ENDLESS.withMaxNewTokens(4))
                  .onToken(_ -> sleep(15))
                  .generate(),
          () ->
              assertThrows(
                  IllegalArgumentException.class,
                  () -> model.generate(Prompt.ids(1, 99_999), ENDLESS)));

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    }
  }

  private static ThreadFactory platformAndVirtual() {
    var count = new AtomicInteger();
    return task ->
        count.getAndIncrement() % 2 == 0
            ? Thread.ofPlatform().unstarted(task)
            : Thread.ofVirtual().unstarted(task);
  }

  @Test
  @Timeout(240)
  void requestsThatJoinAndLeaveAtRandomBecomeWhatTheyBecomeAlone() throws Exception {
    List<Object> alone = new ArrayList<>();
    for (Request request : REQUESTS_OF_ALL_KINDS) {
      alone.add(request.run());
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS, platformAndVirtual())) {
      List<Future<?>> running = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        var random = new SplittableRandom(thread);
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < REQUESTS; i++) {
                    int kind = random.nextInt(alone.size());
                    assertEquals(
                        alone.get(kind), REQUESTS_OF_ALL_KINDS.get(kind).run(), "kind " + kind);
                    if (random.nextInt(3) == 0) {
                      DISTURBANCES.get(random.nextInt(DISTURBANCES.size())).run();
                    }
                    Thread.sleep(random.nextInt(5));
                  }
                  return null;
                }));
      }
      for (Future<?> thread : running) {
        thread.get();
      }
    }
    while (model.cacheByteSize() > 0) {
      Thread.sleep(1);
    }
  }
}
