package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Turns of a session in every way a request can be followed, and by several threads. */
@RunsOnce
@Timeout(60)
class SessionTurnsTest {
  private static final GenerationConfig GREEDY =
      GenerationConfig.inherit().withDoSample(false).withMaxNewTokens(12);
  private static final GenerationConfig ENDLESS =
      GREEDY.withEosTokenIds().withMaxNewTokens(300_000);
  private static final ChatMessage QUESTION = ChatMessage.user("What is 3 plus 4?");
  private static final ChatMessage NEXT = ChatMessage.user("What is 2 plus 6?");

  private static MixtralForCausalLM model;

  /** What the model is asked for; public, so that Jackson may make it. */
  public record Sum(int first, int second) {}

  @BeforeAll
  static void load() {
    model =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(), LoadOptions.defaults().withThreads(2).withSlidingWindow(0));
  }

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    // What was cancelled ends in its own time.
    while (model.cacheByteSize() > 0) {
      Thread.sleep(1);
    }
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void aTurnCanBeStreamedAndAwaited() throws Exception {
    int[] expected = model.generate(Prompt.chat(QUESTION), GREEDY).ids();
    try (Session session = model.newSession()) {
      Generation streamed;
      try (TokenStream tokens =
          session.request(Prompt.chat(QUESTION)).withConfig(GREEDY).stream()) {
        assertArrayEquals(expected, tokens.asStream().mapToInt(GeneratedToken::id).toArray());
        streamed = tokens.generation();
      }
      List<ChatMessage> messages = List.of(QUESTION, ChatMessage.assistant(streamed.text()), NEXT);
      int held = session.computedTokenCount();
      Generation awaited =
          session.request(Prompt.chat(messages)).withConfig(GREEDY).generateAsync().get();
      assertArrayEquals(model.generate(Prompt.chat(messages), GREEDY).ids(), awaited.ids());
      assertEquals(awaited.promptTokenCount() - held, awaited.metrics().prefillTokenCount());
    }
  }

  @Test
  void theTurnAfterACancelledFutureIsAsAnyOther() throws InterruptedException {
    int[] expected = model.generate(Prompt.text("Once upon a time"), GREEDY).ids();
    try (Session session = model.newSession()) {
      for (int i = 0; i < 20; i++) {
        session.reset();
        CompletableFuture<Generation> future =
            session.request(Prompt.text("Once upon a time")).withConfig(ENDLESS).generateAsync();
        if (i % 2 == 0) {
          while (session.computedTokenCount() < 6) {
            Thread.sleep(1);
          }
        }
        future.cancel(true);
        assertArrayEquals(
            expected,
            session.request(Prompt.text("Once upon a time")).withConfig(GREEDY).generate().ids());
      }
    }
  }

  @Test
  void turnsOfManyThreadsDoNotMix() throws InterruptedException, ExecutionException {
    List<int[]> prompts = new ArrayList<>();
    List<int[]> expected = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      prompts.add(new SplittableRandom(i / 2).ints(20 + i, 3, 1900).toArray());
      expected.add(model.generate(Prompt.ids(prompts.get(i)), GREEDY).ids());
    }
    try (Session session = model.newSession();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int thread = 0; thread < 10; thread++) {
        int which = thread % prompts.size();
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 5; i++) {
                    assertArrayEquals(
                        expected.get(which),
                        session
                            .request(Prompt.ids(prompts.get(which)))
                            .withConfig(GREEDY)
                            .generate()
                            .ids());
                    try (Session fork = session.fork()) {
                      assertArrayEquals(
                          expected.get(which),
                          fork.request(Prompt.ids(prompts.get(which)))
                              .withConfig(GREEDY)
                              .generate()
                              .ids());
                    }
                  }
                }));
      }
      for (Future<?> thread : running) {
        thread.get();
      }
    }
  }

  @Test
  void withinATurnThereIsNoOther(@TempDir Path folder) {
    try (Session session = model.newSession()) {
      List<Runnable> calls =
          List.of(
              () -> session.request(Prompt.text("Once")).withConfig(GREEDY).generate(),
              () -> session.prefill(Prompt.text("Once")),
              session::fork,
              session::reset,
              () -> session.save(folder.resolve("session.safetensors")));
      GenerationListener calling =
          _ -> {
            for (Runnable call : calls) {
              assertEquals(
                  "session: a call within a turn under way would wait for itself; make it when the"
                      + " turn has ended",
                  assertThrows(IllegalStateException.class, call::run).getMessage());
            }
          };
      Generation undisturbed =
          session
              .request(Prompt.text("Once upon a time"))
              .withConfig(GREEDY)
              .onToken(calling)
              .generate();
      assertArrayEquals(
          model.generate(Prompt.text("Once upon a time"), GREEDY).ids(), undisturbed.ids());
    }
  }

  @Test
  void aSessionThatIsClosedWithinATurnEndsAfterIt() {
    Session session = model.newSession();
    Generation last =
        session
            .request(Prompt.text("Once upon a time"))
            .withConfig(GREEDY)
            .onToken(_ -> session.close())
            .generate();
    assertArrayEquals(model.generate(Prompt.text("Once upon a time"), GREEDY).ids(), last.ids());
    assertEquals(0, model.cacheByteSize());
    assertEquals(
        "the session is closed",
        assertThrows(
                IllegalStateException.class,
                () -> session.request(Prompt.text("Once")).withConfig(GREEDY).generate())
            .getMessage());
  }

  @Test
  void aSessionThatAnotherThreadClosesEndsAfterTheTurn() {
    Session session = model.newSession();
    try (TokenStream tokens =
        session.request(Prompt.text("Once upon a time")).withConfig(ENDLESS).stream()) {
      tokens.next();
      session.close();
      tokens.next();
      assertTrue(model.cacheByteSize() > 0);
    }
    // Closing the stream waits for the turn, and the turn gives the memory back.
    assertEquals(0, model.cacheByteSize());
  }

  @Test
  void anInterruptEndsTheWaitForAnotherTurn() {
    try (Session session = model.newSession();
        TokenStream tokens =
            session.request(Prompt.text("Once upon a time")).withConfig(ENDLESS).stream()) {
      tokens.next();
      Thread.currentThread().interrupt();
      assertThrows(
          CancellationException.class,
          () -> session.request(Prompt.text("Once")).withConfig(GREEDY).generate());
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void anInterruptEndsAPrefill() {
    try (Session session = model.newSession()) {
      Thread.currentThread().interrupt();
      assertThrows(
          CancellationException.class, () -> session.prefill(Prompt.text("Once upon a time")));
      assertTrue(Thread.interrupted());
      assertEquals(0, session.ids().length);
      session.prefill(Prompt.text("Once upon a time"));
      assertEquals(session.ids().length, session.prefillTokenCount());
    }
  }

  @Test
  void aTurnMayBeConstrainedAndBecomeARecord() {
    try (Session session = model.newSession()) {
      GenerationConfig config = GREEDY.withMaxNewTokens(40);
      Sum sum = session.request(Prompt.chat(QUESTION)).withConfig(config).as(Sum.class);
      assertEquals(sum, model.request(Prompt.chat(QUESTION)).withConfig(config).as(Sum.class));
      String text = "What is 3 plus 4? ";
      assertEquals(
          model.request(Prompt.text(text)).withConfig(config).as(Sum.class),
          session.request(Prompt.text(text)).withConfig(config).as(Sum.class));
      Constraint digits = Constraint.regex("[0-9]{2,4}");
      Generation first =
          session
              .request(Prompt.chat(QUESTION))
              .withConfig(GREEDY)
              .withConstraint(digits)
              .generate();
      int held = session.computedTokenCount();
      List<ChatMessage> messages = List.of(QUESTION, ChatMessage.assistant(first.text()), NEXT);
      Generation second =
          session
              .request(Prompt.chat(messages))
              .withConfig(GREEDY)
              .withConstraint(digits)
              .generate();
      assertTrue(digits.matches(first.text()) && digits.matches(second.text()));
      assertTrue(second.metrics().prefillTokenCount() <= second.promptTokenCount() - held + 4);
    }
  }

  @Test
  void theSecondTurnAfterALongHistoryComputesOnlyItsNewIds() {
    int[] history = new SplittableRandom(5).ints(2_000, 3, 1900).toArray();
    try (Session session = model.newSession()) {
      session.request(Prompt.ids(history)).withConfig(GREEDY.withEosTokenIds()).generate();
      int[] prompt = Arrays.copyOf(session.ids(), session.ids().length + 20);
      Arrays.fill(prompt, session.ids().length, prompt.length, 7);
      Generation second =
          session.request(Prompt.ids(prompt)).withConfig(GREEDY.withMaxNewTokens(1)).generate();
      assertEquals(
          21, second.metrics().prefillTokenCount(), "20 new ids, and the last of the first turn");
    }
  }
}
