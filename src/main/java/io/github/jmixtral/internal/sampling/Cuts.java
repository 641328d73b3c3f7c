package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import java.util.Arrays;

/**
 * Processors that cut the unlikely tail of the distribution {@code p = softmax(logits)} before a
 * token is drawn. Each leaves at least one token, if there is one.
 */
final class Cuts {
  private Cuts() {}

  /**
   * Keeps {@code logits[i] ≥ the k-th largest logit} and removes the others; entries equal to the
   * k-th largest all stay, so more than k may. The k-th largest is the top of a min-heap of the k
   * largest seen so far: one pass, and few of its steps touch the heap. Source: Fan et al. 2018,
   * "Hierarchical Neural Story Generation".
   */
  static final class TopK implements LogitsProcessor {
    private final float[] heap;

    /**
     * @param topK how many to keep, at least 1
     * @param vocabSize entries of a logits row
     */
    TopK(int topK, int vocabSize) {
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
      removeBelow(heap[0], logits);
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

  /**
   * Nucleus sampling: from the likeliest token down, keeps a token while {@code Σ p of those before
   * it < topP} and removes the others; the likeliest always stays. Only the tokens that are kept
   * get sorted. Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration".
   */
  static final class TopP implements LogitsProcessor {
    private final double topP;
    private final TokenHeap heap;

    /**
     * @param topP 0 … 1
     * @param vocabSize entries of a logits row
     */
    TopP(double topP, int vocabSize) {
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
      heap.removeRest(logits);
    }
  }

  /**
   * Removes the tokens with {@code p[i] < minP · max p}; as a comparison of logits, {@code
   * logits[i] − max < ln(minP)}, without a softmax. Source: Nguyen et al. 2024, "Turning Up the
   * Heat: Min-p Sampling for Creative and Coherent LLM Outputs".
   */
  static final class MinP implements LogitsProcessor {
    private final double logMinP;

    /**
     * @param minP 0 … 1; 0 removes nothing
     */
    MinP(double minP) {
      logMinP = Math.log(minP);
    }

    @Override
    public void process(TokenSequence sequence, float[] logits) {
      float max = Softmax.max(logits);
      for (int id = 0; id < logits.length; id++) {
        if ((double) logits[id] - max < logMinP) {
          logits[id] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }

  /**
   * Locally typical sampling: orders the tokens by how far their surprise lies from the expected
   * one, {@code | −log p[i] − entropy |}, and keeps the nearest until {@code Σ p ≥ mass}; tokens as
   * near as the last kept one stay too. Source: Meister et al. 2022, "Locally Typical Sampling".
   */
  static final class Typical implements LogitsProcessor {
    private final double mass;
    private final int leastKept;
    private final TokenHeap heap;

    /**
     * @param mass 0 … 1
     * @param vocabSize entries of a logits row
     * @param leastKept how many of the nearest tokens stay in any case
     */
    Typical(double mass, int vocabSize, int leastKept) {
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
      heap.removeRest(logits);
    }
  }

  /**
   * Removes the tokens with {@code p[i] < epsilon}; the likeliest always stays. Source: Hewitt et
   * al. 2022, "Truncation Sampling as Language Model Desmoothing".
   */
  static final class Epsilon implements LogitsProcessor {
    private final double logEpsilon;

    /**
     * @param epsilon between 0 and 1
     */
    Epsilon(double epsilon) {
      logEpsilon = Math.log(epsilon);
    }

    @Override
    public void process(TokenSequence sequence, float[] logits) {
      removeLessLikely(Softmax.logSum(logits) + logEpsilon, logits);
    }
  }

  /**
   * Removes the tokens with {@code p[i] < eta}, {@code eta = min(epsilon, sqrt(epsilon) ·
   * exp(−entropy))}: the flatter the distribution, the lower the bar. The likeliest always stays.
   * Source: the same paper as for {@link Epsilon}.
   */
  static final class Eta implements LogitsProcessor {
    private final double logEpsilon;

    /**
     * @param epsilon between 0 and 1
     */
    Eta(double epsilon) {
      logEpsilon = Math.log(epsilon);
    }

    @Override
    public void process(TokenSequence sequence, float[] logits) {
      double logSum = Softmax.logSum(logits);
      double logEta = Math.min(logEpsilon, logEpsilon / 2 - Softmax.entropy(logits, logSum));
      removeLessLikely(logSum + logEta, logits);
    }
  }

  /**
   * Another cut that leaves a least number of the likeliest tokens, whatever it removes: {@code
   * min_tokens_to_keep} of Hugging Face transformers.
   */
  static final class LeastKept implements LogitsProcessor {
    private final LogitsProcessor cut;
    private final float[] before;

    /** The largest logits, ascending. */
    private final float[] largest;

    /**
     * @param leastKept tokens that stay in any case; others with the same logit as the last of them
     *     stay, too
     * @param vocabSize entries of a logits row
     */
    LeastKept(LogitsProcessor cut, int leastKept, int vocabSize) {
      this.cut = cut;
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
      cut.process(sequence, logits);
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

  /** Removes what is below a logit, but never the likeliest. */
  private static void removeLessLikely(double smallestKept, float[] logits) {
    removeBelow(Math.min(Softmax.max(logits), smallestKept), logits);
  }

  private static void removeBelow(double smallestKept, float[] logits) {
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] < smallestKept) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
