package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.config.GenerationConfig;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Chooses the next id from processed logits. Belongs to one generation; allocates nothing. */
public sealed interface Sampler permits GreedySampler, MultinomialSampler {
  /**
   * Chooses an id.
   *
   * @param logits processed next-token logits [vocab]; −inf entries are never chosen
   * @throws IllegalStateException when no entry is left, or the logits are no numbers
   */
  int sample(float[] logits);

  /** The sampler of a call's first text; see {@link #of(GenerationConfig, int, int)}. */
  static Sampler of(GenerationConfig config, int vocabSize) {
    return of(config, 0, vocabSize);
  }

  /**
   * Greedy unless {@code doSample}; without a seed each generation draws differently.
   *
   * @param result which of a call's texts it is for: each draws with a seed of its own
   */
  static Sampler of(GenerationConfig config, int result, int vocabSize) {
    return config.doSample().orElse(false)
        ? new MultinomialSampler(random(config, result), vocabSize)
        : new GreedySampler();
  }

  /** The random numbers of a call's text: from the seed + {@code result} where there is a seed. */
  static RandomGenerator random(GenerationConfig config, int result) {
    return config.seed().isPresent()
        ? new SplittableRandom(config.seed().getAsLong() + result)
        : new SplittableRandom();
  }

  /** What both samplers throw when nothing can be chosen. */
  static IllegalStateException nothingToChoose() {
    return new IllegalStateException(
        "next-token logits: expected at least one finite value, found none;"
            + " every token is removed, or the model computed no numbers");
  }
}
