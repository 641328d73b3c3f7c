package io.github.jmixtral.tokenizer;

import java.util.Objects;

/**
 * Texts as ids of one length, padded on the left so that every row ends with its text.
 *
 * @param inputIds {@code [batch][longest]}
 * @param attentionMask {@code [batch][longest]}: 1 for ids of the text, 0 for padding
 * @since 0.1.0
 */
public record EncodedBatch(int[][] inputIds, int[][] attentionMask) {
  /** Keeps the arrays. */
  public EncodedBatch {
    Objects.requireNonNull(inputIds, "inputIds");
    Objects.requireNonNull(attentionMask, "attentionMask");
  }
}
