package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.EarlyStopping;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Beam search against the reference, and what every beam search keeps to. */
class BeamSearchTest {
  private static final GenerationConfig FOUR =
      GenerationConfig.inherit().withNumBeams(4).withNumReturnSequences(4).withMaxNewTokens(24);

  private static MixtralForCausalLM model;
  private static int[][] prompts;

  @BeforeAll
  static void load() {
    model = MixtralForCausalLM.fromPretrained(Fixtures.folder("full-f32"));
    try (Golden golden = Golden.open("full-f32")) {
      prompts =
          IntStream.range(0, 3)
              .mapToObj(i -> golden.ids("prompt" + i + ".input_ids")[0])
              .toArray(int[][]::new);
    }
  }

  @AfterAll
  static void close() {
    assertEquals(0, model.cacheByteSize());
    model.close();
  }

  @ParameterizedTest
  @CsvSource({"full-f32, 24", "window-bf16, 40"})
  void fourBeamsEqualTheReferencesInOrder(String name, int newTokens) {
    try (var checkpoint = MixtralForCausalLM.fromPretrained(Fixtures.folder(name));
        Golden golden = Golden.open(name)) {
      List<int[]> inputs =
          IntStream.range(0, 3).mapToObj(i -> golden.ids("prompt" + i + ".input_ids")[0]).toList();
      List<Generation> texts =
          checkpoint.generate(
              inputs.stream().map(Prompt::ids).toList(), FOUR.withMaxNewTokens(newTokens));
      assertEquals(12, texts.size());
      for (int i = 0; i < 12; i++) {
        int[] expected = golden.ids("prompt" + i / 4 + ".beam4")[i % 4];
        Generation found = texts.get(i);
        int length = found.promptTokenCount() + found.newTokenCount();
        assertArrayEquals(
            Arrays.copyOfRange(expected, found.promptTokenCount(), length),
            found.ids(),
            "prompt " + i / 4 + ", beam " + i % 4);
        assertTrue(
            Arrays.stream(expected, length, expected.length).allMatch(id -> id == 0),
            "the rest is padding");
      }
      assertEquals(0, checkpoint.cacheByteSize());
    }
  }

  @Test
  void oneTextIsTheBestOfTheBeams() {
    int[] best = model.generate(List.of(Prompt.ids(prompts[0])), FOUR).getFirst().ids();
    Generation alone = model.generate(Prompt.ids(prompts[0]), FOUR.withNumReturnSequences(1));
    assertArrayEquals(best, alone.ids());
  }

  @Test
  void theScoreIsTheMeanLogProbabilityOfTheIds() {
    for (Generation text : model.generate(List.of(Prompt.ids(prompts[1])), FOUR)) {
      assertEquals(
          sumOfLogProbabilities(text) / text.newTokenCount(),
          text.outputs().sequenceScore().getAsDouble(),
          1e-4);
    }
  }

  @ParameterizedTest
  @EnumSource(EarlyStopping.class)
  void scoresFallFromTextToTextAndHoldTheLengthPenalty(EarlyStopping earlyStopping) {
    GenerationConfig config = FOUR.withLengthPenalty(-0.5).withEarlyStopping(earlyStopping);
    double last = Double.POSITIVE_INFINITY;
    for (Generation text : model.generate(List.of(Prompt.ids(prompts[0])), config)) {
      double score = text.outputs().sequenceScore().getAsDouble();
      assertEquals(sumOfLogProbabilities(text) / Math.pow(text.newTokenCount(), -0.5), score, 1e-3);
      assertTrue(score <= last);
      last = score;
    }
  }

  @Test
  void drawnBeamsAreRepeatableAndDifferFromSeedToSeed() {
    GenerationConfig drawn = FOUR.withDoSample(true).withTemperature(1.5).withTopK(0).withSeed(5);
    List<Prompt> prompt = List.of(Prompt.ids(prompts[1]));
    List<int[]> first = ids(model.generate(prompt, drawn));
    List<int[]> again = ids(model.generate(prompt, drawn));
    List<int[]> other = ids(model.generate(prompt, drawn.withSeed(6)));
    assertEquals(4, first.size());
    for (int i = 0; i < 4; i++) {
      assertArrayEquals(first.get(i), again.get(i));
    }
    assertTrue(IntStream.range(0, 4).anyMatch(i -> !Arrays.equals(first.get(i), other.get(i))));
  }

