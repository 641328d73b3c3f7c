package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/** Removes the given ids at one position: that of the first new token. */
final class BeginSuppressTokensProcessor implements LogitsProcessor {
  private final int[] ids;
  private final int beginPosition;

  /**
   * @param beginPosition how many ids stand before the position
   */
  BeginSuppressTokensProcessor(int[] ids, int beginPosition) {
    this.ids = ids;
    this.beginPosition = beginPosition;
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    if (sequence.length() == beginPosition) {
      TokenIds.remove(ids, logits);
    }
  }
}
