package io.github.jmixtral.tokenizer;

import java.util.Arrays;

/**
 * A priority queue of {@code long}s, smallest first: a heap with four children per node (half the
 * depth of a binary heap, and the children lie side by side).
 */
final class MergeQueue {
  private static final int ARITY = 4;

  private long[] heap = new long[64];
  private int size;
  private long operations;

  /** Adds an entry out of order; {@link #order} must follow before the next {@link #poll}. */
  void append(long entry) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, 2 * size);
    }
    heap[size++] = entry;
    operations++;
  }

  /** Makes a heap of all appended entries, in linear time. */
  void order() {
    for (int node = (size - 2) / ARITY; node >= 0 && size > 1; node--) {
      siftDown(node, heap[node]);
    }
  }

  void add(long entry) {
    append(entry);
    int node = size - 1;
    while (node > 0) {
      int parent = (node - 1) / ARITY;
      if (heap[parent] <= entry) {
        break;
      }
      heap[node] = heap[parent];
      node = parent;
    }
    heap[node] = entry;
  }

  /** Removes and returns the smallest entry of a queue that is not empty. */
  long poll() {
    operations++;
    long smallest = heap[0];
    long moved = heap[--size];
    if (size > 0) {
      siftDown(0, moved);
    }
    return smallest;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** How many entries were ever added and removed: the work done, for tests of complexity. */
  long operations() {
    return operations;
  }

  private void siftDown(int start, long entry) {
    int node = start;
    int child = ARITY * node + 1;
    while (child < size) {
      int best = child;
      int end = Math.min(child + ARITY, size);
      for (int other = child + 1; other < end; other++) {
        if (heap[other] < heap[best]) {
          best = other;
        }
      }
      if (heap[best] >= entry) {
        break;
      }
      heap[node] = heap[best];
      node = best;
      child = ARITY * node + 1;
    }
    heap[node] = entry;
  }
}