  @Test
  void drawnBeamsKeepATokenBesideTheEndUnderTheTightestCut() {
    GenerationConfig tight = FOUR.withDoSample(true).withTopK(1).withTopP(0.0).withSeed(1);
    List<Generation> texts = model.generate(List.of(Prompt.ids(prompts[2])), tight);
    assertEquals(4, ids(texts).stream().map(Arrays::toString).distinct().count());
  }

  @Test
  void guidanceMovesEachBeamByItsOwnText() {
    GenerationConfig guided = FOUR.withGuidanceScale(1.5).withMaxNewTokens(8);
    for (Generation text : model.generate(List.of(Prompt.ids(prompts[1])), guided)) {
      int[] negative = {prompts[1][prompts[1].length - 1]};
      double score = guidedScore(prompts[1], negative, text.ids());
      assertEquals(
          score / text.newTokenCount(), text.outputs().sequenceScore().getAsDouble(), 1e-4);
    }
  }

  @Test
  void aStopStringAndALengthEndABeamWhereItIs() {
    try (var storyteller = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      List<Generation> texts =
          storyteller.generate(
              List.of(Prompt.text("Once upon a time")),
              FOUR.withMaxNewTokens(30).withStopStrings("."));
      for (Generation text : texts) {
        assertTrue(
            text.finishReason() == FinishReason.STOP_STRING
                ? text.text().indexOf('.') == text.text().length() - 1
                : text.text().indexOf('.') < 0,
            text.text());
      }
      assertEquals(FinishReason.STOP_STRING, texts.getFirst().finishReason());
    }
  }

  @Test
  void aCancelledSearchGivesWhatItHas() {
    var handle = new CancellationHandle();
    GenerationRequest request =
        model
            .request(Prompt.ids(prompts[0]))
            .withConfig(FOUR.withEosTokenIds())
            .withCancellation(handle)
            .withStoppingCriteria(
                sequence -> {
                  if (sequence.newLength() == 3) {
                    handle.cancel();
                  }
                  return false;
                });
    List<Generation> texts = model.generateAll(List.of(request));
    assertEquals(4, texts.size());
    for (Generation text : texts) {
      assertEquals(FinishReason.CANCELLED, text.finishReason());
      assertEquals(3, text.newTokenCount());
    }
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    List<Prompt> prompt = List.of(Prompt.ids(prompts[0]));
    assertRefused(
        "num_return_sequences is 5, more than the 4 of num_beams",
        () -> model.generate(prompt, FOUR.withNumReturnSequences(5)));
    assertRefused(
        "num_return_sequences is 4, but without sampling and beams there is only one text; set"
            + " do_sample or num_beams",
        () -> model.generate(prompt, FOUR.withNumBeams(1)));
    assertRefused(
        "num_return_sequences is 4, but this call returns one text; use generateAll",
        () -> model.generate(Prompt.ids(prompts[0]), FOUR));
    assertRefused(
        "a beam search (num_beams 4) takes no listener, as its text is known only at the end",
        () ->
            model
                .request(Prompt.ids(prompts[0]))
                .withConfig(FOUR.withNumReturnSequences(1))
                .onToken(_ -> {})
                .generate());
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  private static List<int[]> ids(List<Generation> texts) {
    return texts.stream().map(Generation::ids).toList();
  }

  private static double sumOfLogProbabilities(Generation text) {
    return Arrays.stream(logProbabilities(text.promptIds(), text.ids())).sum();
  }

  /** Of each id after the ids before it, from one forward pass. */
  private static double[] logProbabilities(int[] before, int[] ids) {
    float[][] rows = rows(before, ids);
    return IntStream.range(0, ids.length)
        .mapToDouble(i -> rows[i][ids[i]] - logSum(rows[i]))
        .toArray();
  }

  private static double guidedScore(int[] prompt, int[] negative, int[] ids) {
    double[] with = logProbabilities(prompt, ids);
    double[] without = logProbabilities(negative, ids);
    return IntStream.range(0, ids.length)
        .mapToDouble(i -> without[i] + 1.5 * (with[i] - without[i]))
        .sum();
  }

  private static float[][] rows(int[] before, int[] ids) {
    int[] all = Arrays.copyOf(before, before.length + ids.length);
    System.arraycopy(ids, 0, all, before.length, ids.length);
    CausalLMOutput output = model.forward(ModelInput.ofIds(all));
    output.caches().forEach(KeyValueCache::close);
    return Arrays.copyOfRange(output.logits()[0], before.length - 1, all.length - 1);
  }

  private static double logSum(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    return Math.log(sum);
  }
}
