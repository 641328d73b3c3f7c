package io.github.jmixtral.internal.network;

import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Runs the loops until the compiler has taken them in hand, within a few seconds. */
final class WarmUp {

  private static final long NANOS = 4_000_000_000L;

  /** The compiler waits for some thousand calls, and a token makes one call of some loops. */
  private static final int ROUNDS = 100;

  /** A batch that fills the tiles, and as many single ids. */
  private static final int TOKENS = 64;

  private WarmUp() {}

  /**
   * Runs prompts and single ids through a pass.
   *
   * @param cache of the pass's own; emptied again and again
   * @param head [outputs, hidden], or null for none
   */
  static void run(ForwardPass pass, BlockCache cache, @Nullable WeightMatrix head) {
    float[] state = new float[pass.config().hiddenSize()];
    float[] out = new float[head == null ? 0 : head.rows()];
    long end = System.nanoTime() + NANOS;
    for (int round = 0; round < ROUNDS; round++) {
      cache.reset();
      append(pass, cache, TOKENS);
      for (int i = 0; i < TOKENS; i++) {
        append(pass, cache, 1);
        pass.normalise(0, state, 0);
        if (head != null) {
          pass.multiply(head, state, 1, out);
        }
        if (System.nanoTime() > end) {
          return;
        }
      }
    }
  }

  private static void append(ForwardPass pass, BlockCache cache, int count) {
    pass.batch().clear();
    // Different ids go to different experts, as those of a prompt do.
    int[] ids = IntStream.range(0, count).map(i -> i % pass.config().vocabSize()).toArray();
    pass.batch().add(new SequenceStep(cache, ids, 0, count), 0, count);
    pass.run(null);
  }
}
