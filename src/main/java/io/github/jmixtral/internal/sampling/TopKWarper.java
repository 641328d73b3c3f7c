package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/**
 * Keeps {@code logits[i] ≥ the k-th largest logit} and removes the others; entries equal to the
 * k-th largest all stay, so more than k may. The k-th largest is the top of a min-heap of the k
 * largest seen so far: one pass, and few of its steps touch the heap.
 */
final class TopKWarper implements LogitsProcessor {
  private final float[] heap;

  /**
   * @param topK how many to keep, at least 1
   * @param vocabSize entries of a logits row
   */
  TopKWarper(int topK, int vocabSize) {
    heap = new float[Math.min(topK, vocabSize)];
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    int k = heap.length;
    if (k == logits.length) {
      return;
    }
    System.arraycopy(logits, 0, heap, 0, k);
    for (int slot = k / 2 - 1; slot >= 0; slot--) {
      siftDown(slot, heap[slot]);
    }
    for (int id = k; id < logits.length; id++) {
      if (logits[id] > heap[0]) {
        siftDown(0, logits[id]);
      }
    }
    float smallestKept = heap[0];
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] < smallestKept) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  private void siftDown(int start, float value) {
    int slot = start;
    while (true) {
      int child = 2 * slot + 1;
      if (child >= heap.length) {
        break;
      }
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= value) {
        break;
      }
      heap[slot] = heap[child];
      slot = child;
    }
    heap[slot] = value;
  }
}
