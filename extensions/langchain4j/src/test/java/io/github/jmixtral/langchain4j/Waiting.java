package io.github.jmixtral.langchain4j;

import java.util.function.BooleanSupplier;

/** Waits for what another thread does. */
final class Waiting {
  private Waiting() {}

  /** Waits ten seconds at most. */
  static void until(BooleanSupplier condition) throws InterruptedException {
    for (int waited = 0; !condition.getAsBoolean(); waited++) {
      if (waited > 10_000) {
        throw new AssertionError("it did not happen within ten seconds");
      }
      Thread.sleep(1);
    }
  }
}
