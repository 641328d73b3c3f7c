package io.github.jmixtral.tokenizer;

import java.util.Arrays;

/** A growing list of ids without boxes. */
final class IdBuffer {
  private int[] ids = new int[16];
  private int size;

  void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
    }
    ids[size++] = id;
  }

  void addAll(int[] more) {
    for (int id : more) {
      add(id);
    }
  }

  int size() {
    return size;
  }

  int get(int index) {
    return ids[index];
  }

  int last() {
    return ids[size - 1];
  }

  void clear() {
    size = 0;
  }

  int[] toArray() {
    return Arrays.copyOf(ids, size);
  }
}
