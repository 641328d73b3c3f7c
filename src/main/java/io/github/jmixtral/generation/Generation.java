package io.github.jmixtral.generation;

import java.util.Arrays;
import java.util.Objects;

/**
 * What one call of {@code generate} gave.
 *
 * @param text the new ids decoded, special tokens left out. A stop string stays at its end, as in
 *     the reference, with whatever else its last token carries. Bytes of a character that the end
 *     cut short become U+FFFD; after a cancellation, bytes that waited for the next token are left
 *     out. Empty where the model has no tokenizer
 * @param ids the new ids, the end-of-sequence id included when it was chosen; the prompt excluded
 * @param finishReason why it ended
 * @param promptIds the ids that the prompt became
 * @param prefillTokenCount how many of the prompt's ids were computed: all, unless cancelled before
 *     or held by a cache already
 * @param prefillNanos time from the start until the logits after the prompt, in nanoseconds
 * @param decodeNanos time from then to the end, in nanoseconds: choosing all tokens, and computing
 *     the logits after each but the last
 * @param decodePasses passes through the model after those of the prompt: one for each new id but
 *     the first, fewer where prompt lookup guessed right
 * @param outputs what the settings asked to keep of each step
 * @param expertCounts how often each expert computed an id of this text [layers, experts]: of the
 *     prompt's ids those that were computed, of the new ones all but the last as a rule; guesses of
 *     prompt lookup that came to nothing count too
 */
public record Generation(
    String text,
    int[] ids,
    FinishReason finishReason,
    int[] promptIds,
    int prefillTokenCount,
    long prefillNanos,
    long decodeNanos,
    int decodePasses,
    GenerationOutputs outputs,
    long[][] expertCounts) {
  private static final double NANOS_PER_SECOND = 1e9;

  /** Takes copies of the arrays. */
  public Generation {
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(finishReason, "finishReason");
    Objects.requireNonNull(outputs, "outputs");
    ids = ids.clone();
    promptIds = promptIds.clone();
    expertCounts = copy(expertCounts);
  }

  /** A copy of the new ids. */
  @Override
  public int[] ids() {
    return ids.clone();
  }

  /** A copy of the prompt's ids. */
  @Override
  public int[] promptIds() {
    return promptIds.clone();
  }

  /** A copy of the counts. */
  @Override
  public long[][] expertCounts() {
    return copy(expertCounts);
  }

  private static long[][] copy(long[][] counts) {
    return Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new);
  }

  /** How many ids the prompt has. */
  public int promptTokenCount() {
    return promptIds.length;
  }

  /** How many ids were generated. */
  public int newTokenCount() {
    return ids.length;
  }

  /** Computed tokens of the prompt per second of prefill; 0 when nothing was computed. */
  public double prefillTokensPerSecond() {
    return perSecond(prefillTokenCount, prefillNanos);
  }

  /**
   * New tokens per second but for the first, which comes out of the prefill. 0 when there was no
   * other.
   */
  public double decodeTokensPerSecond() {
    return perSecond(ids.length - 1, decodeNanos);
  }

  /** New ids for each pass after those of the prompt: 1, more with prompt lookup; 0 without any. */
  public double tokensPerPass() {
    return decodePasses == 0 ? 0 : (ids.length - 1.0) / decodePasses;
  }

  /** Equal when all parts are; arrays in {@link #outputs} count as equal only when the same. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Generation that
        && text.equals(that.text)
        && Arrays.equals(ids, that.ids)
        && finishReason == that.finishReason
        && Arrays.equals(promptIds, that.promptIds)
        && prefillTokenCount == that.prefillTokenCount
        && prefillNanos == that.prefillNanos
        && decodeNanos == that.decodeNanos
        && decodePasses == that.decodePasses
        && outputs.equals(that.outputs)
        && Arrays.deepEquals(expertCounts, that.expertCounts);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        text,
        Arrays.hashCode(ids),
        finishReason,
        Arrays.hashCode(promptIds),
        prefillTokenCount,
        prefillNanos,
        decodeNanos,
        decodePasses,
        outputs,
        Arrays.deepHashCode(expertCounts));
  }

  @Override
  public String toString() {
    return "Generation[finishReason="
        + finishReason
        + ", promptTokenCount="
        + promptTokenCount()
        + ", newTokenCount="
        + newTokenCount()
        + ", text="
        + text
        + "]";
  }

  private static double perSecond(int count, long nanos) {
    return count <= 0 || nanos <= 0 ? 0 : count * NANOS_PER_SECOND / nanos;
  }
}
