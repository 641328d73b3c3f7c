package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prompt lookup gives the same text in fewer passes. */
class PromptLookupTest {
  /** The storyteller tells one story after another, all of a pattern. */
  private static final String PROMPT = "Write a story about a duck and a paper star.";

  private static final int TOKENS = 300;

  private static final GenerationConfig CONFIG =
      GenerationConfig.inherit().withMaxNewTokens(TOKENS).withEosTokenIds();

  @ParameterizedTest
  @ValueSource(ints = {0, 24, 200})
  void theTextIsThatOfPlainDecodingInFewerPasses(int window) {
    LoadOptions options = LoadOptions.defaults().withQuantization(Recipe.Q4);
    if (window > 0) {
      options = options.withSlidingWindow(window);
    }
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), options)) {
      assertTrue(tokensPerPass(model, CONFIG, 10) > 1.3);
      assertTrue(tokensPerPass(model, CONFIG, 1) > 1.2);
      GenerationConfig drawn = CONFIG.withDoSample(true).withTemperature(0.6).withSeed(3);
      assertTrue(tokensPerPass(model, drawn, 10) > 1);
      assertEquals(0, model.cacheByteSize());
    }
  }

  private static double tokensPerPass(
      MixtralForCausalLM model, GenerationConfig config, int guesses) {
    Generation plain = model.generate(Prompt.text(PROMPT), config);
    Generation lookup =
        model.generate(Prompt.text(PROMPT), config.withPromptLookupNumTokens(guesses));
    assertArrayEquals(plain.ids(), lookup.ids(), plain.text() + " | " + lookup.text());
    assertEquals(plain.text(), lookup.text());
    assertEquals(FinishReason.LENGTH, lookup.finishReason());
    assertEquals(TOKENS - 1, plain.metrics().decodePasses());
    assertEquals(1, plain.metrics().tokensPerPass());
    assertEquals(
        (TOKENS - 1.0) / lookup.metrics().decodePasses(), lookup.metrics().tokensPerPass());
    return lookup.metrics().tokensPerPass();
  }

  @Test
  void processorsStopsOutputsAndBatchesWorkAsEver() {
    GenerationConfig config =
        CONFIG
            .withEosTokenIds(2)
            .withMaxNewTokens(60)
            .withNoRepeatNgramSize(6)
            .withRepetitionPenalty(1.05)
            .withStopStrings("star")
            .withOutputScores(true)
            .withTopLogprobs(2);
    try (var model =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(), LoadOptions.defaults().withQuantization(Recipe.Q8))) {
      List<Generation> lookups =
          model.generate(Prompt.texts(PROMPT, "One morning"), config.withPromptLookupNumTokens(5));
      assertPlain(model.generate(Prompt.text(PROMPT), config), lookups.get(0));
      assertPlain(model.generate(Prompt.text("One morning"), config), lookups.get(1));
    }
  }

  private static void assertPlain(Generation plain, Generation lookup) {
    assertArrayEquals(plain.ids(), lookup.ids());
    assertEquals(plain.finishReason(), lookup.finishReason());
    assertEquals(plain.outputs().logProbabilities(), lookup.outputs().logProbabilities());
    for (int step = 0; step < plain.newTokenCount(); step++) {
      assertArrayEquals(plain.outputs().scores().get(step), lookup.outputs().scores().get(step));
    }
  }

  @Test
  void theTextsOfABatchShareTheirPasses(@TempDir Path folder) throws IOException {
    // A chunk of 4 cuts the guesses of one text, too.
    for (int chunk : new int[] {4, 64}) {
      LoadOptions options =
          LoadOptions.defaults().withQuantization(Recipe.Q8).withChunkTokens(chunk);
      try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), options)) {
        GenerationConfig config = CONFIG.withMaxNewTokens(80).withPromptLookupNumTokens(6);
        Generation alone = model.generate(Prompt.text(PROMPT), config);
        assertArrayEquals(
            model.generate(Prompt.text(PROMPT), CONFIG.withMaxNewTokens(80)).ids(), alone.ids());
        List<Generation> texts = new ArrayList<>();
        int passes =
            passesOf(
                () ->
                    texts.addAll(
                        model.generate(Collections.nCopies(3, Prompt.text(PROMPT)), config)),
                folder.resolve(chunk + ".jfr"));
        for (Generation text : texts) {
          assertArrayEquals(alone.ids(), text.ids());
          assertTrue(chunk == 4 || text.metrics().decodePasses() == alone.metrics().decodePasses());
        }
        if (chunk == 64) {
          assertEquals(alone.metrics().decodePasses() + 1, passes);
        }
      }
    }
  }

  private static int passesOf(Runnable generation, Path file) throws IOException {
    try (Recording recording = new Recording()) {
      recording.disable("io.github.jmixtral.ExpertLoad");
      recording.start();
      generation.run();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).size();
  }

  @Test
  void aSessionsCacheHoldsNoGuesses() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
        Session session = model.newSession()) {
      GenerationConfig config = CONFIG.withMaxNewTokens(40).withPromptLookupNumTokens(6);
      int[] prompt = model.tokenizer().encode(PROMPT, true);
      for (int stopAt : new int[] {11, 12, 13, 14}) {
        var handle = new CancellationHandle();
        var count = new AtomicInteger();
        GenerationListener atSome =
            _ -> {
              if (count.incrementAndGet() == stopAt) {
                handle.cancel();
              }
            };
        Generation some =
            session
                .request(Prompt.ids(prompt))
                .withConfig(config)
                .onToken(atSome)
                .withCancellation(handle)
                .generate();
        assertEquals(stopAt, some.newTokenCount());
        assertTrue(session.computedTokenCount() <= session.ids().length);
        Generation rest = session.request(Prompt.ids(session.ids())).withConfig(config).generate();
        Generation whole = model.generate(Prompt.ids(rest.promptIds()), config);
        assertArrayEquals(whole.ids(), rest.ids());
      }
    }
  }

  @Test
  void guidanceAndStatesDoWithoutLookup() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      GenerationConfig config = CONFIG.withMaxNewTokens(12).withPromptLookupNumTokens(5);
      assertEquals(
          11,
          model
              .generate(Prompt.text(PROMPT), config.withGuidanceScale(1.2))
              .metrics()
              .decodePasses());
      Generation states = model.generate(Prompt.text(PROMPT), config.withOutputRouterLogits(true));
      assertEquals(11, states.metrics().decodePasses());
      assertEquals(12, states.outputs().states().size());
    }
  }
}
