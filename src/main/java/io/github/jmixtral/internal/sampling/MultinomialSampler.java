package io.github.jmixtral.internal.sampling;

import java.util.random.RandomGenerator;

/**
 * Draws id i with probability {@code softmax(logits)[i]} by inverting the cumulative distribution:
 * one uniform u in [0, 1) chooses the first id whose cumulative weight exceeds {@code u · total}.
 * Weights and sums are double. The same generator state and logits give the same id.
 */
final class MultinomialSampler implements Sampler {
  private final RandomGenerator random;
  private final double[] cumulative;

  MultinomialSampler(RandomGenerator random, int vocabSize) {
    this.random = random;
    cumulative = new double[vocabSize];
  }

  @Override
  public int sample(float[] logits) {
    float max = Softmax.max(logits);
    double total = 0;
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] != Float.NEGATIVE_INFINITY) {
        total += Math.exp((double) logits[id] - max);
      }
      cumulative[id] = total;
    }
    // Also false for NaN.
    if (!(total > 0)) {
      throw Sampler.nothingToChoose();
    }
    // The product may round up to the total, which no cumulative weight exceeds.
    double target = Math.min(random.nextDouble() * total, Math.nextDown(total));
    int low = 0;
    int high = logits.length - 1;
    // Smallest id with cumulative > target: a removed id repeats its neighbour's sum, so never it.
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (cumulative[middle] > target) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
