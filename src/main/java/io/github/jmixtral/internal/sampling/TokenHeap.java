package io.github.jmixtral.internal.sampling;

/**
 * A binary heap (Williams 1964, Floyd 1964) that hands out ids from the largest key down, sorting
 * only as many as are asked for: heapify is O(n), each poll O(log n). Equal keys: the larger id
 * first, as a stable ascending sort read from its end. Arrays are allocated once, for the whole
 * vocabulary.
 */
public final class TokenHeap {
  private final int[] ids;
  private final double[] keys;
  private int size;

  /** An empty heap with room for each id once. */
  public TokenHeap(int vocabSize) {
    ids = new int[vocabSize];
    keys = new double[vocabSize];
  }

  /** Takes all ids out. */
  public void clear() {
    size = 0;
  }

  /** How many ids are left. */
  public int size() {
    return size;
  }

  /** The largest key left. */
  double maxKey() {
    return keys[0];
  }

  /** Adds without ordering; call {@link #heapify()} before the first poll. */
  public void add(int id, double key) {
    ids[size] = id;
    keys[size++] = key;
  }

  /** Orders what was added. */
  public void heapify() {
    for (int slot = size / 2 - 1; slot >= 0; slot--) {
      siftDown(slot);
    }
  }

  /** Takes out the id with the largest key. */
  public int poll() {
    int top = ids[0];
    size--;
    ids[0] = ids[size];
    keys[0] = keys[size];
    siftDown(0);
    return top;
  }

  /** Removes the ids that were not polled from the logits. */
  void removeRest(float[] logits) {
    for (int slot = 0; slot < size; slot++) {
      logits[ids[slot]] = Float.NEGATIVE_INFINITY;
    }
  }

  private void siftDown(int start) {
    int slot = start;
    int id = ids[slot];
    double key = keys[slot];
    while (true) {
      int child = 2 * slot + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && isBefore(ids[child + 1], keys[child + 1], ids[child], keys[child])) {
        child++;
      }
      if (!isBefore(ids[child], keys[child], id, key)) {
        break;
      }
      ids[slot] = ids[child];
      keys[slot] = keys[child];
      slot = child;
    }
    ids[slot] = id;
    keys[slot] = key;
  }

  private static boolean isBefore(int id, double key, int otherId, double otherKey) {
    return key > otherKey || (key == otherKey && id > otherId);
  }
}
