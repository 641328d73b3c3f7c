package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import java.util.Arrays;

/**
 * At one position removes everything but the given ids, whose logits become 0: begin-of-sequence
 * after a prompt of one id, end-of-sequence at the last position that the length allows.
 */
final class ForcedTokenProcessor implements LogitsProcessor {
  private final int position;
  private final int[] ids;

  /**
   * @param position how many ids stand before the position
   */
  ForcedTokenProcessor(int position, int[] ids) {
    this.position = position;
    this.ids = ids;
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    if (sequence.length() == position) {
      Arrays.fill(logits, Float.NEGATIVE_INFINITY);
      for (int id : ids) {
        logits[id] = 0;
      }
    }
  }
}
