package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce
class BlockCacheTest {

  private static final int BLOCK = BlockCache.BLOCK;
  private static final int LAYERS = 2;

  /** Key/value heads times channels. */
  private static final int WIDTH = 12;

  private static final int HEAD_DIM = 6;

  /** Keys and values of all layers. */
  private static final long BLOCK_BYTES = 2L * LAYERS * WIDTH * BLOCK * Float.BYTES;

  private static BlockCache rolling(int window) {
    return new BlockCache(
        Configs.withWindow(OptionalInt.of(window)), CacheFormat.F32, new CacheMemory());
  }

  private static BlockCache growing() {
    return new BlockCache(
        Configs.withWindow(OptionalInt.empty()), CacheFormat.F32, new CacheMemory());
  }

  @Test
  void aNewCacheIsEmpty() {
    assertEquals(0, rolling(100).length());
    assertEquals(0, rolling(100).byteSize());
    assertEquals(0, growing().byteSize());
  }

  @Test
  void aQuerySeesAWindowOfPositionsItselfIncluded() {
    BlockCache cache = rolling(100);
    assertEquals(0, cache.firstVisible(0));
    assertEquals(0, cache.firstVisible(99));
    assertEquals(1, cache.firstVisible(100));
    assertEquals(1901, cache.firstVisible(2000));
    assertEquals(0, growing().firstVisible(1_000_000));
  }

