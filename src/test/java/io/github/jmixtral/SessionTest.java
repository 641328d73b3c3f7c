package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationHooks;
import io.github.jmixtral.generation.Prompts;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class SessionTest {
  private static final GenerationConfig GREEDY =
      GenerationConfig.defaults().withDoSample(false).withMaxNewTokens(20);
  private static final GenerationConfig ENDLESS = GREEDY.withEosTokenIds(List.of());

  private static MixtralForCausalLM model;

  @BeforeAll
  static void load() {
    model =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(), LoadOptions.defaults().withThreads(2).withoutSlidingWindow());
  }

  @AfterEach
  void nothingIsLeft() {
    assertEquals(0, model.cacheByteSize());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static int[] history(int length) {
    return new SplittableRandom(5).ints(length, 3, 1900).toArray();
  }

  private static int[] concat(int[] first, int... second) {
    return IntStream.concat(IntStream.of(first), IntStream.of(second)).toArray();
  }

  @Test
  void aTurnComputesOnlyTheNewIds() {
    try (Session session = model.newSession()) {
      Generation first = session.generate(history(300), ENDLESS);
      assertEquals(300, first.prefillTokenCount());
      assertEquals(319, session.computedTokenCount(), "nothing needed the last id computed");
      int[] next = concat(session.ids(), 7, 8, 9);
      Generation second = session.generate(next, ENDLESS);
      assertEquals(4, second.prefillTokenCount());
      assertEquals(304, session.prefillTokenCount());
      assertArrayEquals(model.generate(next, ENDLESS).ids(), second.ids());
      assertArrayEquals(next, second.promptIds());
      assertArrayEquals(concat(next, second.ids()), session.ids());
    }
  }

  @Test
  void aConversationComputesOnlyItsNewMessages() {
    List<ChatMessage> messages = new ArrayList<>();
    try (Session session = model.newSession()) {
      for (String question : List.of("What is 3 plus 4?", "What is 2 plus 2?", "Who are you?")) {
        messages.add(ChatMessage.user(question));
        int held = session.computedTokenCount();
        Generation answer = session.generate(messages, GREEDY);
        assertArrayEquals(model.generate(messages, GREEDY).ids(), answer.ids());
        assertEquals(answer.promptTokenCount() - held, answer.prefillTokenCount());
        messages.add(ChatMessage.assistant(answer.text()));
      }
    }
  }

  @Test
  void whatDiffersIsForgotten() {
    try (Session session = model.newSession()) {
      session.generate(history(200), ENDLESS);
      int[] other = history(200);
      other[150] = 4;
      Generation answer = session.generate(other, ENDLESS);
      assertEquals(50, answer.prefillTokenCount());
      assertArrayEquals(model.generate(other, ENDLESS).ids(), answer.ids());
    }
  }

  @Test
  void anotherNumberOfExpertsComputesAllAnew() {
    int[] prompt = history(90);
    GenerationConfig one = ENDLESS.withNumExpertsPerTok(1);
    try (Session session = model.newSession();
        Session single = model.newSession()) {
      session.generate(prompt, ENDLESS);
      Generation answer = session.generate(prompt, one);
      assertEquals(90, answer.prefillTokenCount());
      assertArrayEquals(single.generate(prompt, one).ids(), answer.ids());
      assertEquals(109, Arrays.stream(single.expertCounts()[0]).sum());
      assertEquals(3 * 109, Arrays.stream(session.expertCounts()[0]).sum());
      assertEquals(1, session.generate(prompt, one).prefillTokenCount());
      assertThrows(
          IllegalArgumentException.class,
          () -> session.generate(prompt, ENDLESS.withNumExpertsPerTok(99)));
    }
  }

  @Test
  void aGenerationCountsTheExpertsOfWhatItComputed() {
    int chosen = model.config().numExpertsPerTok();
    int[] prompt = history(90);
    long[][] whole = model.generate(prompt, ENDLESS).expertCounts();
    for (long[] layer : whole) {
      assertEquals(chosen * (90 + 19), Arrays.stream(layer).sum());
    }
    try (Session session = model.newSession()) {
      session.prefill(Arrays.copyOf(prompt, 60));
      long[][] held = session.expertCounts();
      long[][] rest = session.generate(prompt, ENDLESS).expertCounts();
      for (int layer = 0; layer < whole.length; layer++) {
        for (int expert = 0; expert < whole[layer].length; expert++) {
          assertEquals(whole[layer][expert], held[layer][expert] + rest[layer][expert]);
        }
      }
    }
    List<Generation> beams =
        model.generate(
            Prompts.ofIds(List.of(prompt)), ENDLESS.withNumBeams(3).withNumReturnSequences(3));
    for (Generation beam : beams) {
      assertEquals(chosen * (90 + 19), Arrays.stream(beam.expertCounts()[0]).sum());
    }
  }

  @Test
  void theSamePromptAgainComputesItsLastId() {
    try (Session session = model.newSession()) {
      Generation first = session.generate("Once upon a time", GREEDY);
      Generation again = session.generate("Once upon a time", GREEDY);
      assertEquals(1, again.prefillTokenCount());
      assertArrayEquals(first.ids(), again.ids());
    }
  }

  @Test
  void aSharedBeginningIsComputedOnce() {
    ChatMessage system = ChatMessage.system("You tell stories for children of every age.");
    try (Session shared = model.newSession()) {
      shared.prefill(List.of(system, ChatMessage.user("Hello")));
      long held = shared.prefillTokenCount();
      assertEquals(held, shared.computedTokenCount());
      for (String question : List.of("What is 3 plus 4?", "Write a story about a duck.")) {
        List<ChatMessage> messages = List.of(system, ChatMessage.user(question));
        try (Session fork = shared.fork()) {
          Generation answer = fork.generate(messages, GREEDY);
          assertArrayEquals(model.generate(messages, GREEDY).ids(), answer.ids());
          assertTrue(
              answer.prefillTokenCount() < answer.promptTokenCount() / 2,
              () -> answer.prefillTokenCount() + " of " + answer.promptTokenCount());
        }
      }
      assertEquals(held, shared.prefillTokenCount());
    }
  }

  @Test
  void forksShareMemoryAndGoOnIndependently() {
    try (Session session = model.newSession()) {
      session.prefill(history(640));
      long bytes = model.cacheByteSize();
      try (Session first = session.fork();
          Session second = session.fork()) {
        assertEquals(bytes, model.cacheByteSize());
        for (Session fork : List.of(first, second)) {
          int[] prompt = concat(history(640), fork == first ? 5 : 6);
          Generation answer = fork.generate(prompt, ENDLESS);
          assertEquals(1, answer.prefillTokenCount());
          assertArrayEquals(model.generate(prompt, ENDLESS).ids(), answer.ids());
        }
        assertEquals(bytes / 10 * 12, model.cacheByteSize(), "a block more for each");
      }
      assertEquals(bytes, model.cacheByteSize());
      assertArrayEquals(history(640), session.ids());
    }
  }

  @Test
  void forksAnswerInManyThreadsAsAlone() throws Exception {
    List<int[]> expected = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      expected.add(model.generate(concat(history(150), 10 + i), ENDLESS).ids());
    }
    try (Session session = model.newSession();
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      session.prefill(history(150));
      List<Callable<int[]>> tasks = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int[] prompt = concat(history(150), 10 + i);
        tasks.add(
            () -> {
              try (Session fork = session.fork()) {
                return fork.generate(prompt, ENDLESS).ids();
              }
            });
      }
      List<Future<int[]>> answers = threads.invokeAll(tasks);
      for (int i = 0; i < 8; i++) {
        assertArrayEquals(expected.get(i), answers.get(i).get());
      }
    }
  }

  @Test
  void aSessionSurvivesCancellationsAndFailures() {
    int[] prompt = history(100);
    int[] expected = model.generate(prompt, ENDLESS).ids();
    try (Session session = model.newSession()) {
      CancellationHandle handle = new CancellationHandle();
      int[] told = {0};
      Generation cancelled =
          session.generate(
              prompt,
              ENDLESS,
              GenerationHooks.none()
                  .withCancellation(handle)
                  .withListener(
                      (id, text) -> {
                        if (++told[0] == 5) {
                          handle.cancel();
                        }
                      }));
      assertEquals(FinishReason.CANCELLED, cancelled.finishReason());
      assertArrayEquals(expected, session.generate(prompt, ENDLESS).ids());
      RuntimeException failure = new RuntimeException("listener");
      assertEquals(
          failure,
          assertThrows(
              RuntimeException.class,
              () ->
                  session.generate(
                      prompt,
                      ENDLESS,
                      GenerationHooks.none()
                          .withListener(
                              (id, text) -> {
                                throw failure;
                              }))));
      assertThrows(IllegalArgumentException.class, () -> session.generate(new int[] {-1}, ENDLESS));
      assertThrows(IllegalArgumentException.class, () -> session.prefill(new int[] {1, -1}));
      assertArrayEquals(expected, session.generate(prompt, ENDLESS).ids());
    }
  }

  @Test
  void aSavedSessionGoesOnInAnotherModel(@TempDir Path folder) {
    Path file = folder.resolve("session.safetensors");
    int[] next;
    try (Session session = model.newSession()) {
      session.generate(history(200), ENDLESS);
      session.save(file);
      next = concat(session.ids(), 7, 8, 9);
    }
    try (MixtralForCausalLM other =
            MixtralForCausalLM.fromPretrained(
                Fixtures.storyteller(), LoadOptions.defaults().withoutSlidingWindow());
        Session session = other.openSession(file)) {
      Generation answer = session.generate(next, ENDLESS);
      assertEquals(4, answer.prefillTokenCount());
      assertArrayEquals(model.generate(next, ENDLESS).ids(), answer.ids());
    }
  }

  @Test
  void aResetSessionBeginsAnew() {
    try (Session session = model.newSession()) {
      Generation first = session.generate("Once upon a time", GREEDY);
      session.reset();
      assertEquals(0, session.cacheByteSize());
      assertEquals(0, session.ids().length);
      Generation again = session.generate("Once upon a time", GREEDY);
      assertEquals(first.promptTokenCount(), again.prefillTokenCount());
      assertArrayEquals(first.ids(), again.ids());
    }
  }

  @Test
  void aClosedSessionIsRefused() {
    Session session = model.newSession();
    session.prefill("Once upon a time");
    session.close();
    session.close();
    assertThrows(IllegalStateException.class, session::fork);
    assertThrows(IllegalStateException.class, () -> session.prefill("Once"));
    assertThrows(IllegalStateException.class, () -> session.generate("Once", GREEDY));
  }
}
