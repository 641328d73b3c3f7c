package io.github.jmixtral.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

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
    assertThrows(IllegalArgumentException.class, () -> LoadOptions.defaults().withSlidingWindow(0));
  }
}
