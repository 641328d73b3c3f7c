package io.github.jmixtral.generation;

/**
 * The ids of one running generation: the prompt, then everything generated so far. Processors and
 * stopping criteria read it. Positions count from 0 at the first id of the prompt. It changes with
 * the generation and belongs to its thread: do not keep it.
 *
 * @since 0.1.0
 */
public interface TokenSequence {
  /** How many ids there are, prompt included. */
  int length();

  /** How many ids the prompt has. */
  int promptLength();

  /** How many ids were generated so far. */
  default int newLength() {
    return length() - promptLength();
  }

  /**
   * The id at a position.
   *
   * @param position 0 … length − 1
   * @throws IndexOutOfBoundsException for any other position
   */
  int id(int position);

  /** The newest id. */
  default int last() {
    return id(length() - 1);
  }

  /** A copy of all ids, prompt included. */
  int[] toArray();
}
