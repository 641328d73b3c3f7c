package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/**
 * Makes the end likelier the longer the text gets: after n new tokens with {@code n > start},
 * {@code logits[eos] + |logits[eos]| · (factor^(n − start) − 1)}.
 */
final class ExponentialDecayProcessor implements LogitsProcessor {
  private final int start;
  private final double factor;
  private final int[] eosTokenIds;

  ExponentialDecayProcessor(int start, double factor, int[] eosTokenIds) {
    this.start = start;
    this.factor = factor;
    this.eosTokenIds = eosTokenIds;
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    int late = sequence.newLength() - start;
    if (late <= 0) {
      return;
    }
    float growth = (float) (Math.pow(factor, late) - 1);
    for (int id : eosTokenIds) {
      // A removed entry stays removed: −inf + inf would be NaN.
      if (id < logits.length && logits[id] != Float.NEGATIVE_INFINITY) {
        logits[id] += Math.abs(logits[id]) * growth;
      }
    }
  }
}
