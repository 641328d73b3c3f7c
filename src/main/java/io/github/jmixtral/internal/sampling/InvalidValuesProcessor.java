package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/** NaN becomes 0, +inf the largest float, −inf the most negative float. */
final class InvalidValuesProcessor implements LogitsProcessor {
  @Override
  public void process(TokenSequence sequence, float[] logits) {
    for (int id = 0; id < logits.length; id++) {
      float logit = logits[id];
      logits[id] = Float.isNaN(logit) ? 0 : Math.clamp(logit, -Float.MAX_VALUE, Float.MAX_VALUE);
    }
  }
}
