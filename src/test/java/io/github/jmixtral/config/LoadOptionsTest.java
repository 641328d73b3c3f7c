package io.github.jmixtral.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

@RunsOnce
class LoadOptionsTest {
  @Test
  void threadsAreWhatTheContainerGrantsUnlessSaidOtherwise() {
    assertEquals(Runtime.getRuntime().availableProcessors(), LoadOptions.defaults().threads());
    assertEquals(3, LoadOptions.defaults().withThreads(3).threads());
    assertEquals(3, LoadOptions.defaults().withThreads(3).withSlidingWindow(5).threads());
  }

  @Test
  void numbersArePositive() {
    assertThrows(IllegalArgumentException.class, () -> LoadOptions.defaults().withThreads(0));
    assertThrows(IllegalArgumentException.class, () -> LoadOptions.defaults().withThreads(1025));
    assertEquals(1024, LoadOptions.defaults().withThreads(1024).threads());
    assertThrows(
        IllegalArgumentException.class, () -> LoadOptions.defaults().withSlidingWindow(-1));
  }

  @Test
  void aTileCacheHasAName() {
    var failure =
        assertThrows(
            IllegalArgumentException.class,
            () -> LoadOptions.defaults().withTileCache(Path.of("")));
    assertEquals("tile cache: expected a folder, found an empty name", failure.getMessage());
  }

  @Test
  void chunksHaveBounds() {
    assertEquals(65_536, LoadOptions.defaults().withChunkTokens(65_536).chunkTokens());
    for (int chunkTokens : new int[] {Integer.MIN_VALUE, 0, 65_537, Integer.MAX_VALUE}) {
      var failure =
          assertThrows(
              IllegalArgumentException.class,
              () -> LoadOptions.defaults().withChunkTokens(chunkTokens));
      assertEquals("chunk tokens: expected 1 … 65536, found " + chunkTokens, failure.getMessage());
    }
  }
}
