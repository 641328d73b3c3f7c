package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/** {@code logits[i] − log Σ exp(logits[j])}: log probabilities in place of logits. */
final class NormalizationProcessor implements LogitsProcessor {
  @Override
  public void process(TokenSequence sequence, float[] logits) {
    double logSum = Softmax.logSum(logits);
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] != Float.NEGATIVE_INFINITY) {
        logits[id] = (float) (logits[id] - logSum);
      }
    }
  }
}
