package io.github.jmixtral.generation;

import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.EncodedBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Several prompts that are continued at once. What each becomes does not depend on the others.
 *
 * <pre>{@code
 * model.generate(Prompts.ofTexts("Once upon a time", "One morning"), config)
 * }</pre>
 */
public sealed interface Prompts {
  /**
   * Texts, encoded with the special tokens around them.
   *
   * @param texts a prompt each
   */
  record Texts(List<String> texts) implements Prompts {
    /** Takes a copy. */
    public Texts {
      texts = List.copyOf(texts);
    }
  }

  /**
   * Ids as they are.
   *
   * @param ids a prompt each; leave the arrays alone
   */
  record Ids(List<int[]> ids) implements Prompts {
    /** Takes a copy of the list. */
    public Ids {
      ids = List.copyOf(ids);
    }
  }

  /**
   * Conversations, encoded as the model was trained on them.
   *
   * @param conversations a prompt each
   */
  record Conversations(List<List<ChatMessage>> conversations) implements Prompts {
    /** Takes a copy. */
    public Conversations {
      conversations = conversations.stream().map(List::copyOf).toList();
    }
  }

  /** Texts, encoded with the special tokens around them. */
  static Prompts ofTexts(List<String> texts) {
    return new Texts(texts);
  }

  /** Texts, encoded with the special tokens around them. */
  static Prompts ofTexts(String... texts) {
    return new Texts(List.of(texts));
  }

  /** Ids as they are; an empty prompt becomes BOS. */
  static Prompts ofIds(List<int[]> ids) {
    return new Ids(ids);
  }

  /**
   * Ids padded to one length, as the reference takes them. Padding may stand anywhere: it is left
   * out, and positions count from each prompt's first id.
   *
   * @param inputIds [batch, longest]
   * @param attentionMask [batch, longest]: 1 for ids of a prompt, 0 for padding
   * @throws IllegalArgumentException when the shapes differ or the mask holds another number
   */
  static Prompts ofPadded(int[][] inputIds, int[][] attentionMask) {
    if (inputIds.length != attentionMask.length) {
      throw new IllegalArgumentException(
          "attentionMask: expected %d rows, found %d"
              .formatted(inputIds.length, attentionMask.length));
    }
    List<int[]> ids = new ArrayList<>();
    for (int row = 0; row < inputIds.length; row++) {
      ids.add(unpadded(row, inputIds[row], attentionMask[row]));
    }
    return new Ids(ids);
  }

  /** A padded batch as the tokenizer makes it. */
  static Prompts of(EncodedBatch batch) {
    return ofPadded(batch.inputIds(), batch.attentionMask());
  }

  /** Conversations, encoded as the model was trained on them. */
  static Prompts ofConversations(List<List<ChatMessage>> conversations) {
    return new Conversations(conversations);
  }

  private static int[] unpadded(int row, int[] ids, int[] mask) {
    if (ids.length != mask.length) {
      throw new IllegalArgumentException(
          "attentionMask[%d]: expected %d numbers, found %d"
              .formatted(row, ids.length, mask.length));
    }
    int[] kept = new int[ids.length];
    int length = 0;
    for (int column = 0; column < ids.length; column++) {
      if (mask[column] != 0 && mask[column] != 1) {
        throw new IllegalArgumentException(
            "attentionMask[%d][%d]: expected 0 or 1, found %d"
                .formatted(row, column, mask[column]));
      }
      if (mask[column] == 1) {
        kept[length++] = ids[column];
      }
    }
    return Arrays.copyOf(kept, length);
  }
}
