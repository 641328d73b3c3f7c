package io.github.jmixtral.internal.sampling;

/** Chooses the largest logit; the lowest id among equals. */
final class GreedySampler implements Sampler {
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
      throw Sampler.nothingToChoose();
    }
    return best;
  }
}
