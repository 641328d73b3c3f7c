package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/**
 * Removes the tokens with {@code p[i] < eta}, {@code eta = min(epsilon, sqrt(epsilon) ·
 * exp(−entropy))}: the flatter the distribution, the lower the bar (Hewitt et al. 2022, "Truncation
 * Sampling as Language Model Desmoothing"). The likeliest always stays.
 */
final class EtaWarper implements LogitsProcessor {
  private final double logEpsilon;

  /**
   * @param epsilon between 0 and 1
   */
  EtaWarper(double epsilon) {
    logEpsilon = Math.log(epsilon);
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    float max = Softmax.max(logits);
    double logSum = Softmax.logSum(logits);
    double logEta = Math.min(logEpsilon, logEpsilon / 2 - Softmax.entropy(logits, logSum));
    double smallestKept = Math.min(max, logSum + logEta);
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] < smallestKept) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
