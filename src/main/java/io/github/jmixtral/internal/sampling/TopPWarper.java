package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;

/**
 * Nucleus sampling (Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration"): from the
 * likeliest token down, keeps a token while {@code Σ p of those before it < topP} and removes the
 * others; the likeliest always stays. Only the tokens that are kept get sorted.
 */
final class TopPWarper implements LogitsProcessor {
  private final double topP;
  private final TokenHeap heap;

  /**
   * @param topP 0 … 1
   * @param vocabSize entries of a logits row
   */
  TopPWarper(double topP, int vocabSize) {
    this.topP = topP;
    heap = new TokenHeap(vocabSize);
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    heap.clear();
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] != Float.NEGATIVE_INFINITY) {
        heap.add(id, logits[id]);
      }
    }
    if (heap.size() == 0) {
      return;
    }
    heap.heapify();
    float max = (float) heap.maxKey();
    double wanted = topP * Softmax.sum(logits, max);
    double kept = 0;
    do {
      kept += Math.exp((double) logits[heap.poll()] - max);
    } while (kept < wanted && heap.size() > 0);
    for (int slot = 0; slot < heap.size(); slot++) {
      logits[heap.idInSlot(slot)] = Float.NEGATIVE_INFINITY;
    }
  }
}
