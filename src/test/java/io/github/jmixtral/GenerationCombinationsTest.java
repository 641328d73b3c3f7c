package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationOutputs;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ways of decoding, each with each: in a batch of prompts of different lengths each text is what it
 * is alone, scores and states included, bit for bit; and a prompt lookup changes nothing.
 */
@RunsOnce
class GenerationCombinationsTest {
  private static final List<String> TEXTS =
      List.of(
          "A duck and a duck and",
          "Once there lived a small and very curious cat who found a paper star. One day",
          "The");

  private static MixtralForCausalLM model;

  /** A way of decoding. */
  record Way(boolean beams, boolean sampling, boolean guidance, boolean constrained) {
    GenerationConfig config() {
      GenerationConfig config =
          GenerationConfig.inherit()
              .withMaxNewTokens(14)
              .withSeed(90)
              .withDoSample(sampling)
              .withTemperature(0.8)
              .withRepetitionPenalty(0.9)
              .withOutputScores(true)
              .withTopLogprobs(2);
      if (beams) {
        config = config.withNumBeams(3);
      }
      return guidance ? config.withGuidanceScale(1.3) : config;
    }

    GenerationRequest request(String text) {
      GenerationRequest request = model.request(Prompt.text(text));
      return constrained
          ? request.withConstraint(Constraint.regex("( [a-z]{2,6}){1,5}\\."))
          : request;
    }

    /** Greedy decoding has one text for a prompt. */
    int texts() {
      return beams || sampling ? 2 : 1;
    }
  }

  static Stream<Way> ways() {
    return Stream.iterate(0, bits -> bits < 16, bits -> bits + 1)
        .map(bits -> new Way((bits & 1) > 0, (bits & 2) > 0, (bits & 4) > 0, (bits & 8) > 0));
  }

  static Stream<Way> freeWays() {
    return ways().filter(way -> !way.constrained());
  }

  @BeforeAll
  static void load() {
    // A short chunk cuts prompts, so that some decode while others are not computed yet.
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
  @MethodSource("ways")
  void aBatchIsWhatItsTextsAreAlone(Way way) {
    GenerationConfig config = way.config().withMaxNewTokens(9);
    List<Generation> together = generate(TEXTS, way, config);
    assertEquals(TEXTS.size() * way.texts(), together.size());
    assertSame(alone(way, config), together);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void aLookupInABatchChangesNothing(Way way) {
    List<Generation> plain = generate(TEXTS, way, way.config());
    List<Generation> lookups =
        generate(TEXTS, way, way.config().withPromptLookupNumTokens(3).withMaxMatchingNgramSize(1));
    assertSame(plain, lookups);
    if (!way.beams() && !way.guidance() && !way.constrained()) {
      assertTrue(
          lookups.stream().anyMatch(text -> text.metrics().tokensPerPass() > 1),
          "some guesses were right");
    }
  }

  @ParameterizedTest
  @MethodSource("freeWays")
  void statesOfABatchAreThoseOfItsTextsAlone(Way way) {
    GenerationConfig config =
        way.config()
            .withMaxNewTokens(5)
            .withPromptLookupNumTokens(3)
            .withOutputHiddenStates(true)
            .withOutputAttentions(true)
            .withOutputRouterLogits(true);
    List<Generation> together = generate(TEXTS, way, config);
    assertSame(alone(way, config), together);
    for (Generation text : together) {
      assertEquals(text.newTokenCount(), text.outputs().states().size());
    }
  }

  /** Each prompt in a call of its own. */
  private static List<Generation> alone(Way way, GenerationConfig config) {
    List<Generation> alone = new ArrayList<>();
    for (String text : TEXTS) {
      alone.addAll(generate(List.of(text), way, config));
    }
    return alone;
  }

  private static List<Generation> generate(List<String> texts, Way way, GenerationConfig config) {
    GenerationConfig several = config.withNumReturnSequences(way.texts());
    return model.generateAll(
        texts.stream().map(text -> way.request(text).withConfig(several)).toList());
  }

  private static void assertSame(List<Generation> expected, List<Generation> found) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < found.size(); i++) {
      Generation one = expected.get(i);
      Generation other = found.get(i);
      assertArrayEquals(one.promptIds(), other.promptIds());
      assertArrayEquals(one.ids(), other.ids(), one.text() + " | " + other.text());
      assertEquals(one.text(), other.text());
      assertEquals(one.finishReason(), other.finishReason());
      assertSame(one.outputs(), other.outputs());
    }
  }

  private static void assertSame(GenerationOutputs expected, GenerationOutputs found) {
    assertEquals(expected.sequenceScore(), found.sequenceScore());
    assertEquals(expected.logProbabilities(), found.logProbabilities());
    assertArrayEquals(expected.scores().toArray(), found.scores().toArray());
    assertEquals(expected.states().size(), found.states().size());
    for (int step = 0; step < found.states().size(); step++) {
      var one = expected.states().get(step);
      var other = found.states().get(step);
      assertArrayEquals(one.hiddenStates().toArray(), other.hiddenStates().toArray());
      assertArrayEquals(one.attentions().toArray(), other.attentions().toArray());
      assertArrayEquals(one.routerLogits().toArray(), other.routerLogits().toArray());
    }
  }
}
