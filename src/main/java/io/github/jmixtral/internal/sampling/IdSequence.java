package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.generation.TokenSequence;
import java.util.Arrays;
import java.util.Objects;

/**
 * The ids of a text that grows. The decoding loop appends; everything else reads. Not thread-safe:
 * it belongs to the thread that generates.
 */
public final class IdSequence implements TokenSequence {
  private final int promptLength;
  private int[] ids;
  private int length;

  /**
   * A prompt without new ids.
   *
   * @param room new ids that fit before the array grows
   */
  public IdSequence(int[] promptIds, int room) {
    promptLength = promptIds.length;
    ids = Arrays.copyOf(promptIds, Math.addExact(promptIds.length, room));
    length = promptIds.length;
  }

  private IdSequence(int promptLength, int[] ids, int length) {
    this.promptLength = promptLength;
    this.ids = ids;
    this.length = length;
  }

  /**
   * The ids of any sequence in an array that may be longer than the sequence; without a copy for
   * those of the decoding loop. It is valid until the sequence grows.
   */
  public static int[] array(TokenSequence sequence) {
    return sequence instanceof IdSequence own ? own.ids : sequence.toArray();
  }

  /** The array underneath, which may be longer than the sequence; valid until it grows. */
  public int[] array() {
    return ids;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public int promptLength() {
    return promptLength;
  }

  @Override
  public int id(int position) {
    return ids[Objects.checkIndex(position, length)];
  }

  @Override
  public int last() {
    return ids[length - 1];
  }

  @Override
  public int[] toArray() {
    return Arrays.copyOf(ids, length);
  }

  /** A copy of the generated ids. */
  public int[] newIds() {
    return Arrays.copyOfRange(ids, promptLength, length);
  }

  /** A second sequence with the same ids. */
  public IdSequence copy() {
    return new IdSequence(promptLength, ids.clone(), length);
  }

  /** Adds an id. */
  public void append(int id) {
    if (length == ids.length) {
      ids = Arrays.copyOf(ids, Math.max(16, 2 * length));
    }
    ids[length++] = id;
  }

  /** Takes the newest id away. */
  public void removeLast() {
    length--;
  }
}
