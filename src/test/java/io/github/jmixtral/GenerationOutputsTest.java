package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationOutputs;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.StepStates;
import io.github.jmixtral.generation.TokenLogProbability;
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

/** What a generation keeps of its steps, and guidance and expert counts that show in it. */
class GenerationOutputsTest {
  private static final double TOLERANCE = 1e-4;

  private static final GenerationConfig CONFIG =
      GenerationConfig.inherit().withMaxNewTokens(10).withEosTokenIds();

  private static MixtralForCausalLM model;
  private static int[] prompt;

  @BeforeAll
  static void load() {
    model = MixtralForCausalLM.fromPretrained(Fixtures.folder("full-f32"));
    try (Golden golden = Golden.open("full-f32")) {
      prompt = golden.ids("prompt1.input_ids")[0];
    }
  }

  @AfterAll
  static void close() {
    assertEquals(0, model.cacheByteSize());
    model.close();
  }

  @Test
  void logitsOfEveryStepEqualTheReference() {
    try (Golden golden = Golden.open("full-f32")) {
      for (int i = 0; i < 3; i++) {
        int[] ids = golden.ids("prompt" + i + ".input_ids")[0];
        Generation text =
            model.generate(
                Prompt.ids(ids),
                GenerationConfig.inherit().withMaxNewTokens(24).withOutputLogits(true));
        golden.assertClose(
            "prompt" + i + ".greedy_logits", text.outputs().logits().toArray(float[][]::new), 1e-5);
      }
    }
  }

  @Test
  void nothingIsKeptUnlessAskedFor() {
    assertEquals(
        new GenerationOutputs(null, List.of(), List.of(), List.of(), List.of()).toString(),
        model.generate(Prompt.ids(prompt), CONFIG).outputs().toString());
  }

  @Test
  void scoresAreTheProcessedLogitsThatAnIdWasChosenFrom() {
    GenerationConfig config =
        CONFIG
            .withDoSample(true)
            .withSeed(2)
            .withTemperature(2)
            .withTopK(3)
            .withOutputScores(true)
            .withOutputLogits(true);
    Generation text = model.generate(Prompt.ids(prompt), config);
    assertEquals(10, text.outputs().scores().size());
    for (int step = 0; step < 10; step++) {
      float[] scores = text.outputs().scores().get(step);
      float[] logits = text.outputs().logits().get(step);
      int kept = 0;
      for (int id = 0; id < scores.length; id++) {
        if (scores[id] != Float.NEGATIVE_INFINITY) {
          kept++;
          assertEquals(logits[id] / 2, scores[id]);
        }
      }
      assertEquals(3, kept);
      assertTrue(scores[text.ids()[step]] != Float.NEGATIVE_INFINITY);
    }
  }

  @Test
  void logProbabilitiesNameTheChosenIdAndTheLikeliest() {
    Generation text =
        model.generate(
            Prompt.ids(prompt),
            CONFIG.withDoSample(true).withSeed(4).withTemperature(3).withTopLogprobs(3));
    assertEquals(List.of(), text.outputs().logits());
    float[][] rows = rows(prompt, text.ids());
    for (int step = 0; step < 10; step++) {
      StepLogProbabilities found = text.outputs().logProbabilities().get(step);
      float[] row = rows[step];
      double logSum = logSum(row);
      assertEquals(text.ids()[step], found.chosen().id());
      assertEquals(row[found.chosen().id()] - logSum, found.chosen().logProbability(), TOLERANCE);
      int[] likeliest =
          IntStream.range(0, row.length)
              .boxed()
              .sorted((a, b) -> Float.compare(row[b], row[a]))
              .limit(3)
              .mapToInt(id -> id)
              .toArray();
      assertArrayEquals(
          likeliest, found.top().stream().mapToInt(TokenLogProbability::id).toArray());
      assertEquals(row[likeliest[2]] - logSum, found.top().getLast().logProbability(), TOLERANCE);
    }
  }

  @Test
  void statesOfEveryStepAreThoseOfOnePass() {
    Generation text =
        model.generate(
            Prompt.ids(prompt),
            CONFIG
                .withOutputHiddenStates(true)
                .withOutputAttentions(true)
                .withOutputRouterLogits(true));
    assertArrayEquals(model.generate(Prompt.ids(prompt), CONFIG).ids(), text.ids());
    CausalLMOutput whole =
        forward(
            ModelInput.ofIds(concat(prompt, text.ids()))
                .withOutputHiddenStates(true)
                .withOutputAttentions(true)
                .withOutputRouterLogits(true));
    List<StepStates> steps = text.outputs().states();
    assertEquals(10, steps.size());
    int position = 0;
    for (int step = 0; step < 10; step++) {
      StepStates states = steps.get(step);
      int length = step == 0 ? prompt.length : 1;
      for (int layer = 0; layer < 3; layer++) {
        float[][] hidden = states.hiddenStates().get(layer);
        assertEquals(length, hidden.length);
        assertArrayEquals(whole.hiddenStates().get(layer)[0][position], hidden[0], 1e-4f);
      }
      float[] attention = states.attentions().get(1)[2][0];
      assertEquals(position + length, attention.length);
      assertArrayEquals(
          Arrays.copyOf(whole.attentions().get(1)[0][2][position], attention.length),
          attention,
          1e-4f);
      assertArrayEquals(
          whole.routerLogits().get(1)[position], states.routerLogits().get(1)[0], 1e-4f);
      position += length;
    }
  }

