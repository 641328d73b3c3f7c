package io.github.jmixtral.tokenizer;

import java.util.Arrays;

/**
 * Merges one run of symbols: as long as any two neighbours have a merge, the pair with the lowest
 * rank is joined, the leftmost on ties. O(n log n) for n symbols.
 *
 * <p>The symbols form a doubly linked list in arrays; the queue holds {@code rank << 32 | position}
 * of a pair's left symbol. An entry goes stale when one of its symbols was merged meanwhile. It is
 * enough to compare the rank that the pair at {@code position} has now: if it equals the entry's,
 * the pair stands at the head of the queue rightfully, whichever entry brought it there.
 *
 * <p>One instance serves one call of {@link BytePairEncoder#encode}, run after run.
 */
final class PairMerger {
  private static final int MERGED = -1;
  private static final int END = -1;

  private final LongTable merges;
  private final MergeQueue queue = new MergeQueue();
  private int[] symbols = new int[64];
  private int[] previous = new int[64];
  private int[] next = new int[64];
  private int size;

  /**
   * @param merges pair (left, right) of symbols → {@code rank << 32 | joined symbol}
   */
  PairMerger(LongTable merges) {
    this.merges = merges;
  }

  void add(int symbol) {
    if (size == symbols.length) {
      symbols = Arrays.copyOf(symbols, 2 * size);
    }
    symbols[size++] = symbol;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The symbol added last. */
  int last() {
    return symbols[size - 1];
  }

  /** Merges what was added, appends the symbols that are left to {@code out} and starts anew. */
  void drainTo(IdBuffer out) {
    if (size > 1) {
      link();
      while (!queue.isEmpty()) {
        long entry = queue.poll();
        mergeAt((int) entry, entry >>> 32);
      }
      for (int position = 0; position != END; position = next[position]) {
        out.add(symbols[position]);
      }
    } else if (size == 1) {
      out.add(symbols[0]);
    }
    size = 0;
  }

  /** How many entries went into and out of the queue so far. */
  long queueOperations() {
    return queue.operations();
  }

  private void link() {
    if (next.length < size) {
      next = new int[symbols.length];
      previous = new int[symbols.length];
    }
    for (int position = 0; position < size; position++) {
      previous[position] = position - 1;
      next[position] = position + 1;
    }
    next[size - 1] = END;
    for (int position = 0; position < size - 1; position++) {
      long merge = merges.get(LongTable.pair(symbols[position], symbols[position + 1]));
      if (merge != LongTable.NONE) {
        queue.append(merge & ~0xFFFFFFFFL | position);
      }
    }
    queue.order();
  }

  private void mergeAt(int left, long rank) {
    int right = next[left];
    if (symbols[left] == MERGED || right == END) {
      return;
    }
    long merge = merges.get(LongTable.pair(symbols[left], symbols[right]));
    if (merge == LongTable.NONE || merge >>> 32 != rank) {
      return;
    }
    symbols[left] = (int) merge;
    symbols[right] = MERGED;
    next[left] = next[right];
    if (next[left] != END) {
      previous[next[left]] = left;
      offer(left);
    }
    if (previous[left] != END) {
      offer(previous[left]);
    }
  }

  private void offer(int left) {
    long merge = merges.get(LongTable.pair(symbols[left], symbols[next[left]]));
    if (merge != LongTable.NONE) {
      queue.add(merge & ~0xFFFFFFFFL | left);
    }
  }
}
