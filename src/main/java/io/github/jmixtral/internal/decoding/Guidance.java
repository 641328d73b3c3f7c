package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.internal.sampling.Softmax;

/**
 * Classifier-free guidance (Sanchez et al. 2023, "Stay on topic with Classifier-Free Guidance"):
 * with {@code c = log softmax} of the text's logits and {@code u} of those without the prompt,
 * {@code u + scale · (c − u)}.
 */
final class Guidance {
  private Guidance() {}

  /**
   * Replaces logits by guided ones.
   *
   * @param logits after the text [vocab], overwritten
   * @param unconditional after the text without the prompt [vocab]
   */
  static void apply(double scale, float[] logits, float[] unconditional) {
    double logSum = Softmax.logSum(logits);
    double unconditionalLogSum = Softmax.logSum(unconditional);
    for (int id = 0; id < logits.length; id++) {
      double without = unconditional[id] - unconditionalLogSum;
      logits[id] = (float) (without + scale * (logits[id] - logSum - without));
    }
  }
}