  @Test
  void statesOfAPromptDoNotDependOnItsChunksNorOnTheTextsBesideIt() {
    GenerationConfig states =
        CONFIG.withOutputHiddenStates(true).withOutputAttentions(true).withOutputRouterLogits(true);
    Generation whole = model.generate(Prompt.ids(prompt), states);
    LoadOptions chunks = LoadOptions.defaults().withChunkTokens(3);
    try (var chunked = MixtralForCausalLM.fromPretrained(Fixtures.folder("full-f32"), chunks)) {
      List<Generation> texts =
          chunked.generateAll(
              List.of(
                  chunked.request(Prompt.ids(7, 8)).withConfig(CONFIG),
                  chunked.request(Prompt.ids(prompt)).withConfig(states)));
      assertEquals(List.of(), texts.getFirst().outputs().states());
      List<StepStates> found = texts.getLast().outputs().states();
      assertEquals(10, found.size());
      for (int step = 0; step < 10; step++) {
        StepStates expected = whole.outputs().states().get(step);
        assertClose(expected.hiddenStates(), found.get(step).hiddenStates());
        assertClose(expected.routerLogits(), found.get(step).routerLogits());
        for (int layer = 0; layer < expected.attentions().size(); layer++) {
          assertClose(
              List.of(expected.attentions().get(layer)),
              List.of(found.get(step).attentions().get(layer)));
        }
      }
    }
  }

  private static void assertClose(List<float[][]> expected, List<float[][]> found) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).length, found.get(i).length);
      for (int row = 0; row < expected.get(i).length; row++) {
        assertArrayEquals(expected.get(i)[row], found.get(i)[row], (float) TOLERANCE);
      }
    }
  }

  @Test
  void beamsKeepTheStepsOfTheirOwnPath() {
    GenerationConfig config =
        CONFIG.withNumBeams(3).withNumReturnSequences(3).withTopLogprobs(0).withOutputScores(true);
    for (Generation text : model.generate(List.of(Prompt.ids(prompt)), config)) {
      double sum = 0;
      for (int step = 0; step < 10; step++) {
        double logProbability =
            text.outputs().logProbabilities().get(step).chosen().logProbability();
        assertEquals(
            text.outputs().scores().get(step)[text.ids()[step]], logProbability, TOLERANCE);
        sum += logProbability;
      }
      assertEquals(sum / 10, text.outputs().sequenceScore().getAsDouble(), TOLERANCE);
    }
  }

  @Test
  void guidanceLeansAwayFromTheNegativePrompt() {
    int[] negative = {1, 77, 300};
    for (double scale : new double[] {0.5, 1.8}) {
      GenerationConfig config = CONFIG.withGuidanceScale(scale).withOutputScores(true);
      Generation guided =
          model
              .request(Prompt.ids(prompt))
              .withConfig(config)
              .withNegativePrompt(Prompt.ids(negative))
              .generate();
      assertGuided(guided, negative, scale);
      Generation byDefault = model.generate(Prompt.ids(prompt), config);
      assertGuided(byDefault, new int[] {prompt[prompt.length - 1]}, scale);
    }
    assertArrayEquals(
        model.generate(Prompt.ids(prompt), CONFIG).ids(),
        model.generate(Prompt.ids(prompt), CONFIG.withGuidanceScale(1)).ids());
  }

  private static void assertGuided(Generation guided, int[] negative, double scale) {
    float[][] with = rows(prompt, guided.ids());
    float[][] without = rows(negative, guided.ids());
    for (int step = 0; step < 10; step++) {
      double withSum = logSum(with[step]);
      double withoutSum = logSum(without[step]);
      float[] scores = guided.outputs().scores().get(step);
      int best = 0;
      for (int id = 0; id < scores.length; id++) {
        double unconditional = without[step][id] - withoutSum;
        double expected = scale * (with[step][id] - withSum - unconditional) + unconditional;
        assertEquals(expected, scores[id], 1e-3);
        best = scores[id] > scores[best] ? id : best;
      }
      assertEquals(best, guided.ids()[step]);
    }
  }

  @Test
  void aRequestChoosesItsNumberOfExperts() {
    int[] two = model.generate(Prompt.ids(prompt), CONFIG).ids();
    Generation one = model.generate(Prompt.ids(prompt), CONFIG.withNumExpertsPerTok(1));
    List<Generation> both =
        model.generate(
            List.of(Prompt.ids(prompt), Prompt.ids(prompt)), CONFIG.withNumExpertsPerTok(1));
    assertTrue(!Arrays.equals(two, one.ids()));
    assertArrayEquals(one.ids(), both.get(1).ids());
    assertArrayEquals(
        two, model.generate(Prompt.ids(prompt), CONFIG.withNumExpertsPerTok(2)).ids());
    assertEquals(
        "num_experts_per_tok: expected 1 … 8, found 9",
        assertThrows(
                IllegalArgumentException.class,
                () -> model.generate(Prompt.ids(prompt), CONFIG.withNumExpertsPerTok(9)))
            .getMessage());
  }

  private static float[][] rows(int[] before, int[] ids) {
    float[][] all = forward(ModelInput.ofIds(concat(before, ids))).logits()[0];
    return Arrays.copyOfRange(all, before.length - 1, all.length - 1);
  }

  private static CausalLMOutput forward(ModelInput input) {
    CausalLMOutput output = model.forward(input);
    output.caches().forEach(KeyValueCache::close);
    return output;
  }

  private static double logSum(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    return Math.log(sum);
  }

  private static int[] concat(int[] first, int[] second) {
    int[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
