package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import java.util.Arrays;

/** Another warper that leaves a least number of the likeliest tokens, whatever it removes. */
final class LeastKeptWarper implements LogitsProcessor {
  private final LogitsProcessor warper;
  private final float[] before;

  /** The largest logits, ascending. */
  private final float[] largest;

  /**
   * @param leastKept tokens that stay in any case; others with the same logit as the last of them
   *     stay, too
   * @param vocabSize entries of a logits row
   */
  LeastKeptWarper(LogitsProcessor warper, int leastKept, int vocabSize) {
    this.warper = warper;
    before = new float[vocabSize];
    largest = new float[Math.min(leastKept, vocabSize)];
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    System.arraycopy(logits, 0, before, 0, logits.length);
    Arrays.fill(largest, Float.NEGATIVE_INFINITY);
    for (float logit : logits) {
      if (logit > largest[0]) {
        insert(logit);
      }
    }
    warper.process(sequence, logits);
    for (int id = 0; id < logits.length; id++) {
      if (before[id] >= largest[0]) {
        logits[id] = before[id];
      }
    }
  }

  /** Replaces the smallest of the largest. */
  private void insert(float logit) {
    int slot = 0;
    while (slot + 1 < largest.length && largest[slot + 1] < logit) {
      largest[slot] = largest[slot + 1];
      slot++;
    }
    largest[slot] = logit;
  }
}
