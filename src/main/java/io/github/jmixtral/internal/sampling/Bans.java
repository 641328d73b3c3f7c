package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import java.util.Arrays;

/**
 * Processors that remove ids because of where the text stands: never, not yet, not again, or
 * nothing but these now. Those without a paper do what Hugging Face transformers does.
 */
final class Bans {
  private Bans() {}

  /**
   * No n ids in a row occur twice: wherever the last {@code n − 1} ids stood before, removes the id
   * that followed them there. {@code n = 3, ids … 5 6 7 … 5 6 → 7 is removed}. The prompt counts.
   * Source: Paulus et al. 2017, "A Deep Reinforced Model for Abstractive Summarization".
   *
   * @param size n, at least 1
   */
  record NoRepeatNgram(int size) implements LogitsProcessor {
    @Override
    public void process(TokenSequence sequence, float[] logits) {
      int[] ids = IdSequence.array(sequence);
      int length = sequence.length();
      int prefix = size - 1;
      for (int follower = prefix; follower < length; follower++) {
        if (Arrays.equals(ids, follower - prefix, follower, ids, length - prefix, length)) {
          logits[ids[follower]] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }

  /**
   * Removes the end-of-sequence ids while the text, prompt included, is shorter than {@code
   * minLength} ids. A minimum of new tokens is the same with the prompt's length added.
   */
  record MinLength(int minLength, int[] eosTokenIds) implements LogitsProcessor {
    @Override
    public void process(TokenSequence sequence, float[] logits) {
      if (sequence.length() < minLength) {
        remove(eosTokenIds, logits);
      }
    }
  }

  /**
   * At one position removes everything but the given ids, whose logits become 0: begin-of-sequence
   * after a prompt of one id, end-of-sequence at the last position that the length allows.
   *
   * @param position how many ids stand before the position
   * @param ids inside the vocabulary
   */
  record Forced(int position, int[] ids) implements LogitsProcessor {
    @Override
    public void process(TokenSequence sequence, float[] logits) {
      if (sequence.length() == position) {
        Arrays.fill(logits, Float.NEGATIVE_INFINITY);
        for (int id : ids) {
          logits[id] = 0;
        }
      }
    }
  }

  /** Removes the given ids at every position. */
  record Suppress(int[] ids) implements LogitsProcessor {
    @Override
    public void process(TokenSequence sequence, float[] logits) {
      remove(ids, logits);
    }
  }

  /**
   * Removes the given ids at one position: that of the first new token.
   *
   * @param position how many ids stand before the position
   */
  record BeginSuppress(int[] ids, int position) implements LogitsProcessor {
    @Override
    public void process(TokenSequence sequence, float[] logits) {
      if (sequence.length() == position) {
        remove(ids, logits);
      }
    }
  }

  /** Removes the ids; an id outside the vocabulary can't be chosen anyway. */
  private static void remove(int[] ids, float[] logits) {
    for (int id : ids) {
      if (id < logits.length) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
