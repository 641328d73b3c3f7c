package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/** Removes the given ids at every position. */
final class SuppressTokensProcessor implements LogitsProcessor {
  private final int[] ids;

  SuppressTokensProcessor(int[] ids) {
    this.ids = ids;
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    TokenIds.remove(ids, logits);
  }
}
