package io.github.jmixtral.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.checkpoint.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce
class KeyValueCacheTest {

  private static final int BLOCK = KeyValueCache.BLOCK;
  private static final int LAYERS = 2;

  /** Key/value heads times channels. */
  private static final int WIDTH = 12;

  /** Keys and values of all layers. */
  private static final long BLOCK_BYTES = 2L * LAYERS * WIDTH * BLOCK * Float.BYTES;

  private static KeyValueCache rolling(int window) {
    return new KeyValueCache(Configs.withWindow(OptionalInt.of(window)), CacheFormat.F32);
  }

  private static KeyValueCache growing() {
    return new KeyValueCache(Configs.withWindow(OptionalInt.empty()), CacheFormat.F32);
  }

  @Test
  void aNewCacheIsEmpty() {
    assertEquals(0, rolling(100).length());
    assertEquals(0, rolling(100).byteSize());
    assertEquals(0, growing().byteSize());
  }

  @Test
  void aQuerySeesAWindowOfPositionsItselfIncluded() {
    KeyValueCache cache = rolling(100);
    assertEquals(0, cache.firstVisible(0));
    assertEquals(0, cache.firstVisible(99));
    assertEquals(1, cache.firstVisible(100));
    assertEquals(1901, cache.firstVisible(2000));
    assertEquals(0, growing().firstVisible(1_000_000));
  }

  @Test
  void aRollingCacheKeepsTheMemoryOfItsWindow() {
    KeyValueCache cache = rolling(100);
    // A hundred positions may begin in one block and end in the next but one.
    long most = 3 * BLOCK_BYTES;
    for (int position = 0; position < 2000; position++) {
      append(cache, 1);
      assertTrue(cache.byteSize() <= most, "position " + position + ": " + cache.byteSize());
      if (position >= 2 * BLOCK) {
        assertEquals(most, cache.byteSize(), "position " + position);
      }
    }
    assertEquals(2000, cache.length());
  }

