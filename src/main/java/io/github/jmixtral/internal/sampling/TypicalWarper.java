package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/**
 * Locally typical sampling (Meister et al. 2022): orders the tokens by how far their surprise lies
 * from the expected one, {@code | −log p[i] − entropy |}, and keeps the nearest until {@code Σ p ≥
 * mass}; tokens as near as the last kept one stay too.
 */
final class TypicalWarper implements LogitsProcessor {
  private final double mass;
  private final int leastKept;
  private final TokenHeap heap;

  /**
   * @param mass 0 … 1
   * @param vocabSize entries of a logits row
   */
  TypicalWarper(double mass, int vocabSize) {
    this(mass, vocabSize, 1);
  }

  /**
   * @param leastKept how many of the nearest tokens stay in any case
   */
  TypicalWarper(double mass, int vocabSize, int leastKept) {
    this.mass = mass;
    this.leastKept = leastKept;
    heap = new TokenHeap(vocabSize);
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    double logSum = Softmax.logSum(logits);
    double entropy = Softmax.entropy(logits, logSum);
    heap.clear();
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] != Float.NEGATIVE_INFINITY) {
        heap.add(id, -Math.abs(logSum - logits[id] - entropy));
      }
    }
    if (heap.size() == 0) {
      return;
    }
    heap.heapify();
    double kept = 0;
    int count = 0;
    double lastKey;
    do {
      lastKey = heap.maxKey();
      kept += Math.exp(logits[heap.poll()] - logSum);
      count++;
    } while (heap.size() > 0 && (count < leastKept || kept < mass || heap.maxKey() == lastKey));
    for (int slot = 0; slot < heap.size(); slot++) {
      logits[heap.idInSlot(slot)] = Float.NEGATIVE_INFINITY;
    }
  }
}
