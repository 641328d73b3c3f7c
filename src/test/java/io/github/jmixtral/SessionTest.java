package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class SessionTest {
  private static final GenerationConfig GREEDY =
      GenerationConfig.inherit().withDoSample(false).withMaxNewTokens(20);
  private static final GenerationConfig ENDLESS = GREEDY.withEosTokenIds();

  private static final String QUESTION = "What is 3 plus 4?";
  private static final String NEXT = "What is 2 plus 2?";

  private static MixtralForCausalLM model;

  @BeforeAll
  static void load() {
    model =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(),
            // What sessions are compared with is computed anew.
            LoadOptions.defaults().withThreads(2).withSlidingWindow(0).withPrefixCache(false));
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
      Generation first = session.request(Prompt.ids(history(300))).withConfig(ENDLESS).generate();
      assertEquals(300, first.metrics().prefillTokenCount());
      assertEquals(319, session.computedTokenCount(), "nothing needed the last id computed");
      int[] next = concat(session.ids(), 7, 8, 9);
      Generation second = session.request(Prompt.ids(next)).withConfig(ENDLESS).generate();
      assertEquals(4, second.metrics().prefillTokenCount());
      assertEquals(304, session.prefillTokenCount());
      assertArrayEquals(model.generate(Prompt.ids(next), ENDLESS).ids(), second.ids());
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
        Generation answer = session.request(Prompt.chat(messages)).withConfig(GREEDY).generate();
        assertArrayEquals(model.generate(Prompt.chat(messages), GREEDY).ids(), answer.ids());
        assertEquals(answer.promptTokenCount() - held, answer.metrics().prefillTokenCount());
        messages.add(ChatMessage.assistant(answer.text()));
      }
    }
  }

  @Test
  void anAnswerThatIsBegunGoesOn() {
    List<ChatMessage> begun =
        List.of(
            ChatMessage.user("What is 3 plus 4?"), ChatMessage.assistant("3 plus 4 is").asPrefix());
    Generation answer = model.generate(Prompt.chat(begun), GREEDY);
    assertEquals("7.", answer.text());
    assertFalse(Arrays.stream(answer.promptIds()).anyMatch(id -> id == 2));
    try (Session session = model.newSession()) {
      session.request(Prompt.chat(begun)).withConfig(GREEDY).generate();
      assertEquals(
          List.of(ChatMessage.user("What is 3 plus 4?"), ChatMessage.assistant("3 plus 4 is 7.")),
          session.messages());
    }
  }

  @Test
  void aSentMessageAndItsAnswerJoinTheConversation() {
    ChatMessage system = ChatMessage.system("Answer briefly.");
    try (Session session = model.newSession()) {
      assertEquals(List.of(), session.messages());
      session.setMessages(List.of(system));
      Generation first = session.request(ChatMessage.user(QUESTION)).withConfig(GREEDY).generate();
      List<ChatMessage> said =
          List.of(system, ChatMessage.user(QUESTION), ChatMessage.assistant(first.text()));
      assertEquals(said, session.messages());
      Generation second = session.request(ChatMessage.user(NEXT)).withConfig(GREEDY).generate();
      List<ChatMessage> whole =
          Stream.concat(said.stream(), Stream.of(ChatMessage.user(NEXT))).toList();
      assertArrayEquals(model.generate(Prompt.chat(whole), GREEDY).ids(), second.ids());
      assertTrue(second.metrics().prefillTokenCount() < second.promptTokenCount() - 10);
    }
  }

  @Test
  void sendingTakesTheModelsSettings() {
    try (Session session = model.newSession()) {
      Generation answer = session.send(QUESTION);
      List<ChatMessage> asked = List.of(ChatMessage.user(QUESTION));
      assertArrayEquals(model.generate(asked).ids(), answer.ids());
      session.send(ChatMessage.user(NEXT));
      assertEquals(4, session.messages().size());
    }
  }

  @Test
  void aMessageThatCannotBeAnsweredWasNotSaid() {
    try (Session session = model.newSession()) {
      session.send(QUESTION);
      List<ChatMessage> before = session.messages();
      assertThrows(
          IllegalArgumentException.class,
          () ->
              session
                  .request(ChatMessage.user(NEXT))
                  .withConfig(c -> c.withMaxLength(1))
                  .generate());
      assertThrows(IllegalArgumentException.class, () -> session.send(ChatMessage.system("No")));
      assertEquals(before, session.messages());
    }
  }

  @Test
  void aConversationThatIsReplacedComputesWhatDiffers() {
    try (Session session = model.newSession()) {
      Generation first = session.send(QUESTION);
      session.send(NEXT);
      session.setMessages(session.messages().subList(0, 2));
      Generation other = session.send("Who are you?");
      assertEquals(4, session.messages().size());
      assertTrue(
          other.metrics().prefillTokenCount() < other.promptTokenCount() - first.newTokenCount());
    }
  }

  @Test
  void aForkKeepsTheMessagesAndATextHasNone() {
    try (Session session = model.newSession()) {
      session.send(QUESTION);
      try (Session fork = session.fork()) {
        assertEquals(session.messages(), fork.messages());
        fork.send(NEXT);
        assertEquals(2, session.messages().size());
        fork.request(Prompt.text("Once upon a time")).withConfig(GREEDY).generate();
        assertEquals(List.of(), fork.messages());
      }
      session.reset();
      assertEquals(List.of(), session.messages());
    }
  }

  @Test
  void whatDiffersIsForgotten() {
    try (Session session = model.newSession()) {
      session.request(Prompt.ids(history(200))).withConfig(ENDLESS).generate();
      int[] other = history(200);
      other[150] = 4;
      Generation answer = session.request(Prompt.ids(other)).withConfig(ENDLESS).generate();
      assertEquals(50, answer.metrics().prefillTokenCount());
      assertArrayEquals(model.generate(Prompt.ids(other), ENDLESS).ids(), answer.ids());
    }
  }

  @Test
  void anotherNumberOfExpertsComputesAllAnew() {
    int[] prompt = history(90);
    GenerationConfig one = ENDLESS.withNumExpertsPerTok(1);
    try (Session session = model.newSession();
        Session single = model.newSession()) {
      session.request(Prompt.ids(prompt)).withConfig(ENDLESS).generate();
      Generation answer = session.request(Prompt.ids(prompt)).withConfig(one).generate();
      assertEquals(90, answer.metrics().prefillTokenCount());
      assertArrayEquals(
          single.request(Prompt.ids(prompt)).withConfig(one).generate().ids(), answer.ids());
      assertEquals(109, Arrays.stream(single.expertCounts()[0]).sum());
      assertEquals(3 * 109, Arrays.stream(session.expertCounts()[0]).sum());
      assertEquals(
          1,
          session
              .request(Prompt.ids(prompt))
              .withConfig(one)
              .generate()
              .metrics()
              .prefillTokenCount());
      assertThrows(
          IllegalArgumentException.class,
          () ->
              session
                  .request(Prompt.ids(prompt))
                  .withConfig(ENDLESS.withNumExpertsPerTok(99))
                  .generate());
    }
  }

  @Test
  void aGenerationCountsTheExpertsOfWhatItComputed() {
    int chosen = model.config().numExpertsPerTok();
    int[] prompt = history(90);
    long[][] whole = model.generate(Prompt.ids(prompt), ENDLESS).metrics().expertCounts();
    for (long[] layer : whole) {
      assertEquals(chosen * (90 + 19), Arrays.stream(layer).sum());
    }
    try (Session session = model.newSession()) {
      session.prefill(Prompt.ids(Arrays.copyOf(prompt, 60)));
      long[][] held = session.expertCounts();
      long[][] rest =
          session
              .request(Prompt.ids(prompt))
              .withConfig(ENDLESS)
              .generate()
              .metrics()
              .expertCounts();
      for (int layer = 0; layer < whole.length; layer++) {
        for (int expert = 0; expert < whole[layer].length; expert++) {
          assertEquals(whole[layer][expert], held[layer][expert] + rest[layer][expert]);
        }
      }
    }
    List<Generation> beams =
        model.generate(
            List.of(Prompt.ids(prompt)), ENDLESS.withNumBeams(3).withNumReturnSequences(3));
    for (Generation beam : beams) {
      assertEquals(chosen * (90 + 19), Arrays.stream(beam.metrics().expertCounts()[0]).sum());
    }
  }

  @Test
  void theSamePromptAgainComputesItsLastId() {
    try (Session session = model.newSession()) {
      Generation first =
          session.request(Prompt.text("Once upon a time")).withConfig(GREEDY).generate();
      Generation again =
          session.request(Prompt.text("Once upon a time")).withConfig(GREEDY).generate();
      assertEquals(1, again.metrics().prefillTokenCount());
      assertArrayEquals(first.ids(), again.ids());
    }
  }

  @Test
  void aSharedBeginningIsComputedOnce() {
    ChatMessage system = ChatMessage.system("You tell stories for children of every age.");
    try (Session shared = model.newSession()) {
      shared.prefill(Prompt.chat(system, ChatMessage.user("Hello")));
      long held = shared.prefillTokenCount();
      assertEquals(held, shared.computedTokenCount());
      for (String question : List.of("What is 3 plus 4?", "Write a story about a duck.")) {
        List<ChatMessage> messages = List.of(system, ChatMessage.user(question));
        try (Session fork = shared.fork()) {
          Generation answer = fork.request(Prompt.chat(messages)).withConfig(GREEDY).generate();
          assertArrayEquals(model.generate(Prompt.chat(messages), GREEDY).ids(), answer.ids());
          assertTrue(
              answer.metrics().prefillTokenCount() < answer.promptTokenCount() / 2,
              () -> answer.metrics().prefillTokenCount() + " of " + answer.promptTokenCount());
        }
      }
      assertEquals(held, shared.prefillTokenCount());
    }
  }

  @Test
  void forksShareMemoryAndGoOnIndependently() {
    try (Session session = model.newSession()) {
      session.prefill(Prompt.ids(history(640)));
      long bytes = model.cacheByteSize();
      try (Session first = session.fork();
          Session second = session.fork()) {
        assertEquals(bytes, model.cacheByteSize());
        for (Session fork : List.of(first, second)) {
          int[] prompt = concat(history(640), fork == first ? 5 : 6);
          Generation answer = fork.request(Prompt.ids(prompt)).withConfig(ENDLESS).generate();
          assertEquals(1, answer.metrics().prefillTokenCount());
          assertArrayEquals(model.generate(Prompt.ids(prompt), ENDLESS).ids(), answer.ids());
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
      expected.add(model.generate(Prompt.ids(concat(history(150), 10 + i)), ENDLESS).ids());
    }
    try (Session session = model.newSession();
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      session.prefill(Prompt.ids(history(150)));
      List<Callable<int[]>> tasks = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int[] prompt = concat(history(150), 10 + i);
        tasks.add(
            () -> {
              try (Session fork = session.fork()) {
                return fork.request(Prompt.ids(prompt)).withConfig(ENDLESS).generate().ids();
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
    int[] expected = model.generate(Prompt.ids(prompt), ENDLESS).ids();
    try (Session session = model.newSession()) {
      CancellationHandle handle = new CancellationHandle();
      int[] told = {0};
      Generation cancelled =
          session
              .request(Prompt.ids(prompt))
              .withConfig(ENDLESS)
              .withCancellation(handle)
              .onToken(
                  _ -> {
                    if (++told[0] == 5) {
                      handle.cancel();
                    }
                  })
              .generate();
      assertEquals(FinishReason.CANCELLED, cancelled.finishReason());
      assertArrayEquals(
          expected, session.request(Prompt.ids(prompt)).withConfig(ENDLESS).generate().ids());
      RuntimeException failure = new RuntimeException("listener");
      assertEquals(
          failure,
          assertThrows(
              RuntimeException.class,
              () ->
                  session
                      .request(Prompt.ids(prompt))
                      .withConfig(ENDLESS)
                      .onToken(
                          _ -> {
                            throw failure;
                          })
                      .generate()));
      assertThrows(
          IllegalArgumentException.class,
          () -> session.request(Prompt.ids(-1)).withConfig(ENDLESS).generate());
      assertThrows(IllegalArgumentException.class, () -> session.prefill(Prompt.ids(1, -1)));
      assertArrayEquals(
          expected, session.request(Prompt.ids(prompt)).withConfig(ENDLESS).generate().ids());
    }
  }

  @Test
  void aSavedSessionGoesOnInAnotherModel(@TempDir Path folder) {
    Path file = folder.resolve("session.safetensors");
    int[] next;
    try (Session session = model.newSession()) {
      session.request(Prompt.ids(history(200))).withConfig(ENDLESS).generate();
      session.save(file);
      next = concat(session.ids(), 7, 8, 9);
    }
    try (MixtralForCausalLM other =
            MixtralForCausalLM.fromPretrained(
                Fixtures.storyteller(), LoadOptions.defaults().withSlidingWindow(0));
        Session session = other.openSession(file)) {
      Generation answer = session.request(Prompt.ids(next)).withConfig(ENDLESS).generate();
      assertEquals(4, answer.metrics().prefillTokenCount());
      assertArrayEquals(model.generate(Prompt.ids(next), ENDLESS).ids(), answer.ids());
    }
  }

  @Test
  void aSavedSessionKeepsItsMessages(@TempDir Path folder) {
    Path file = folder.resolve("session.safetensors");
    List<ChatMessage> said;
    try (Session session = model.newSession()) {
      session.send(ChatMessage.user(QUESTION, "and “quotes”\n").withName("Ada"));
      said = session.messages();
      session.save(file);
    }
    try (Session session = model.openSession(file)) {
      assertEquals(said, session.messages());
      Generation answer = session.send(NEXT);
      assertTrue(answer.metrics().prefillTokenCount() < answer.promptTokenCount() - 10);
    }
  }

  @Test
  void aResetSessionBeginsAnew() {
    try (Session session = model.newSession()) {
      Generation first =
          session.request(Prompt.text("Once upon a time")).withConfig(GREEDY).generate();
      session.reset();
      assertEquals(0, session.cacheByteSize());
      assertEquals(0, session.ids().length);
      Generation again =
          session.request(Prompt.text("Once upon a time")).withConfig(GREEDY).generate();
      assertEquals(first.promptTokenCount(), again.metrics().prefillTokenCount());
      assertArrayEquals(first.ids(), again.ids());
    }
  }

  @Test
  void aClosedSessionIsRefused() {
    Session session = model.newSession();
    session.prefill(Prompt.text("Once upon a time"));
    session.close();
    session.close();
    assertThrows(IllegalStateException.class, session::fork);
    assertThrows(IllegalStateException.class, () -> session.prefill(Prompt.text("Once")));
    assertThrows(
        IllegalStateException.class,
        () -> session.request(Prompt.text("Once")).withConfig(GREEDY).generate());
  }
}
