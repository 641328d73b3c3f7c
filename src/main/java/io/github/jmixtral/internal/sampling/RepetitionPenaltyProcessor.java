package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/**
 * For each id that the prompt or the new text holds, once however often it stands there: {@code
 * logits[id] / penalty} when positive, {@code logits[id] · penalty} when negative (Keskar et al.
 * 2019, "CTRL"). Above 1 discourages repetition, below 1 rewards it.
 */
final class RepetitionPenaltyProcessor implements LogitsProcessor {
  private final float penalty;
  private final int[] lastCallOfId;
  private int call;

  /**
   * @param penalty {@code > 0}
   * @param vocabSize entries of a logits row
   */
  RepetitionPenaltyProcessor(double penalty, int vocabSize) {
    this.penalty = (float) penalty;
    lastCallOfId = new int[vocabSize];
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    call++;
    int[] ids = IdSequence.array(sequence);
    int length = sequence.length();
    for (int position = 0; position < length; position++) {
      int id = ids[position];
      if (lastCallOfId[id] != call) {
        lastCallOfId[id] = call;
        logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
      }
    }
  }
}
