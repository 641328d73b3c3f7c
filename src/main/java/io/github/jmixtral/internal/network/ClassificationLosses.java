package io.github.jmixtral.internal.network;

import io.github.jmixtral.model.ModelInput;

/** The reference's losses of a classifier, each a mean. */
final class ClassificationLosses {
  private ClassificationLosses() {}

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
        sum -= Losses.logSoftmax(logits[b], labels[b]);
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
}
