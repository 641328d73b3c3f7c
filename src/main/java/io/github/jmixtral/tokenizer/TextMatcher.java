package io.github.jmixtral.tokenizer;

import java.util.Map;

/**
 * Finds the longest of a set of strings that starts at a place of a text: a trie over UTF-16 units.
 * Used leftmost-longest, as both reference tokenizers search their fixed strings.
 */
final class TextMatcher {
  private final LongTable children = new LongTable();
  private final LongTable ends = new LongTable();
  private int nodes = 1;

  /**
   * @param strings what to look for (none empty), and the id that each stands for
   */
  TextMatcher(Map<String, Integer> strings) {
    strings.forEach(this::insert);
  }

  private void insert(String string, int id) {
    int node = 0;
    for (int i = 0; i < string.length(); i++) {
      long key = LongTable.pair(node, string.charAt(i));
      long child = children.get(key);
      if (child == LongTable.NONE) {
        child = nodes++;
        children.put(key, child);
      }
      node = (int) child;
    }
    ends.put(node, LongTable.pair(string.length(), id));
  }

  boolean isEmpty() {
    return nodes == 1;
  }

  /**
   * The longest match at {@code position} that ends at {@code limit} or before.
   *
   * @return {@code length << 32 | id}, or {@link LongTable#NONE}
   */
  long match(CharSequence text, int position, int limit) {
    if (isEmpty()) {
      return LongTable.NONE;
    }
    long best = LongTable.NONE;
    int node = 0;
    int end = Math.min(limit, text.length());
    for (int i = position; i < end; i++) {
      long child = children.get(LongTable.pair(node, text.charAt(i)));
      if (child == LongTable.NONE) {
        break;
      }
      node = (int) child;
      long found = ends.get(node);
      if (found != LongTable.NONE) {
        best = found;
      }
    }
    return best;
  }
}