  @Test
  void aLongChunkIsGivenBackButForTheWindow() {
    KeyValueCache cache = rolling(100);
    append(cache, 1500);
    assertTrue(cache.byteSize() <= 4 * BLOCK_BYTES, "found " + cache.byteSize());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 63, 64, 65, 66, 100, 128, 129, 130, 300})
  void theMostThatACacheHoldsIsReachedAndNeverPassed(int window) {
    MixtralConfig config = Configs.withWindow(OptionalInt.of(window));
    long reached = 0;
    for (int chunk = 1; chunk < 3 * BLOCK; chunk++) {
      KeyValueCache cache = new KeyValueCache(config, CacheFormat.F32);
      while (cache.length() < 1500) {
        append(cache, chunk);
        long most = KeyValueCache.maxByteSize(config, CacheFormat.F32, cache.length());
        assertTrue(cache.byteSize() <= most, chunk + " to " + cache.length());
        reached = Math.max(reached, cache.byteSize());
      }
    }
    assertEquals(reached, KeyValueCache.maxByteSize(config, CacheFormat.F32, 1500));
  }

  @Test
  void withoutAWindowTheMostIsTheWholeSequence() {
    MixtralConfig config = Configs.withWindow(OptionalInt.empty());
    assertEquals(BLOCK_BYTES, KeyValueCache.maxByteSize(config, CacheFormat.F32, 1));
    assertEquals(16 * BLOCK_BYTES, KeyValueCache.maxByteSize(config, CacheFormat.F32, 1000));
    assertEquals(
        (1L << 25) * BLOCK_BYTES,
        KeyValueCache.maxByteSize(config, CacheFormat.F32, Integer.MAX_VALUE));
  }

  @Test
  void aGrowingCacheHoldsAllPositions() {
    KeyValueCache cache = growing();
    for (int position = 0; position < 1000; position++) {
      append(cache, 1);
      assertEquals((position / BLOCK + 1) * BLOCK_BYTES, cache.byteSize());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 63, 64, 65, 100, 128, 300, Integer.MAX_VALUE})
  void everyVisiblePositionIsFoundWhereItWasStored(int window) {
    KeyValueCache cache = rolling(window);
    Random random = new Random(window);
    while (cache.length() < 1500) {
      // Single positions, small chunks and chunks longer than the window.
      int count = 1 + random.nextInt(1 << random.nextInt(9));
      append(cache, count);
      for (int p = cache.firstVisible(cache.length()); p < cache.length(); p++) {
        for (int layer = 0; layer < LAYERS; layer++) {
          assertEquals(mark(p, layer), cache.block(p / BLOCK).keys(layer, 0, null)[p % BLOCK]);
          assertEquals(-mark(p, layer), cache.block(p / BLOCK).values(layer, 0, null)[p % BLOCK]);
        }
      }
    }
  }

  @Test
  void whatIsNotStoredYetIsZeroInABlockThatIsUsedAgain() {
    KeyValueCache cache = rolling(BLOCK);
    for (int position = 0; position < 10 * BLOCK; position++) {
      append(cache, 1);
      int block = position / BLOCK;
      for (int slot = position % BLOCK + 1; slot < BLOCK; slot++) {
        assertEquals(0f, cache.block(block).keys(1, 0, null)[slot]);
        assertEquals(0f, cache.block(block).values(1, 0, null)[slot]);
      }
    }
  }

  @Test
  void resettingForgetsTheSequenceAndGivesTheMemoryBack() {
    for (KeyValueCache cache : new KeyValueCache[] {rolling(100), growing()}) {
      append(cache, 500);
      append(cache, 1);
      float[] before = cache.block(500 / BLOCK).keys(0, 0, null);
      cache.reset();
      assertEquals(0, cache.length());
      assertEquals(0, cache.byteSize());
      append(cache, 1);
      assertEquals(1, cache.length());
      assertEquals(BLOCK_BYTES, cache.byteSize());
      assertNotSame(before, cache.block(0).keys(0, 0, null));
      assertEquals(0f, cache.block(0).keys(0, 0, null)[1]);
    }
  }

  @Test
  void theBytesOfALargeCacheDoNotOverflow() {
    // As Mixtral 8x7B: 32 layers, 8 heads of 128 channels; 16 MiB a block.
    MixtralConfig config =
        MixtralConfig.builder()
            .numHiddenLayers(32)
            .numAttentionHeads(32)
            .numKeyValueHeads(8)
            .headDim(OptionalInt.of(128))
            .build();
    KeyValueCache cache = new KeyValueCache(config, CacheFormat.F32);
    cache.reserve(3 * BLOCK);
    assertEquals(3L * 2 * 32 * 8 * 128 * BLOCK * Float.BYTES, cache.byteSize());
  }

  @Test
  void aCacheFitsModelsOfItsShapeOnly() {
    KeyValueCache cache = rolling(100);
    assertTrue(cache.fits(Configs.withWindow(OptionalInt.of(100))));
    assertFalse(cache.fits(Configs.withWindow(OptionalInt.of(101))));
    assertFalse(cache.fits(Configs.withWindow(OptionalInt.empty())));
    MixtralConfig config = Configs.withWindow(OptionalInt.of(100));
    assertFalse(cache.fits(config.toBuilder().numHiddenLayers(3).build()));
    assertFalse(cache.fits(config.toBuilder().numKeyValueHeads(4).build()));
    assertFalse(cache.fits(config.toBuilder().headDim(OptionalInt.of(8)).build()));
  }

  private static void append(KeyValueCache cache, int count) {
    cache.reserve(count);
    for (int p = cache.length(); p < cache.length() + count; p++) {
      for (int layer = 0; layer < LAYERS; layer++) {
        cache.block(p / BLOCK).keys(layer, 0, null)[p % BLOCK] = mark(p, layer);
        cache.block(p / BLOCK).values(layer, 0, null)[p % BLOCK] = -mark(p, layer);
      }
    }
    cache.advance(count);
  }

  private static float mark(int position, int layer) {
    return 1 + position * LAYERS + layer;
  }
}
