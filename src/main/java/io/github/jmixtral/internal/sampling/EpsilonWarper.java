package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/**
 * Removes the tokens with {@code p[i] < epsilon} (Hewitt et al. 2022, "Truncation Sampling as
 * Language Model Desmoothing"); the likeliest always stays.
 */
final class EpsilonWarper implements LogitsProcessor {
  private final double logEpsilon;

  /**
   * @param epsilon between 0 and 1
   */
  EpsilonWarper(double epsilon) {
    logEpsilon = Math.log(epsilon);
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    float max = Softmax.max(logits);
    double smallestKept = Math.min(max, Softmax.logSum(logits) + logEpsilon);
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] < smallestKept) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
