package io.github.jmixtral.internal.network;

import java.util.Arrays;

/**
 * The tokens that flow through the layers together: a part of each of several steps, one after the
 * other without padding. Reused from pass to pass.
 *
 * <pre>
 * sequences A (cache holds 5 ids) + 3 ids, B (cache empty) + 2 ids
 * → row        0  1  2 | 3  4
 *   index      5  6  7 | 0  1     place in the sequence's cache
 *   position   5  6  7 | 0  1     what the rotary embedding takes; a step may set others
 * </pre>
 */
public final class TokenBatch {

  private SequenceStep[] steps = new SequenceStep[1];

  /** By sequence: which of its step's ids is the first in the batch. */
  private int[] starts = new int[1];

  private int[] firstRows = new int[2];
  private int sequences;
  private boolean isRecorded;

  /** By row. */
  private int[] positions = new int[16];

  public void clear() {
    Arrays.fill(steps, 0, sequences, null);
    sequences = 0;
    isRecorded = false;
  }

  /** Adds {@code count} ids of a step, from its {@code start}-th on. */
  public void add(SequenceStep step, int start, int count) {
    if (sequences == steps.length) {
      steps = Arrays.copyOf(steps, 2 * sequences);
      starts = Arrays.copyOf(starts, 2 * sequences);
      firstRows = Arrays.copyOf(firstRows, 2 * sequences + 1);
    }
    int row = rows();
    if (positions.length < row + count) {
      positions = Arrays.copyOf(positions, Math.max(row + count, 2 * positions.length));
    }
    int[] given = step.positions();
    for (int i = 0; i < count; i++) {
      positions[row + i] = given == null ? step.cache().length() + i : given[start + i];
    }
    steps[sequences] = step;
    starts[sequences++] = start;
    firstRows[sequences] = row + count;
    isRecorded |= step.recorder() != null;
  }

  /** Tokens of all sequences. */
  public int rows() {
    return firstRows[sequences];
  }

  int sequences() {
    return sequences;
  }

  SequenceStep step(int sequence) {
    return steps[sequence];
  }

  /** Which of its step's ids a sequence begins with. */
  int start(int sequence) {
    return starts[sequence];
  }

  BlockCache cache(int sequence) {
    return steps[sequence].cache();
  }

  /** Row of the sequence's first token. */
  int firstRow(int sequence) {
    return firstRows[sequence];
  }

  /** Tokens of one sequence. */
  int count(int sequence) {
    return firstRows[sequence + 1] - firstRows[sequence];
  }

  int position(int row) {
    return positions[row];
  }

  /** Whether a step has a recorder. */
  boolean isRecorded() {
    return isRecorded;
  }
}
