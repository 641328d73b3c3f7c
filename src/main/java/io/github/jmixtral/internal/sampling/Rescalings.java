package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/** Processors that change all logits by one formula, whatever the text is. */
final class Rescalings {
  private Rescalings() {}

  /**
   * {@code logits[i] / temperature}: below 1 sharper, above 1 flatter. Source: Ackley et al. 1985,
   * "A Learning Algorithm for Boltzmann Machines".
   */
  static final class Temperature implements LogitsProcessor {
    private final float temperature;

    /**
     * @param temperature {@code > 0}
     */
    Temperature(double temperature) {
      this.temperature = (float) temperature;
    }

    @Override
    public void process(TokenSequence sequence, float[] logits) {
      for (int id = 0; id < logits.length; id++) {
        logits[id] /= temperature;
      }
    }
  }

  /** NaN becomes 0, +inf the largest float, −inf the most negative float. */
  record ValidValues() implements LogitsProcessor {
    @Override
    public void process(TokenSequence sequence, float[] logits) {
      for (int id = 0; id < logits.length; id++) {
        float logit = logits[id];
        logits[id] = Float.isNaN(logit) ? 0 : Math.clamp(logit, -Float.MAX_VALUE, Float.MAX_VALUE);
      }
    }
  }

  /** {@code logits[i] − log Σ exp(logits[j])}: log probabilities in place of logits. */
  record Normalization() implements LogitsProcessor {
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
}
