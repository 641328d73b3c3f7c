package io.github.jmixtral.internal.network;

import java.util.Arrays;

/**
 * The tokens that flow through the layers together: a stretch of each of several sequences, one
 * sequence after the other without padding. Reused from pass to pass.
 *
 * <pre>
 * sequences A (cache holds 5 ids) + 3 ids, B (cache empty) + 2 ids
 * → row        0  1  2 | 3  4
 *   index      5  6  7 | 0  1     place in the sequence's cache
 *   position   5  6  7 | 0  1     what the rotary embedding takes; a caller may set others
 * </pre>
 */
public final class TokenBatch {

  private int[] positions = new int[16];
  private BlockCache[] caches = new BlockCache[1];
  private int[] firstRows = new int[2];
  private int sequences;

  public void clear() {
    Arrays.fill(caches, 0, sequences, null);
    sequences = 0;
  }

  /**
   * Adds a stretch of a sequence.
   *
   * @param ropePositions positions of the ids, or null for their place in the cache
   * @param offset of the stretch in {@code ropePositions}
   */
  public void add(BlockCache cache, int count, int[] ropePositions, int offset) {
    if (sequences == caches.length) {
      caches = Arrays.copyOf(caches, 2 * sequences);
      firstRows = Arrays.copyOf(firstRows, 2 * sequences + 1);
    }
    int row = rows();
    if (positions.length < row + count) {
      positions = Arrays.copyOf(positions, Math.max(row + count, 2 * positions.length));
    }
    for (int i = 0; i < count; i++) {
      positions[row + i] = ropePositions == null ? cache.length() + i : ropePositions[offset + i];
    }
    caches[sequences++] = cache;
    firstRows[sequences] = row + count;
  }

  /** Tokens of all sequences. */
  public int rows() {
    return firstRows[sequences];
  }

  public int sequences() {
    return sequences;
  }

  BlockCache cache(int sequence) {
    return caches[sequence];
  }

  /** Row of the sequence's first token. */
  public int firstRow(int sequence) {
    return firstRows[sequence];
  }

  /** Tokens of one sequence. */
  public int count(int sequence) {
    return firstRows[sequence + 1] - firstRows[sequence];
  }

  public int position(int row) {
    return positions[row];
  }
}
