package io.github.jmixtral.internal.network;

import io.github.jmixtral.model.ModelInput;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The reference's losses, for scoring and for comparing; but for the last, each is a mean. */
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
    List<float[]> rows = new ArrayList<>();
    for (float[][] sequence : logits) {
      rows.addAll(List.of(sequence).subList(0, sequence.length - 1));
    }
    int[] next = Stream.of(labels).flatMapToInt(row -> IntStream.of(row).skip(1)).toArray();
    return crossEntropy(rows.toArray(float[][]::new), next);
  }

  /**
   * Mean of {@code −log softmax(logits[b])[labels[b]]}; ignored labels are left out. NaN when none
   * is left, as in the reference.
   *
   * @param logits [batch, labels]
   * @param labels [batch]
   */
  static double crossEntropy(float[][] logits, int[] labels) {
    double sum = 0;
    int count = 0;
    for (int b = 0; b < labels.length; b++) {
      if (labels[b] != ModelInput.IGNORED_LABEL) {
        sum -= logSoftmax(logits[b], labels[b]);
        count++;
      }
    }
    return sum / count;
  }

  /**
   * Mean of {@code −y · log σ(x) − (1 − y) · log σ(−x)} over all scores x and labels y, as {@code
   * max(x, 0) − x · y + log(1 + exp(−|x|))}, which never overflows.
   *
   * @param logits [batch, labels]
   * @param labels [batch, labels], 0 to 1
   */
  static double binaryCrossEntropy(float[][] logits, float[][] labels) {
    double sum = 0;
    for (int b = 0; b < labels.length; b++) {
      for (int label = 0; label < labels[b].length; label++) {
        double x = logits[b][label];
        sum += Math.max(x, 0) - x * labels[b][label] + Math.log1p(Math.exp(-Math.abs(x)));
      }
    }
    return sum / ((double) labels.length * labels[0].length);
  }

  /**
   * Mean of {@code (x − y)²} over all scores x and labels y.
   *
   * @param logits [batch, labels]
   * @param labels [batch, labels]
   */
  static double meanSquaredError(float[][] logits, float[][] labels) {
    double sum = 0;
    for (int b = 0; b < labels.length; b++) {
      for (int label = 0; label < labels[b].length; label++) {
        double difference = (double) logits[b][label] - labels[b][label];
        sum += difference * difference;
      }
    }
    return sum / ((double) labels.length * labels[0].length);
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
