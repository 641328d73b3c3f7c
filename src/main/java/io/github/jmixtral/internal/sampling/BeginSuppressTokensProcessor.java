package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import java.util.List;

/** Removes the given ids at one position: that of the first new token. */
final class BeginSuppressTokensProcessor implements LogitsProcessor {
  private final int[] ids;
  private final int beginPosition;

  /**
   * @param beginPosition how many ids stand before the position
   */
  BeginSuppressTokensProcessor(List<Integer> ids, int beginPosition) {
    this.ids = TokenIds.toArray(ids);
    this.beginPosition = beginPosition;
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    if (sequence.length() == beginPosition) {
      TokenIds.remove(ids, logits);
    }
  }
}
