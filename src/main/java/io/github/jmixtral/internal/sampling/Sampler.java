package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.config.GenerationConfig;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Chooses the next id from processed logits. Belongs to one generation; allocates nothing. */
public abstract sealed class Sampler {
  private Sampler() {}

  /**
   * Greedy unless {@code doSample}; without a seed each generation draws differently.
   *
   * @param result which of a call's texts it is for: each draws with a seed of its own
   * @param vocabSize entries of a logits row
   */
  public static Sampler of(GenerationConfig config, int result, int vocabSize) {
    return config.doSample().orElse(false)
        ? new Multinomial(random(config, result), vocabSize)
        : new Greedy();
  }

  /** The random numbers of a call's text: from the seed + {@code result} where there is a seed. */
  public static RandomGenerator random(GenerationConfig config, int result) {
    return config.seed().isPresent()
        ? new SplittableRandom(config.seed().getAsLong() + result)
        : new SplittableRandom();
  }

  /** What is thrown when nothing can be chosen. */
  public static IllegalStateException nothingToChoose() {
    return new IllegalStateException(
        "no next token can be chosen: every one is removed, or the model computed no finite"
            + " logits");
  }

  /**
   * Chooses an id.
   *
   * @param logits processed next-token logits [vocab]; −inf entries are never chosen
   * @throws IllegalStateException when no entry is left, or the logits are no numbers
   */
  public abstract int sample(float[] logits);

  /** Chooses {@code argmax logits[i]}; the lowest id among equals. */
  private static final class Greedy extends Sampler {
    @Override
    public int sample(float[] logits) {
      int best = -1;
      float bestLogit = Float.NEGATIVE_INFINITY;
      for (int id = 0; id < logits.length; id++) {
        if (logits[id] > bestLogit) {
          bestLogit = logits[id];
          best = id;
        }
      }
      if (best < 0) {
        throw nothingToChoose();
      }
      return best;
    }
  }

  /**
   * Draws id i with probability {@code softmax(logits)[i]} by inverting the cumulative
   * distribution: one uniform u in [0, 1) chooses the first id whose cumulative weight exceeds
   * {@code u · total}. Weights and sums are double. The same generator state and logits give the
   * same id. Source: Devroye 1986, "Non-Uniform Random Variate Generation", III.2.
   */
  static final class Multinomial extends Sampler {
    private final RandomGenerator random;
    private final double[] cumulative;

    Multinomial(RandomGenerator random, int vocabSize) {
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
        throw nothingToChoose();
      }
      // The product may round up to the total, which no cumulative weight exceeds.
      double target = Math.min(random.nextDouble() * total, Math.nextDown(total));
      int low = 0;
      int high = logits.length - 1;
      // The smallest id with cumulative > target. A removed id repeats the sum before it.
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
}
