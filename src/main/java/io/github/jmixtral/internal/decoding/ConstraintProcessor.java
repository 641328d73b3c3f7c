package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import io.github.jmixtral.internal.automaton.ConstraintRun;
import io.github.jmixtral.internal.sampling.IdSequence;
import java.util.Arrays;

/**
 * Removes every id that a constraint does not allow next, or after which too few tokens would be
 * left to bring the text to its end. The end-of-sequence ids are allowed when the text is whole,
 * and nothing else is left when it can't go on.
 *
 * <p>It comes after all other processors that ban and penalise, and it wins: where they removed all
 * that it allows, what it allows becomes equally likely. It follows the sequence that it is given:
 * another one (of another beam) is taken up where the two part.
 */
public final class ConstraintProcessor implements LogitsProcessor {
  private final ConstraintRun run;
  private final int maxLength;
  private final int[] eosTokenIds;
  private final long[] allowed;

  /**
   * @param maxLength most ids that prompt and new text may have
   * @throws IllegalArgumentException when there is no end-of-sequence id, or no text fits into the
   *     length
   */
  public ConstraintProcessor(
      ConstraintRun run, int promptLength, int maxLength, int vocabSize, int[] eosTokenIds) {
    this.run = run;
    this.maxLength = maxLength;
    this.eosTokenIds = Arrays.stream(eosTokenIds).filter(id -> id < vocabSize).toArray();
    int words = (vocabSize + Long.SIZE - 1) / Long.SIZE;
    allowed = new long[words];
    if (this.eosTokenIds.length == 0) {
      throw new IllegalArgumentException(
          "constraint: the text needs an end-of-sequence id to end with; set eos_token_id");
    }
    if (maxLength - promptLength < run.fewestTokens()) {
      throw new IllegalArgumentException(
          "constraint: the shortest text that fits takes %d new tokens, but there is room for %d; raise max_new_tokens"
              .formatted(run.fewestTokens(), maxLength - promptLength));
    }
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    process(sequence, sequence.promptLength(), logits);
  }

  /** The same for a text that begins at {@code from}. */
  void process(TokenSequence sequence, int from, float[] logits) {
    if (!run.follow(IdSequence.array(sequence), from, sequence.length())) {
      throw new IllegalStateException(
          "constraint: the %d ids generated so far do not fit it".formatted(sequence.newLength()));
    }
    run.allowed(maxLength - sequence.length(), allowed);
    for (int id : eosTokenIds) {
      if (run.isComplete()) {
        allowed[id / Long.SIZE] |= 1L << id;
      } else {
        allowed[id / Long.SIZE] &= ~(1L << id);
      }
    }
    if (!keepsSome(logits)) {
      equalise(logits);
      return;
    }
    for (int word = 0; word * Long.SIZE < logits.length; word++) {
      int first = word * Long.SIZE;
      int to = Math.min(logits.length, first + Long.SIZE);
      if (allowed[word] == 0) {
        Arrays.fill(logits, first, to, Float.NEGATIVE_INFINITY);
      } else if (allowed[word] != -1) {
        for (int id = first; id < to; id++) {
          if (!isAllowed(id)) {
            logits[id] = Float.NEGATIVE_INFINITY;
          }
        }
      }
    }
  }

  /** Makes all that is allowed equally likely: log probabilities, as beams add them up. */
  private void equalise(float[] logits) {
    int count = 0;
    for (long bits : allowed) {
      count += Long.bitCount(bits);
    }
    for (int id = 0; id < logits.length; id++) {
      logits[id] = isAllowed(id) ? (float) -Math.log(count) : Float.NEGATIVE_INFINITY;
    }
  }

  /** Whether something allowed is not removed yet. */
  private boolean keepsSome(float[] logits) {
    for (int word = 0; word < allowed.length; word++) {
      for (long bits = allowed[word]; bits != 0; bits &= bits - 1) {
        int id = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
        if (logits[id] != Float.NEGATIVE_INFINITY) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isAllowed(int id) {
    return (allowed[id / Long.SIZE] & 1L << id) != 0;
  }
}
