package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/** {@code logits[i] / temperature}: below 1 sharper, above 1 flatter. */
final class TemperatureWarper implements LogitsProcessor {
  private final float temperature;

  /**
   * @param temperature {@code > 0}
   */
  TemperatureWarper(double temperature) {
    this.temperature = (float) temperature;
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    for (int id = 0; id < logits.length; id++) {
      logits[id] /= temperature;
    }
  }
}
