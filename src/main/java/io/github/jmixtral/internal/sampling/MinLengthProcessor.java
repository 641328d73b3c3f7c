package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/**
 * Removes the end-of-sequence ids while the text, prompt included, is shorter than {@code
 * minLength} ids. A minimum of new tokens is the same with the prompt's length added.
 */
final class MinLengthProcessor implements LogitsProcessor {
  private final int minLength;
  private final int[] eosTokenIds;

  MinLengthProcessor(int minLength, int[] eosTokenIds) {
    this.minLength = minLength;
    this.eosTokenIds = eosTokenIds;
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    if (sequence.length() < minLength) {
      TokenIds.remove(eosTokenIds, logits);
    }
  }
}
