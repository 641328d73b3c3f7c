package io.github.jmixtral.internal.network;

import io.github.jmixtral.model.ModelInput;
import java.util.List;

/** The reference's training losses, for scoring and for comparing. */
final class Losses {

  private Losses() {}

  /**
   * Mean over all predictions of {@code −log softmax(logits[b][t])[labels[b][t + 1]]}; ignored
   * labels are left out. NaN when none is left, as in the reference.
   *
   * @param logits [batch, columns, vocab]
   * @param labels [batch, columns]
   */
  static double crossEntropy(float[][][] logits, int[][] labels) {
    double sum = 0;
    long count = 0;
    for (int b = 0; b < labels.length; b++) {
      for (int t = 0; t + 1 < labels[b].length; t++) {
        int label = labels[b][t + 1];
        if (label != ModelInput.IGNORED_LABEL) {
          sum -= logSoftmax(logits[b][t], label);
          count++;
        }
      }
    }
    return sum / count;
  }

  /** Returns {@code log softmax(logits)[id]}. */
  static double logSoftmax(float[] logits, int id) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return logits[id] - largest - Math.log(sum);
  }

  /**
   * Load-balancing loss {@code E · Σ_e f_e · P_e} over all layers and visible tokens: f_e is the
   * fraction of the tokens routed to expert e, summed over the k slots, P_e its mean probability.
   *
   * <p>Source: Fedus et al., "Switch Transformers", 2021, equations 4 to 6.
   *
   * @param routerLogits by layer: [tokens, experts]
   * @param visible [tokens]
   */
  static double loadBalancing(List<float[][]> routerLogits, boolean[] visible, int chosen) {
    int experts = routerLogits.getFirst()[0].length;
    double[] routed = new double[experts];
    double[] probability = new double[experts];
    long tokens = 0;
    Router router = new Router(experts);
    int[] ids = new int[chosen];
    float[] weights = new float[chosen];
    for (float[][] layer : routerLogits) {
      for (int t = 0; t < layer.length; t++) {
        if (!visible[t]) {
          continue;
        }
        tokens++;
        router.route(layer[t], 0, chosen, ids, weights, 0);
        for (int id : ids) {
          routed[id]++;
        }
        for (int e = 0; e < experts; e++) {
          probability[e] += Math.exp(logSoftmax(layer[t], e));
        }
      }
    }
    double sum = 0;
    for (int e = 0; e < experts; e++) {
      sum += routed[e] / tokens * (probability[e] / tokens);
    }
    return experts * sum;
  }
}
