package io.github.jmixtral.internal.sampling;

/**
 * The sums behind {@code p[i] = exp(logits[i]) / Σ exp(logits[j])}, in double. Removed entries
 * (−inf) have probability 0 and count nowhere. The largest logit is subtracted first, so that
 * nothing overflows (Blanchard et al. 2021, "Accurately computing the log-sum-exp and softmax
 * functions").
 */
public final class Softmax {
  private Softmax() {}

  /** The largest logit; −inf when every entry is removed. */
  static float max(float[] logits) {
    float max = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    return max;
  }

  /** Returns {@code Σ exp(logits[i] − max)}; at least 1 when max is the largest logit. */
  static double sum(float[] logits, float max) {
    double sum = 0;
    for (float logit : logits) {
      if (logit != Float.NEGATIVE_INFINITY) {
        sum += Math.exp((double) logit - max);
      }
    }
    return sum;
  }

  /** Returns {@code log Σ exp(logits[i])}, so that {@code log p[i] = logits[i] − logSum}. */
  public static double logSum(float[] logits) {
    float max = max(logits);
    return max == Float.NEGATIVE_INFINITY ? max : max + Math.log(sum(logits, max));
  }

  /** The entropy {@code −Σ p[i] · log p[i]} in nats, given {@link #logSum}. */
  static double entropy(float[] logits, double logSum) {
    double entropy = 0;
    for (float logit : logits) {
      if (logit != Float.NEGATIVE_INFINITY) {
        double logProbability = logit - logSum;
        entropy -= Math.exp(logProbability) * logProbability;
      }
    }
    return entropy;
  }
}
