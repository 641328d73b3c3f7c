package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/**
 * Removes the tokens with {@code p[i] < minP · max p} (Nguyen et al. 2024, "Turning Up the Heat:
 * Min-p Sampling"); as a comparison of logits, {@code logits[i] − max < ln(minP)}, without a
 * softmax.
 */
final class MinPWarper implements LogitsProcessor {
  private final double logMinP;

  /**
   * @param minP 0 … 1; 0 removes nothing
   */
  MinPWarper(double minP) {
    logMinP = Math.log(minP);
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    float max = Softmax.max(logits);
    for (int id = 0; id < logits.length; id++) {
      if ((double) logits[id] - max < logMinP) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
