package io.github.jmixtral.tokenizer;

import java.util.BitSet;
import java.util.Map;

/**
 * Finds the longest of a set of strings that starts at a place of a text: a trie over UTF-16 units.
 * Used leftmost-longest, as both reference tokenizers search their fixed strings.
 */
final class TextMatcher {
  private final LongTable children = new LongTable();
  private final LongTable ends = new LongTable();
  private final BitSet inner = new BitSet();
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
        inner.set(node);
      }
      node = (int) child;
    }
    ends.put(node, LongTable.pair(string.length(), id));
  }

  /**
   * Whether a string's beginning, which is neither empty nor the whole string, stands in the text
   * from one of the units {@code firstStart} to {@code lastStart} up to the place {@code firstEnd}
   * or one behind it.
   */
  boolean beginsWithin(CharSequence text, int firstStart, int lastStart, int firstEnd) {
    for (int start = Math.max(0, firstStart); start <= lastStart; start++) {
      int node = 0;
      for (int i = start; i < text.length(); i++) {
        long child = children.get(LongTable.pair(node, text.charAt(i)));
        if (child == LongTable.NONE) {
          break;
        }
        node = (int) child;
        if (i + 1 >= firstEnd && inner.get(node)) {
          return true;
        }
      }
    }
    return false;
  }

  boolean isEmpty() {
    return nodes == 1;
  }

  /**
   * The longest match at {@code position}.
   *
   * @return {@code length << 32 | id}, or {@link LongTable#NONE}
   */
  long match(CharSequence text, int position) {
    if (isEmpty()) {
      return LongTable.NONE;
    }
    long best = LongTable.NONE;
    int node = 0;
    for (int i = position; i < text.length(); i++) {
      long child = children.get(LongTable.pair(node, text.charAt(i)));
      if (child == LongTable.NONE) {
        break;
      }
      node = (int) child;
      long end = ends.get(node);
      if (end != LongTable.NONE) {
        best = end;
      }
    }
    return best;
  }
}
