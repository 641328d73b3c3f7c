package io.github.jmixtral.internal.decoding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The loop on a cache that the caller keeps. */
class DecodingLoopTest {
  private static final GenerationConfig CONFIG =
      GenerationConfig.inherit().withMaxNewTokens(12).withEosTokenIds();

  private static LanguageModel model;
  private static Tokenizer tokenizer;
  private static DecodingLoop loop;

  @BeforeAll
  static void load() {
    model =
        LanguageModel.fromPretrained(
            Fixtures.storyteller(), LoadOptions.defaults().withChunkTokens(64));
    tokenizer = Tokenizer.fromPretrained(Fixtures.storyteller());
    loop =
        new DecodingLoop(
            model,
            new PassScheduler(model),
            new PrefixCache(model, true),
            Optional.of(tokenizer),
            new Admission(1, 0, model.cacheMemory()));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void aCacheThatHoldsTheTextSoFarIsContinued() {
    int[] prompt = tokenizer.encode("Once upon a time", true);
    Generation whole = loop.run(List.of(configured(prompt, CONFIG))).getFirst();

    BlockCache cache = model.newCache();
    Generation first = loop.run(cache, configured(prompt, CONFIG.withMaxNewTokens(5)));
    int[] soFar = concat(prompt, first.ids());
    assertEquals(soFar.length - 1, cache.length());
    Generation second = loop.run(cache, configured(soFar, CONFIG.withMaxNewTokens(7)));

    assertEquals(1, second.metrics().prefillTokenCount());
    assertArrayEquals(whole.ids(), concat(first.ids(), second.ids()));
  }

  @Test
  void aCacheThatHoldsTheWholePromptIsRefused() {
    int[] prompt = tokenizer.encode("Once upon a time", true);
    BlockCache cache = model.newCache();
    loop.run(cache, configured(prompt, CONFIG));
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class, () -> loop.run(cache, configured(prompt, CONFIG)));
    assertEquals(
        "the cache holds %2$d ids already, but the prompt has only %1$d"
            .formatted(prompt.length, cache.length()),
        failure.getMessage());
  }

  private static ConfiguredPrompt configured(int[] ids, GenerationConfig config) {
    return new ConfiguredPrompt(ids, config, GenerationHooks.none());
  }

  private static int[] concat(int[] first, int[] second) {
    int[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
