package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import org.junit.jupiter.api.Test;

@RunsOnce
class DefaultCacheBudgetTest {
  private static final long GB = 1_000_000_000;

  @Test
  void cachesGetHalfOfTheHeap() {
    assertEquals(8 * GB, CacheBudget.of(16 * GB, 64 * GB, 26 * GB));
  }

  @Test
  void orWhatTheMemoryHoldsBesideTheWeights() {
    assertEquals(6 * GB, CacheBudget.of(16 * GB, 32 * GB, 26 * GB));
  }

  @Test
  void butAQuarterOfTheHeapInAnyCase() {
    assertEquals(4 * GB, CacheBudget.of(16 * GB, 24 * GB, 26 * GB));
    assertTrue(CacheBudget.ofMachine(Long.MAX_VALUE / 2) > 0);
  }
}
