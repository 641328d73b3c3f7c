package io.github.jmixtral.generation;

import io.github.jmixtral.config.GenerationConfig;
import java.util.SplittableRandom;

/** Chooses the next id from processed logits. Belongs to one generation; allocates nothing. */
sealed interface Sampler permits GreedySampler, MultinomialSampler {
  /**
   * Chooses an id.
   *
   * @param logits processed next-token logits [vocab]; −inf entries are never chosen
   * @throws IllegalStateException when no entry is left, or the logits are no numbers
   */
  int sample(float[] logits);

  /** Greedy unless {@code doSample}; without a seed each generation draws differently. */
  static Sampler of(GenerationConfig config, int vocabSize) {
    if (!config.doSample().orElse(false)) {
      return new GreedySampler();
    }
    SplittableRandom random =
        config.seed().isPresent()
            ? new SplittableRandom(config.seed().getAsLong())
            : new SplittableRandom();
    return new MultinomialSampler(random, vocabSize);
  }

  /** What both samplers throw when nothing can be chosen. */
  static IllegalStateException nothingToChoose() {
    return new IllegalStateException(
        "next-token logits: expected at least one finite value, found none;"
            + " every token is removed, or the model computed no numbers");
  }
}
