package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.generation.TokenLogProbability;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScoringTest {
  private static final String STORY =
      "Once upon a time there was a little squirrel called Leo. One day Leo went to the lake.";

  private static MixtralForCausalLM storyteller;

  @BeforeAll
  static void load() {
    storyteller = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
  }

  @AfterAll
  static void close() {
    storyteller.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"full-f32", "window-bf16"})
  void logProbabilitiesAreTheLogSoftmaxOfTheReferencesLogits(String fixture) {
    try (Golden golden = Golden.open(fixture);
        var model = MixtralForCausalLM.fromPretrained(Fixtures.folder(fixture))) {
      int vocab = model.config().vocabSize();
      for (int prompt = 0; prompt < 3; prompt++) {
        int[] ids = golden.ids("prompt" + prompt + ".input_ids")[0];
        if (ids.length < 2) {
          continue;
        }
        float[] logits = golden.floats("prompt" + prompt + ".logits");
        TextScore score = model.score(Prompt.ids(ids));
        assertArrayEquals(Arrays.copyOfRange(ids, 1, ids.length), ids(score));
        double sum = 0;
        for (int i = 1; i < ids.length; i++) {
          double expected =
              logSoftmax(Arrays.copyOfRange(logits, (i - 1) * vocab, i * vocab), ids[i]);
          assertEquals(expected, score.tokens().get(i - 1).logProbability(), 2e-4);
          sum += expected;
        }
        assertEquals(sum, score.sum(), 1e-5 * Math.abs(sum));
        double loss = golden.floats("prompt" + prompt + ".loss")[0];
        assertEquals(loss, -score.mean(), 1e-5 * loss);
        assertEquals(Math.exp(loss), score.perplexity(), 1e-4 * Math.exp(loss));
      }
    }
  }

  @Test
  void aTextIsScoredWithTheIdsThatItBecomes() {
    int[] ids = storyteller.tokenizer().encode(STORY, true);
    TextScore score = storyteller.score(Prompt.text(STORY));
    assertEquals(storyteller.score(Prompt.ids(ids)), score);
    assertEquals(ids[1], score.tokens().getFirst().id());
    double loss =
        storyteller
            .forward(ModelInput.ofIds(ids).withLabels(new int[][] {ids}))
            .loss()
            .orElseThrow();
    assertEquals(loss, -score.mean(), 1e-6);
  }

  @Test
  void chunksDoNotChangeAScore() {
    int[] ids = storyteller.tokenizer().encode(STORY + " " + STORY, true);
    try (var chunked =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(), LoadOptions.defaults().withChunkTokens(7))) {
      assertEquals(storyteller.score(Prompt.ids(ids)), chunked.score(Prompt.ids(ids)));
    }
  }

  @Test
  void choicesScoreAsTheEndOfTheJoinedText() {
    String prompt = "Once upon a time there was a little squirrel called";
    List<String> choices = List.of(" Leo. Leo had a boat.", " Leo", " Otto", "!", " the jar of");
    List<TextScore> scores = storyteller.score(prompt, choices);
    int border = storyteller.tokenizer().encode(prompt, true).length;
    for (int i = 0; i < choices.size(); i++) {
      List<TokenLogProbability> joined =
          storyteller.score(Prompt.text(prompt + choices.get(i))).tokens();
      assertEquals(joined.subList(border - 1, joined.size()), scores.get(i).tokens());
    }
  }

  @Test
  void sumsFavourShortChoicesAndMeansDoNot() {
    List<TextScore> scores =
        storyteller.score(
            "Once upon a time there was a little squirrel called",
            List.of(" Leo. Leo loved to play near the lake.", " the", " Leo"));
    Comparator<TextScore> bySum = Comparator.comparingDouble(TextScore::sum);
    Comparator<TextScore> byMean = Comparator.comparingDouble(TextScore::mean);
    assertEquals(scores.get(2), Collections.max(scores, bySum));
    assertEquals(scores.get(1), Collections.min(scores, byMean));
    // The long one has more to lose, and its ids are the more certain ones.
    assertTrue(bySum.compare(scores.get(0), scores.get(2)) < 0);
    assertTrue(byMean.compare(scores.get(0), scores.get(2)) > 0);
  }

  @Test
  void aChoiceThatGoesOnWithinAWordIsScoredFromTheWordOn() {
    String prompt = "Soon the squirrel walk";
    List<String> choices = List.of("ed past.", " past.");
    List<TextScore> scores = storyteller.score(prompt, choices);
    int[] promptIds = storyteller.tokenizer().encode(prompt, true);
    for (int i = 0; i < choices.size(); i++) {
      int[] joined = storyteller.tokenizer().encode(prompt + choices.get(i), true);
      int[] scored = ids(scores.get(i));
      int border = joined.length - scored.length;
      assertArrayEquals(Arrays.copyOfRange(joined, border, joined.length), scored);
      assertTrue(border < promptIds.length, "the word's own ids differ with its end");
      assertEquals(
          storyteller.score(Prompt.ids(joined)).tokens().subList(border - 1, joined.length - 1),
          scores.get(i).tokens());
    }
  }

  @Test
  void choicesOfIdsFollowThePromptAsItIs() {
    int[] prompt = storyteller.tokenizer().encode("One day Leo went to the", true);
    List<int[]> choices =
        List.of(new int[] {300, 301}, new int[] {5}, new int[] {300, 301, 302, 303});
    List<TextScore> scores = storyteller.score(prompt, choices);
    for (int i = 0; i < choices.size(); i++) {
      int[] joined = IntStream.concat(IntStream.of(prompt), IntStream.of(choices.get(i))).toArray();
      List<TokenLogProbability> expected = storyteller.score(Prompt.ids(joined)).tokens();
      assertEquals(expected.subList(prompt.length - 1, expected.size()), scores.get(i).tokens());
    }
  }

  @Test
  void nothingToScoreIsAnError() {
    assertThrows(IllegalArgumentException.class, () -> storyteller.score(Prompt.text("")));
    assertThrows(IllegalArgumentException.class, () -> storyteller.score(Prompt.ids(1, 99_999)));
    assertThrows(IllegalArgumentException.class, () -> storyteller.score("One", List.of()));
    assertThrows(
        IllegalArgumentException.class, () -> storyteller.score("One", List.of(" day", "")));
    assertThrows(
        IllegalArgumentException.class,
        () -> storyteller.score(new int[0], List.of(new int[] {1})));
    assertThrows(
        IllegalArgumentException.class,
        () -> storyteller.score(new int[] {1}, List.of(new int[] {1}, new int[0])));
    assertThrows(
        IllegalArgumentException.class,
        () -> storyteller.score(new int[] {1}, List.of(new int[] {-1})));
  }

  private static int[] ids(TextScore score) {
    return score.tokens().stream().mapToInt(TokenLogProbability::id).toArray();
  }

  private static double logSoftmax(float[] logits, int id) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return logits[id] - largest - Math.log(sum);
  }
}
