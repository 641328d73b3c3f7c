package io.github.jmixtral.generation;

import java.util.List;

/** Removes the given ids at every position. */
final class SuppressTokensProcessor implements LogitsProcessor {
  private final int[] ids;

  SuppressTokensProcessor(List<Integer> ids) {
    this.ids = TokenIds.toArray(ids);
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    TokenIds.remove(ids, logits);
  }
}