  @Test
  void aRollingCacheKeepsTheMemoryOfItsWindow() {
    BlockCache cache = rolling(100);
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
    BlockCache cache = rolling(100);
    append(cache, 1500);
    assertTrue(cache.byteSize() <= 4 * BLOCK_BYTES, "found " + cache.byteSize());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 63, 64, 65, 66, 100, 128, 129, 130, 300})
  void theMostThatACacheHoldsIsReachedAndNeverPassed(int window) {
    MixtralConfig config = Configs.withWindow(OptionalInt.of(window));
    long reached = 0;
    for (int chunk = 1; chunk < 3 * BLOCK; chunk++) {
      BlockCache cache = new BlockCache(config, CacheFormat.F32, new CacheMemory());
      while (cache.length() < 1500) {
        append(cache, chunk);
        long most = BlockCache.maxByteSize(config, CacheFormat.F32, cache.length());
        assertTrue(cache.byteSize() <= most, chunk + " to " + cache.length());
        reached = Math.max(reached, cache.byteSize());
      }
    }
    assertEquals(reached, BlockCache.maxByteSize(config, CacheFormat.F32, 1500));
  }

  @Test
  void withoutAWindowTheMostIsTheWholeSequence() {
    MixtralConfig config = Configs.withWindow(OptionalInt.empty());
    assertEquals(BLOCK_BYTES, BlockCache.maxByteSize(config, CacheFormat.F32, 1));
    assertEquals(16 * BLOCK_BYTES, BlockCache.maxByteSize(config, CacheFormat.F32, 1000));
    assertEquals(
        (1L << 25) * BLOCK_BYTES,
        BlockCache.maxByteSize(config, CacheFormat.F32, Integer.MAX_VALUE));
  }

  @Test
  void aGrowingCacheHoldsAllPositions() {
    BlockCache cache = growing();
    for (int position = 0; position < 1000; position++) {
      append(cache, 1);
      assertEquals((position / BLOCK + 1) * BLOCK_BYTES, cache.byteSize());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 63, 64, 65, 100, 128, 300, Integer.MAX_VALUE})
  void everyVisiblePositionIsFoundWhereItWasStored(int window) {
    BlockCache cache = rolling(window);
    Random random = new Random(window);
    while (cache.length() < 1500) {
      // Single positions, small chunks and chunks longer than the window.
      int count = 1 + random.nextInt(1 << random.nextInt(9));
      append(cache, count);
      for (int p = cache.firstVisible(cache.length()); p < cache.length(); p++) {
        for (int layer = 0; layer < LAYERS; layer++) {
          assertEquals(mark(p, layer), cache.block(p / BLOCK).keys(layer, 0, null)[p % BLOCK]);
          assertEquals(
              -mark(p, layer), cache.block(p / BLOCK).values(layer, 0, null)[p % BLOCK * HEAD_DIM]);
        }
      }
    }
  }

  @Test
  void whatIsNotStoredYetIsZeroInABlockThatIsUsedAgain() {
    BlockCache cache = rolling(BLOCK);
    for (int position = 0; position < 10 * BLOCK; position++) {
      append(cache, 1);
      int block = position / BLOCK;
      for (int slot = position % BLOCK + 1; slot < BLOCK; slot++) {
        assertEquals(0f, cache.block(block).keys(1, 0, null)[slot]);
        assertEquals(0f, cache.block(block).values(1, 0, null)[slot * HEAD_DIM]);
      }
    }
  }

  @Test
  void resettingForgetsTheSequenceAndGivesTheMemoryBack() {
    for (BlockCache cache : new BlockCache[] {rolling(100), growing()}) {
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
        MixtralConfig.of(
            Map.of(
                "num_hidden_layers",
                32,
                "num_attention_heads",
                32,
                "num_key_value_heads",
                8,
                "head_dim",
                128));
    BlockCache cache = new BlockCache(config, CacheFormat.F32, new CacheMemory());
    cache.reserve(3 * BLOCK);
    assertEquals(3L * 2 * 32 * 8 * 128 * BLOCK * Float.BYTES, cache.byteSize());
  }

  @Test
  void forksShareWhatNobodyAppendsTo() {
    CacheMemory memory = new CacheMemory();
    BlockCache cache =
        new BlockCache(Configs.withWindow(OptionalInt.empty()), CacheFormat.F32, memory);
    append(cache, 2 * BLOCK + 10);
    assertEquals(3 * BLOCK_BYTES, memory.byteSize());
    BlockCache fork = cache.fork();
    assertEquals(3 * BLOCK_BYTES, memory.byteSize(), "a fork copies nothing");
    append(fork, 1);
    assertEquals(4 * BLOCK_BYTES, memory.byteSize(), "who appends copies the last block");
    append(cache, 1);
    assertEquals(4 * BLOCK_BYTES, memory.byteSize(), "and leaves it to the other");
    cache.close();
    assertEquals(3 * BLOCK_BYTES, memory.byteSize());
    assertMarked(fork);
    fork.close();
    assertEquals(0, memory.byteSize());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 100, 300, Integer.MAX_VALUE})
  void forksOfABeginningNeedNoMoreThanWasReserved(int window) {
    MixtralConfig config =
        Configs.withWindow(
            window == Integer.MAX_VALUE ? OptionalInt.empty() : OptionalInt.of(window));
    Random random = new Random(window);
    for (int round = 0; round < 30; round++) {
      int shared = 1 + random.nextInt(200);
      int length = shared + 1 + random.nextInt(300);
      int forks = 1 + random.nextInt(4);
      int chunk = 1 + random.nextInt(200);
      long most = BlockCache.mostBytes(config, CacheFormat.F32, shared, length, forks, chunk);
      CacheMemory memory = new CacheMemory(most);
      CacheMemory.Reservation reservation = memory.reserve(most);
      BlockCache first = new BlockCache(config, CacheFormat.F32, memory);
      first.takeFrom(reservation);
      appendInChunks(first, shared, chunk, random);
      List<BlockCache> caches = new ArrayList<>(List.of(first));
      while (caches.size() < forks) {
        caches.add(first.fork());
      }
      for (int reached = shared; reached < length; reached += chunk) {
        for (BlockCache cache : caches) {
          appendInChunks(cache, Math.min(chunk, length - cache.length()), chunk, random);
          assertTrue(memory.byteSize() <= most);
          assertNull(memory.reserve(1), "what is not used is still reserved");
        }
      }
      caches.forEach(BlockCache::close);
      assertEquals(0, memory.byteSize());
      assertNull(memory.reserve(1));
      reservation.close();
      memory.reserve(most).close();
    }
  }

  private static void appendInChunks(BlockCache cache, int count, int chunk, Random random) {
    int left = count;
    while (left > 0) {
      int next = Math.min(left, 1 + random.nextInt(chunk));
      append(cache, next);
      left -= next;
    }
  }

  @Test
  void whatIsOnlyKeptIsNotUsed() {
    CacheMemory memory = new CacheMemory(5 * BLOCK_BYTES);
    BlockCache cache =
        new BlockCache(Configs.withWindow(OptionalInt.empty()), CacheFormat.F32, memory);
    append(cache, 2 * BLOCK + 10);
    BlockCache kept = cache.keep(2 * BLOCK + 5);
    cache.close();
    assertEquals(3 * BLOCK_BYTES, memory.byteSize());
    assertEquals(0, memory.usedBytes());
    assertFalse(memory.isOverfull());
    CacheMemory.Reservation reservation = memory.reserve(3 * BLOCK_BYTES);
    assertTrue(memory.isOverfull(), "3 kept and 3 reserved, of 5");
    BlockCache fork = kept.fork();
    assertEquals(3 * BLOCK_BYTES, memory.usedBytes());
    append(fork, 1);
    assertMarked(fork);
    assertEquals(4 * BLOCK_BYTES, memory.byteSize(), "the last block was copied");
    fork.close();
    reservation.close();
    assertEquals(0, memory.usedBytes());
    kept.close();
    assertEquals(0, memory.byteSize());
  }

  @Test
  void forksOfAFullBlockCopyNothing() {
    CacheMemory memory = new CacheMemory();
    BlockCache cache =
        new BlockCache(Configs.withWindow(OptionalInt.empty()), CacheFormat.F32, memory);
    append(cache, BLOCK);
    try (BlockCache fork = cache.fork()) {
      append(fork, 1);
      assertEquals(2 * BLOCK_BYTES, memory.byteSize());
    }
    assertEquals(BLOCK_BYTES, memory.byteSize());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 100, 300, Integer.MAX_VALUE})
  void forksThatGrowAndShrinkAtRandomKeepTheirOwnPositions(int window) {
    CacheMemory memory = new CacheMemory();
    MixtralConfig config = Configs.withWindow(OptionalInt.of(window));
    Random random = new Random(window);
    List<BlockCache> caches = new ArrayList<>();
    caches.add(new BlockCache(config, CacheFormat.F32, memory));
    for (int step = 0; step < 500; step++) {
      BlockCache cache = caches.get(random.nextInt(caches.size()));
      switch (random.nextInt(4)) {
        case 0 -> {
          if (caches.size() < 8) {
            caches.add(cache.fork());
          }
        }
        case 1 -> {
          int length = cache.length() - random.nextInt(1 + cache.length()) % 90;
          if (cache.canTruncate(length)) {
            cache.truncate(length);
          } else {
            assertThrows(IllegalArgumentException.class, () -> cache.truncate(length));
          }
        }
        case 2 -> append(cache, 1 + random.nextInt(150));
        default -> append(cache, 1);
      }
      caches.forEach(BlockCacheTest::assertMarked);
      if (caches.size() == 8) {
        caches.remove(random.nextInt(8)).close();
      }
    }
    caches.forEach(BlockCache::close);
    assertEquals(0, memory.byteSize());
  }

  @Test
  void forksInManyThreadsLeaveNothingBehind() throws Exception {
    CacheMemory memory = new CacheMemory();
    MixtralConfig config = Configs.withWindow(OptionalInt.empty());
    try (BlockCache prefix = new BlockCache(config, CacheFormat.F32, memory);
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      append(prefix, 100);
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        tasks.add(
            () -> {
              try (BlockCache fork = prefix.fork();
                  BlockCache second = fork.fork()) {
                append(fork, 3);
                append(second, 40);
                assertMarked(fork);
                assertMarked(second);
              }
              return null;
            });
      }
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
      assertMarked(prefix);
      assertEquals(2 * BLOCK_BYTES, memory.byteSize());
    }
    assertEquals(0, memory.byteSize());
  }

  @Test
  void aBlockThatCouldNotBeMadeIsNotThere() {
    // An array of a block would have 2^31 numbers.
    MixtralConfig huge = Configs.withWindow(OptionalInt.empty()).with(Map.of("head_dim", 1 << 24));
    CacheMemory memory = new CacheMemory();
    BlockCache cache = new BlockCache(huge, CacheFormat.F32, memory);
    assertThrows(NegativeArraySizeException.class, () -> cache.reserve(1));
    assertEquals(0, cache.byteSize());
    cache.truncate(0);
    cache.close();
    assertEquals(0, memory.byteSize());
  }

  @Test
  void forgottenPositionsAreZeroAgain() {
    BlockCache cache = growing();
    append(cache, 2 * BLOCK);
    cache.truncate(70);
    assertEquals(mark(69, 1), cache.block(1).keys(1, 0, null)[5]);
    for (int slot = 6; slot < BLOCK; slot++) {
      assertEquals(0f, cache.block(1).keys(1, 0, null)[slot]);
      assertEquals(0f, cache.block(1).values(1, 0, null)[slot * HEAD_DIM]);
    }
  }

  @Test
  void aRollingCacheRefusesTheLengthsWhoseWindowItHasDropped() {
    BlockCache cache = rolling(100);
    append(cache, 300);
    // Block 3 is the first that position 300 sees: 201 … 300.
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> cache.truncate(290));
    assertEquals(
        "length: the rolling cache has dropped the ids before 192, so it can be cut to 0 or 291 …"
            + " 300, not to 290",
        refusal.getMessage());
    assertFalse(cache.canTruncate(290));
    cache.truncate(291);
    assertMarked(cache);
    cache.truncate(0);
    assertEquals(0, cache.length());
    assertEquals(0, cache.byteSize());
  }

  @Test
  void asManyIdsCanBeTakenBackAsTheCacheSays() {
    for (int window : new int[] {1, 16, 64, 65, 100, 128}) {
      for (int length = 0; length < 300; length += 7) {
        for (int kept : new int[] {0, 1, 5}) {
          BlockCache cache = rolling(window);
          append(cache, length);
          int retractable = cache.retractable(kept);
          append(cache, kept + retractable);
          assertTrue(cache.canTruncate(length + kept), window + ", " + length);
          append(cache, 1);
          assertEquals(length + kept == 0, cache.canTruncate(length + kept), "one more");
        }
      }
    }
    assertEquals(Integer.MAX_VALUE, growing().retractable(1));
  }

  @Test
  void aLengthBeyondTheSequenceIsRefused() {
    BlockCache cache = growing();
    append(cache, 5);
    for (int length : new int[] {-1, 6}) {
      assertFalse(cache.canTruncate(length));
      assertEquals(
          "length: expected 0 … 5, found " + length,
          assertThrows(IllegalArgumentException.class, () -> cache.truncate(length)).getMessage());
    }
  }

  @Test
  void aClosedCacheIsRefused() {
    BlockCache cache = growing();
    append(cache, 5);
    cache.close();
    cache.close();
    assertEquals(0, cache.byteSize());
    for (Executable use :
        List.<Executable>of(cache::fork, () -> cache.truncate(0), () -> cache.reserve(1))) {
      assertEquals(
          "the cache is closed", assertThrows(IllegalStateException.class, use).getMessage());
    }
  }

  @Test
  void cachesThatAreForgottenWithoutBeingClosedReturnTheirBytes() throws InterruptedException {
    CacheMemory memory = new CacheMemory();
    MixtralConfig config = Configs.withWindow(OptionalInt.empty());
    BlockCache forgotten = new BlockCache(config, CacheFormat.F32, memory);
    append(forgotten, 200);
    assertEquals(4 * BLOCK_BYTES, memory.byteSize());
    forgotten = null;
    for (int i = 0; i < 500 && memory.byteSize() > 0; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertEquals(0, memory.byteSize());
  }

  /** Every position that the next query sees holds what {@link #append} stored there. */
  private static void assertMarked(BlockCache cache) {
    for (int p = cache.firstVisible(cache.length()); p < cache.length(); p++) {
      for (int layer = 0; layer < LAYERS; layer++) {
        assertEquals(mark(p, layer), cache.block(p / BLOCK).keys(layer, 0, null)[p % BLOCK]);
        assertEquals(
            -mark(p, layer), cache.block(p / BLOCK).values(layer, 0, null)[p % BLOCK * HEAD_DIM]);
      }
    }
  }

  private static void append(BlockCache cache, int count) {
    cache.reserve(count);
    for (int p = cache.length(); p < cache.length() + count; p++) {
      for (int layer = 0; layer < LAYERS; layer++) {
        cache.block(p / BLOCK).keys(layer, 0, null)[p % BLOCK] = mark(p, layer);
        cache.block(p / BLOCK).values(layer, 0, null)[p % BLOCK * HEAD_DIM] = -mark(p, layer);
      }
    }
    cache.advance(count);
  }

  private static float mark(int position, int layer) {
    return 1 + position * LAYERS + layer;
  }
}
