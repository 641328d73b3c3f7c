package io.github.jmixtral.generation;

import java.util.Arrays;

/**
 * The ids of one running generation: the prompt, then everything generated so far. Logits
 * processors and stopping criteria read it; only the decoding loop appends. Positions count from 0
 * at the first prompt id. Not thread-safe: it belongs to the thread that generates.
 */
public final class TokenSequence {
  private final int promptLength;
  private int[] ids;
  private int length;

  public TokenSequence(int[] promptIds, int room) {
    promptLength = promptIds.length;
    ids = Arrays.copyOf(promptIds, Math.addExact(promptIds.length, room));
    length = promptIds.length;
  }

  private TokenSequence(int promptLength, int[] ids) {
    this.promptLength = promptLength;
    this.ids = ids;
  }

  /** How many ids there are, prompt included. */
  public int length() {
    return length;
  }

  /** How many ids the prompt has. */
  public int promptLength() {
    return promptLength;
  }

  /** How many ids were generated so far. */
  public int newLength() {
    return length - promptLength;
  }

  /**
   * The id at a position.
   *
   * @param position 0 … length − 1
   * @throws IndexOutOfBoundsException for any other position
   */
  public int id(int position) {
    if (position < 0 || position >= length) {
      throw new IndexOutOfBoundsException(
          "position: expected 0 … " + (length - 1) + ", found " + position);
    }
    return ids[position];
  }

  /** A copy of all ids, prompt included. */
  public int[] toArray() {
    return Arrays.copyOf(ids, length);
  }

  /** A copy of the generated ids. */
  public int[] newIds() {
    return Arrays.copyOfRange(ids, promptLength, length);
  }

  /** A second sequence with the same ids. */
  public TokenSequence copy() {
    TokenSequence copy = new TokenSequence(promptLength, ids.clone());
    copy.length = length;
    return copy;
  }

  public void removeLast() {
    length--;
  }

  public int last() {
    return ids[length - 1];
  }

  /** The array underneath, for loops over all ids; valid up to {@link #length()}, until append. */
  public int[] array() {
    return ids;
  }

  public void append(int id) {
    if (length == ids.length) {
      ids = Arrays.copyOf(ids, Math.max(16, 2 * length));
    }
    ids[length++] = id;
  }
}
