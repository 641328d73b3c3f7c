package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import java.util.Arrays;

/**
 * No n ids in a row occur twice: wherever the last {@code n − 1} ids stood before, removes the id
 * that followed them there. {@code n = 3, ids … 5 6 7 … 5 6 → 7 is removed}. The prompt counts.
 */
final class NoRepeatNgramProcessor implements LogitsProcessor {
  private final int size;

  /**
   * @param size n, at least 1
   */
  NoRepeatNgramProcessor(int size) {
    this.size = size;
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    int[] ids = IdSequence.array(sequence);
    int length = sequence.length();
    int prefix = size - 1;
    for (int follower = prefix; follower < length; follower++) {
      if (Arrays.equals(ids, follower - prefix, follower, ids, length - prefix, length)) {
        logits[ids[follower]] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
