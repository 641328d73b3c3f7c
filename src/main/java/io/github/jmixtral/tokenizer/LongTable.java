package io.github.jmixtral.tokenizer;

import java.util.Arrays;

/**
 * A hash table from non-negative {@code long} keys to non-negative {@code long} values, open
 * addressing with linear probing, at most half full. Filled while a tokenizer loads, only read
 * afterwards.
 */
final class LongTable {
  /** What {@link #get} returns for a key that is not there. */
  static final long NONE = -1;

  private long[] keys = filled(64);
  private long[] values = new long[64];
  private int size;

  /** The key of an ordered pair of non-negative ints. */
  static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  /** Sets the value of {@code key}, replacing the one it had. */
  void put(long key, long value) {
    int slot = slot(key);
    if (keys[slot] == NONE) {
      keys[slot] = key;
      size++;
    }
    values[slot] = value;
    if (2 * size > keys.length) {
      grow();
    }
  }

  long get(long key) {
    int slot = slot(key);
    return keys[slot] == NONE ? NONE : values[slot];
  }

  boolean contains(long key) {
    return keys[slot(key)] != NONE;
  }

  /** The slot that holds {@code key}, or the empty one where it belongs. */
  private int slot(long key) {
    int mask = keys.length - 1;
    long hash = (key ^ key >>> 32) * 0x9E3779B97F4A7C15L; // 2^64 / golden ratio: spreads near keys
    int slot = (int) (hash >>> 32) & mask;
    while (keys[slot] != NONE && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[] oldValues = values;
    keys = filled(2 * oldKeys.length);
    values = new long[keys.length];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != NONE) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }

  private static long[] filled(int length) {
    long[] keys = new long[length];
    Arrays.fill(keys, NONE);
    return keys;
  }
}
