package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Forked and truncated caches against caches computed from scratch: the same bits. */
class CacheForkTest {

  private static final int[] PREFIX = new SplittableRandom(11).ints(150, 3, 1900).toArray();
  private static final int[] FIRST = new SplittableRandom(12).ints(80, 3, 1900).toArray();
  private static final int[] SECOND = new SplittableRandom(13).ints(70, 3, 1900).toArray();

  private static LanguageModel open(LoadOptions options) {
    return LanguageModel.fromPretrained(Fixtures.storyteller(), options);
  }

  private static float[] append(LanguageModel model, BlockCache cache, int[] ids) {
    float[] logits = new float[model.config().vocabSize()];
    model.nextTokenLogits(new SequenceStep(cache, ids, 0, ids.length, logits));
    return logits;
  }

  private static float[] fromScratch(LanguageModel model, int[]... parts) {
    try (BlockCache cache = model.newCache()) {
      return append(model, cache, Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray());
    }
  }

  @ParameterizedTest
  @EnumSource(CacheFormat.class)
  void forksDivergeAndEqualCachesFromScratch(CacheFormat format) {
    forksDivergeAndEqualCachesFromScratch(LoadOptions.defaults().withCacheFormat(format));
    forksDivergeAndEqualCachesFromScratch(
        LoadOptions.defaults().withCacheFormat(format).withSlidingWindow(0));
  }

  private static void forksDivergeAndEqualCachesFromScratch(LoadOptions options) {
    try (LanguageModel model = open(options)) {
      try (BlockCache cache = model.newCache()) {
        append(model, cache, PREFIX);
        try (BlockCache fork = cache.fork()) {
          // In turns, so that each goes on beside the other's changes.
          int[] half = Arrays.copyOf(FIRST, 40);
          int[] rest = Arrays.copyOfRange(FIRST, 40, FIRST.length);
          append(model, cache, half);
          assertArrayEquals(fromScratch(model, PREFIX, SECOND), append(model, fork, SECOND));
          assertArrayEquals(fromScratch(model, PREFIX, FIRST), append(model, cache, rest));
        }
      }
      assertEquals(0, model.cacheByteSize());
    }
  }

  @ParameterizedTest
  @EnumSource(CacheFormat.class)
  void aTruncatedCacheGoesOnLikeOneFromScratch(CacheFormat format) {
    LoadOptions options = LoadOptions.defaults().withCacheFormat(format).withSlidingWindow(0);
    try (LanguageModel model = open(options);
        BlockCache cache = model.newCache()) {
      append(model, cache, PREFIX);
      append(model, cache, FIRST);
      try (BlockCache fork = cache.fork()) {
        // One that owns its last block, one that shares it.
        append(model, cache, SECOND);
        for (BlockCache each : new BlockCache[] {cache, fork}) {
          each.truncate(PREFIX.length);
          assertEquals(PREFIX.length, each.length());
          assertArrayEquals(fromScratch(model, PREFIX, SECOND), append(model, each, SECOND));
        }
      }
    }
  }

  @Test
  void aRollingCacheGoesOnAfterForgettingAFewIds() {
    try (LanguageModel model = open(LoadOptions.defaults());
        BlockCache cache = model.newCache()) {
      append(model, cache, PREFIX);
      append(model, cache, SECOND);
      append(model, cache, new int[] {5, 6, 7});
      cache.truncate(cache.length() - 3);
      assertArrayEquals(fromScratch(model, PREFIX, SECOND, FIRST), append(model, cache, FIRST));
    }
  }

  @Test
  void logitsAfterEachIdEqualThoseOfTheWholeInput() {
    try (LanguageModel model = open(LoadOptions.defaults().withChunkTokens(32));
        BlockCache cache = model.newCache()) {
      float[][] expected = model.forward(ModelInput.ofIds(PREFIX)).logits()[0];
      append(model, cache, Arrays.copyOf(PREFIX, 50));
      float[][] logits = new float[100][model.config().vocabSize()];
      logits[7] = null;
      model.nextTokenLogits(new SequenceStep(cache, PREFIX, 50, 100, logits));
      assertEquals(150, cache.length());
      for (int i = 0; i < 100; i++) {
        if (i != 7) {
          assertArrayEquals(expected[50 + i], logits[i]);
        }
      }
    }
  }

  @Test
  void logitsOfAnotherShapeAreRefused() {
    try (LanguageModel model = open(LoadOptions.defaults());
        BlockCache cache = model.newCache()) {
      assertEquals(
          "outputs: there are 2 rows for 1 ids; a row for each is the most",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> model.nextTokenLogits(new SequenceStep(cache, FIRST, 0, 1, new float[2][])))
              .getMessage());
      assertThrows(
          IllegalArgumentException.class,
          () -> model.nextTokenLogits(new SequenceStep(cache, FIRST, 0, 1, new float[1][5])));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              model.nextTokenLogits(
                  new SequenceStep(cache, FIRST, FIRST.length, 1, new float[1][])));
      assertEquals(0, cache.length());
    }
  }

  @Test
  void aClosedCacheIsRefused() {
    try (LanguageModel model = open(LoadOptions.defaults())) {
      BlockCache cache = model.newCache();
      append(model, cache, FIRST);
      cache.close();
      assertThrows(IllegalStateException.class, () -> append(model, cache, FIRST));
      assertEquals(0, model.cacheByteSize());
    }
  }
}
