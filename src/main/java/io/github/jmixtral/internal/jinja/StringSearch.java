package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntPredicate;

/** Finds, cuts and replaces in texts, as Python's methods do; the parts know what people wrote. */
final class StringSearch {
  private StringSearch() {}

  /** Splits at white space; {@code most} splits, or as many as there are if it is negative. */
  static List<Text> splitWords(Text text, long most) {
    String string = text.string();
    List<Text> words = new ArrayList<>();
    int at = 0;
    while (true) {
      at = skip(string, at, true);
      if (at == string.length()) {
        return words;
      }
      if (most >= 0 && words.size() >= most) {
        words.add(text.part(at, string.length()));
        return words;
      }
      int end = skip(string, at, false);
      words.add(text.part(at, end));
      at = end;
    }
  }

  private static int skip(String string, int from, boolean spaces) {
    int at = from;
    while (at < string.length() && Characters.isSpace(string.charAt(at)) == spaces) {
      at++;
    }
    return at;
  }

  static List<Text> splitWordsFromRight(Text text, long most) {
    String string = text.string();
    List<Text> words = new ArrayList<>();
    int end = string.length();
    while (true) {
      while (end > 0 && Characters.isSpace(string.charAt(end - 1))) {
        end--;
      }
      if (end == 0) {
        break;
      }
      if (most >= 0 && words.size() >= most) {
        words.add(text.part(0, end));
        break;
      }
      int from = end;
      while (from > 0 && !Characters.isSpace(string.charAt(from - 1))) {
        from--;
      }
      words.add(text.part(from, end));
      end = from;
    }
    Collections.reverse(words);
    return words;
  }

  static List<Text> split(Text text, Text separator, long most) {
    requireSeparator(separator);
    List<Text> parts = new ArrayList<>();
    int from = 0;
    while (most < 0 || parts.size() < most) {
      int at = text.string().indexOf(separator.string(), from);
      if (at < 0) {
        break;
      }
      parts.add(text.part(from, at));
      from = at + separator.units();
    }
    parts.add(text.part(from, text.units()));
    return parts;
  }

  static List<Text> splitFromRight(Text text, Text separator, long most) {
    requireSeparator(separator);
    List<Text> parts = new ArrayList<>();
    int to = text.units();
    while (most < 0 || parts.size() < most) {
      int at = text.string().lastIndexOf(separator.string(), to - separator.units());
      if (at < 0) {
        break;
      }
      parts.add(text.part(at + separator.units(), to));
      to = at;
    }
    parts.add(text.part(0, to));
    Collections.reverse(parts);
    return parts;
  }

  private static void requireSeparator(Text separator) {
    if (separator.isEmpty()) {
      throw JinjaException.valueError("empty separator");
    }
  }

  static List<Text> splitLines(Text text, boolean keepEnds) {
    String string = text.string();
    List<Text> lines = new ArrayList<>();
    int from = 0;
    while (from < string.length()) {
      int end = from;
      while (end < string.length() && !Characters.isLineEnd(string.charAt(end))) {
        end++;
      }
      int next = end;
      if (next < string.length()) {
        next += string.startsWith("\r\n", next) ? 2 : 1;
      }
      lines.add(text.part(from, keepEnds ? next : end));
      from = next;
    }
    return lines;
  }

  /** Without the code points at the left and right that are such. */
  static Text strip(Text text, boolean left, boolean right, IntPredicate such) {
    String string = text.string();
    int from = 0;
    int to = string.length();
    while (left && from < to && such.test(string.codePointAt(from))) {
      from += Character.charCount(string.codePointAt(from));
    }
    while (right && to > from && such.test(string.codePointBefore(to))) {
      to -= Character.charCount(string.codePointBefore(to));
    }
    return text.part(from, to);
  }

  /** Replaces the first {@code most} occurrences, or all if that is negative. */
  static Text replace(Text text, Text old, Text by, long most, Work work) {
    TextBuilder out = new TextBuilder(work);
    long left = most < 0 ? Long.MAX_VALUE : most;
    if (old.isEmpty()) {
      int at = 0;
      while (left-- > 0) {
        work.step();
        out.add(by);
        if (at == text.units()) {
          return out.build();
        }
        int next = at + Character.charCount(text.string().codePointAt(at));
        out.add(text, at, next);
        at = next;
      }
      out.add(text, at, text.units());
      return out.build();
    }
    int from = 0;
    while (left-- > 0) {
      int at = text.string().indexOf(old.string(), from);
      if (at < 0) {
        break;
      }
      work.step();
      out.add(text, from, at);
      out.add(by);
      from = at + old.units();
    }
    out.add(text, from, text.units());
    return out.build();
  }
}
