package io.github.jmixtral.internal.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Python's {@code textwrap.wrap}, without expanding tabs or replacing white space. */
final class WordWrap {
  private final long width;
  private final boolean breakLongWords;
  private final boolean breakOnHyphens;
  private final Work work;

  WordWrap(long width, boolean breakLongWords, boolean breakOnHyphens, Work work) {
    this.width = width;
    this.breakLongWords = breakLongWords;
    this.breakOnHyphens = breakOnHyphens;
    this.work = work;
  }

  List<Text> wrap(Text line) {
    if (width <= 0) {
      throw JinjaException.valueError("invalid width " + width + " (must be > 0)");
    }
    Deque<Text> chunks = new ArrayDeque<>(chunks(line));
    List<Text> lines = new ArrayList<>();
    while (!chunks.isEmpty()) {
      if (!lines.isEmpty() && isBlank(chunks.peek())) {
        chunks.pop();
      }
      List<Text> current = new ArrayList<>();
      long length = 0;
      while (!chunks.isEmpty() && length + chunks.peek().length() <= width) {
        work.step();
        length += chunks.peek().length();
        current.add(chunks.pop());
      }
      if (!chunks.isEmpty() && chunks.peek().length() > width) {
        breakWord(chunks, current, length);
      }
      if (!current.isEmpty() && isBlank(current.getLast())) {
        current.removeLast();
      }
      if (!current.isEmpty()) {
        lines.add(Printing.join(Text.EMPTY, current, work));
      }
    }
    return lines;
  }

  private static boolean isBlank(Text chunk) {
    return Characters.strip(chunk.string()).isEmpty();
  }

  private void breakWord(Deque<Text> chunks, List<Text> current, long length) {
    if (!breakLongWords) {
      if (current.isEmpty()) {
        current.add(chunks.pop());
      }
      return;
    }
    Text chunk = chunks.pop();
    int room = (int) Math.min(width - length, chunk.length());
    int end = room;
    if (breakOnHyphens && chunk.length() > room) {
      Text head = chunk.slice(0, room);
      int hyphen = head.string().lastIndexOf('-');
      if (hyphen > 0 && head.string().substring(0, hyphen).chars().anyMatch(c -> c != '-')) {
        end = head.codePointOf(hyphen) + 1;
      }
    }
    work.characters(chunk.units());
    current.add(chunk.slice(0, end));
    Text rest = chunk.slice(end, chunk.length());
    chunks.push(rest);
  }

  /** Words, white space and what hyphens part, in order. */
  private List<Text> chunks(Text line) {
    List<Text> chunks = new ArrayList<>();
    String string = line.string();
    int from = 0;
    while (from < string.length()) {
      work.step();
      int end = isWhite(string.charAt(from)) ? whiteEnd(string, from) : wordEnd(string, from);
      chunks.add(line.part(from, end));
      from = end;
    }
    return chunks;
  }

  /** The white space of ASCII only. */
  private static boolean isWhite(char unit) {
    return unit == ' ' || unit >= '\t' && unit <= '\r';
  }

  private static int whiteEnd(String string, int from) {
    int end = from;
    while (end < string.length() && isWhite(string.charAt(end))) {
      end++;
    }
    return end;
  }

  /** As the pattern {@code wordsep_re}: a dash between words, or a word up to a place to break. */
  private int wordEnd(String string, int from) {
    if (breakOnHyphens && from > 0 && isWordOrPunctuation(string.charAt(from - 1))) {
      int dashes = dashesEnd(string, from);
      if (dashes - from >= 2 && isWord(string, dashes)) {
        return dashes;
      }
    }
    for (int end = from + 1; end <= string.length(); end++) {
      if (end == string.length() || isWhite(string.charAt(end))) {
        return end;
      }
      if (!breakOnHyphens) {
        continue;
      }
      if (string.charAt(end) == '-' && isHyphen(string, end)) {
        return end + 1;
      }
      if (isWordOrPunctuation(string.charAt(end - 1)) && string.charAt(end) == '-') {
        int dashes = dashesEnd(string, end);
        if (dashes - end >= 2 && isWord(string, dashes)) {
          return end;
        }
      }
    }
    return string.length();
  }

  private static int dashesEnd(String string, int from) {
    int end = from;
    while (end < string.length() && string.charAt(end) == '-') {
      end++;
    }
    return end;
  }

  /** Whether letters on both sides make it a hyphen within a word. */
  private static boolean isHyphen(String string, int at) {
    boolean before =
        at >= 2 && isLetter(string.charAt(at - 1)) && isLetter(string.charAt(at - 2))
            || at >= 3
                && isLetter(string.charAt(at - 3))
                && string.charAt(at - 2) == '-'
                && isLetter(string.charAt(at - 1));
    int next = at + 1;
    if (!before || next >= string.length() || !isLetter(string.charAt(next))) {
      return false;
    }
    int second = next + 1;
    if (second < string.length() && string.charAt(second) == '-') {
      second++;
    }
    return second < string.length() && isLetter(string.charAt(second));
  }

  private static boolean isLetter(char unit) {
    return Characters.isWord(unit) && !Characters.isDecimal(unit);
  }

  private static boolean isWord(String string, int at) {
    return at < string.length() && Characters.isWord(string.codePointAt(at));
  }

  private static boolean isWordOrPunctuation(char unit) {
    return Characters.isWord(unit) || "!\"'&.,?".indexOf(unit) >= 0;
  }
}
