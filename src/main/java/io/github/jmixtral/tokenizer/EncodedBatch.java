package io.github.jmixtral.tokenizer;

/**
 * Texts as ids of one length, padded on the left so that every row ends with its text.
 *
 * @since 0.1.0
 */
public final class EncodedBatch {
  private final int[][] inputIds;
  private final int[][] attentionMask;

  EncodedBatch(int[][] inputIds, int[][] attentionMask) {
    this.inputIds = inputIds;
    this.attentionMask = attentionMask;
  }

  /** The ids, {@code [batch][longest]}. */
  public int[][] inputIds() {
    return inputIds;
  }

  /** {@code [batch][longest]}: 1 for ids of the text, 0 for padding. */
  public int[][] attentionMask() {
    return attentionMask;
  }
}
