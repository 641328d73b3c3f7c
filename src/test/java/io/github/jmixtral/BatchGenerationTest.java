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
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several prompts at once: each becomes what it becomes alone. */
class BatchGenerationTest {
  private static final List<String> TEXTS =
      List.of(
          "Once upon a time",
          "One morning",
          "A duck",
          "Once there lived a small and very curious cat who found a paper star. One day",
          "The",
          "In the garden there was a",
          "Every evening the old dog",
          "She said");

  private static final GenerationConfig CONFIG = GenerationConfig.inherit().withMaxNewTokens(40);

  /** Quantised, so that results are equal bit for bit; a short chunk cuts the prompts. */
  private static MixtralForCausalLM model;

  @BeforeAll
  static void load() {
    model =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(),
            LoadOptions.defaults().withChunkTokens(11).withQuantization(Recipe.Q4));
  }

  @AfterAll
  static void close() {
    assertEquals(0, model.cacheByteSize());
    model.close();
  }

  @ParameterizedTest
  @CsvSource({"full-f32, 24", "window-bf16, 40"})
  void greedyIdsOfAPaddedBatchEqualTheReference(String name, int newTokens) {
    try (var checkpoint = MixtralForCausalLM.fromPretrained(Fixtures.folder(name));
        Golden golden = Golden.open(name)) {
      int[][] inputs = golden.ids("batch.input_ids");
      int[][] expected = golden.ids("batch.greedy");
      // Prompts begin with BOS, and padding is 0.
      int[][] mask =
          Arrays.stream(inputs)
              .map(row -> Arrays.stream(row).map(id -> id == 0 ? 0 : 1).toArray())
              .toArray(int[][]::new);
      List<Prompt> prompts =
          IntStream.range(0, inputs.length)
              .mapToObj(row -> Prompt.padded(inputs[row], mask[row]))
              .toList();
      List<Generation> found = checkpoint.generate(prompts, CONFIG.withMaxNewTokens(newTokens));
      for (int row = 0; row < inputs.length; row++) {
        int[] padded =
            Arrays.copyOf(found.get(row).ids(), expected[row].length - inputs[row].length);
        assertArrayEquals(
            Arrays.copyOfRange(expected[row], inputs[row].length, expected[row].length), padded);
      }
    }
  }

  @Test
  void eightTextsTogetherAreWhatTheyAreAlone() {
    GenerationConfig config = CONFIG.withRepetitionPenalty(1.2).withStopStrings("day", " a ");
    List<Generation> together = model.generate(prompts(TEXTS), config);
    for (int i = 0; i < TEXTS.size(); i++) {
      assertSame(model.generate(Prompt.text(TEXTS.get(i)), config), together.get(i));
    }
    assertTrue(
        together.stream().mapToInt(Generation::newTokenCount).distinct().count() > 1,
        "texts end at different lengths");
  }

  @Test
  void eachDrawsWithASeedOfItsOwn() {
    GenerationConfig config = CONFIG.withDoSample(true).withTemperature(1.2).withSeed(70);
    List<Generation> together = model.generate(prompts(TEXTS), config);
    for (int i = 0; i < TEXTS.size(); i++) {
      assertSame(
          model.generate(Prompt.text(TEXTS.get(i)), config.withSeed(70 + i)), together.get(i));
    }
  }

  @Test
  void severalTextsOfOnePromptAreForksOfIt() {
    GenerationConfig config = CONFIG.withDoSample(true).withSeed(7);
    List<Generation> together =
        model.generate(
            prompts(List.of(TEXTS.get(3), TEXTS.get(0))), config.withNumReturnSequences(3));
    assertEquals(6, together.size());
    for (int i = 0; i < 6; i++) {
      String prompt = TEXTS.get(i < 3 ? 3 : 0);
      assertSame(model.generate(Prompt.text(prompt), config.withSeed(7 + i)), together.get(i));
    }
  }

  @Test
  void conversationsAndIdsAreBatchesToo() {
    List<List<ChatMessage>> conversations =
        List.of(
            List.of(ChatMessage.user("Write a story about a duck and a paper star.")),
            List.of(ChatMessage.user("Write a story about a cat.")));
    List<Generation> answers =
        model.generate(
            conversations.stream().map(Prompt::chat).toList(), GenerationConfig.inherit());
    for (int i = 0; i < 2; i++) {
      assertSame(model.generate(conversations.get(i)), answers.get(i));
    }
    List<int[]> ids = List.of(new int[] {1, 419}, new int[0], new int[] {1, 500, 600});
    List<Generation> texts = model.generate(ids.stream().map(Prompt::ids).toList(), CONFIG);
    for (int i = 0; i < 3; i++) {
      assertSame(model.generate(Prompt.ids(ids.get(i)), CONFIG), texts.get(i));
    }
    assertEquals(List.of(), model.generate(List.<Prompt>of(), CONFIG));
  }

  @Test
  void aRollingCacheServesEachSequence() {
    LoadOptions window =
        LoadOptions.defaults()
            .withQuantization(Recipe.Q4)
            .withSlidingWindow(24)
            .withChunkTokens(16);
    try (var rolling = MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), window)) {
      GenerationConfig config = CONFIG.withMaxNewTokens(150).withEosTokenIds();
      List<String> some = List.of(TEXTS.get(3), TEXTS.get(0));
      List<Generation> together = rolling.generate(prompts(some), config);
      for (int i = 0; i < 2; i++) {
        assertSame(rolling.generate(Prompt.text(some.get(i)), config), together.get(i));
      }
    }
  }

  @Test
  void eachHasListenerProcessorsAndCancellationOfItsOwn() {
    List<StringBuilder> heard = new ArrayList<>();
    var handle = new CancellationHandle();
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      var text = new StringBuilder();
      heard.add(text);
      requests.add(
          model
              .request(Prompt.text("Once upon a time"))
              .withConfig(CONFIG)
              .onToken(token -> text.append(token.text())));
    }
    requests.set(0, requests.get(0).withLogitsProcessor((sequence, logits) -> logits[9] = 1000));
    requests.set(1, requests.get(1).withCancellation(handle).onToken(_ -> handle.cancel()));
    List<Generation> texts = model.generateAll(requests);
    assertEquals(9, texts.get(0).ids()[0]);
    assertEquals(FinishReason.CANCELLED, texts.get(1).finishReason());
    assertEquals(1, texts.get(1).newTokenCount());
    assertSame(model.generate(Prompt.text("Once upon a time"), CONFIG), texts.get(2));
    for (int i = 0; i < 3; i++) {
      assertEquals(texts.get(i).text(), heard.get(i).toString());
    }
  }

  @Test
  void whatIsFinishedIsNotComputedAnyMore() {
    GenerationRequest request =
        model.request(Prompt.text("Once upon a time")).withConfig(CONFIG.withEosTokenIds());
    List<Generation> texts =
        model.generateAll(
            List.of(request.withStoppingCriteria(sequence -> sequence.newLength() == 5), request));
    assertEquals(4, texts.get(0).metrics().decodePasses());
    assertEquals(39, texts.get(1).metrics().decodePasses());
  }

  @Test
  void aPromptThatDoesNotFitIsRefusedBeforeAnythingIsComputed() {
    List<int[]> ids = List.of(new int[] {1, 419}, new int[] {-1});
    assertThrows(
        IllegalArgumentException.class,
        () -> model.generate(ids.stream().map(Prompt::ids).toList(), CONFIG));
    assertEquals(
        "attentionMask[1] is 2, but must be 0 or 1",
        assertThrows(
                IllegalArgumentException.class,
                () -> Prompt.padded(new int[] {1, 2}, new int[] {1, 2}))
            .getMessage());
  }

  private static List<Prompt> prompts(List<String> texts) {
    return Prompt.texts(texts.toArray(String[]::new));
  }

  private static void assertSame(Generation alone, Generation together) {
    assertArrayEquals(alone.promptIds(), together.promptIds());
    assertArrayEquals(alone.ids(), together.ids(), alone.text() + " | " + together.text());
    assertEquals(alone.text(), together.text());
    assertEquals(alone.finishReason(), together.finishReason());
  }
}
