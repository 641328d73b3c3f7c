package io.github.jmixtral.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a Jinja template into text and tags. */
final class JinjaLexer {
  /** A template this long or this deep is no chat template. */
  private static final int LONGEST = 65_536;

  private static final int LONGEST_TAG = 10_000;
  private static final int DEEPEST = 50;

  private static final Pattern END_OF_RAW_TEXT = Pattern.compile("\\{%[-+]?\\s*endraw\\s*[-+]?%}");

  /** What a part is. */
  enum Kind {
    /** Text outside of tags. */
    TEXT,
    /** An expression that is printed. */
    PRINT,
    /** A statement. */
    BLOCK,
    /** A comment. */
    COMMENT
  }

  /**
   * A part of the template.
   *
   * @param content the text, or what stands between the braces
   * @param before the {@code -} or {@code +} behind the opening brace, or a space
   * @param after the one before the closing brace, or a space
   */
  record Part(Kind kind, String content, char before, char after) {
    static Part text(String content) {
      return new Part(Kind.TEXT, content, ' ', ' ');
    }
  }

  private final String source;
  private final List<Part> parts = new ArrayList<>();

  private JinjaLexer(String source) {
    this.source = source;
  }

  /**
   * The parts of a template, whose newlines become {@code \n}, without its last newline.
   *
   * @throws IllegalArgumentException saying what was found, if the template is too large or
   *     something in it does not end
   */
  static List<Part> parts(String template) {
    if (template.length() > LONGEST) {
      throw new IllegalArgumentException(template.length() + " characters");
    }
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    return new JinjaLexer(source).parts();
  }

  private List<Part> parts() {
    int position = 0;
    while (position < source.length()) {
      int open = nextTag(position);
      if (open > position) {
        parts.add(Part.text(source.substring(position, open)));
      }
      if (open == source.length()) {
        break;
      }
      int close = tagEnd(open);
      if (close - open > LONGEST_TAG && source.charAt(open + 1) != '#') {
        throw new IllegalArgumentException("a tag of " + (close - open) + " characters");
      }
      Part tag = tag(source.substring(open, close));
      parts.add(tag);
      position = close;
      if (tag.kind() == Kind.BLOCK && tag.content().strip().equals("raw")) {
        position = rawText(close);
      }
    }
    return parts;
  }

  /** Text up to {@code endraw} is one part, whatever it holds. */
  private int rawText(int from) {
    Matcher end = END_OF_RAW_TEXT.matcher(source);
    if (!end.find(from)) {
      throw notClosed(from);
    }
    parts.add(Part.text(source.substring(from, end.start())));
    return end.start();
  }

  private static Part tag(String tag) {
    Kind kind =
        switch (tag.charAt(1)) {
          case '{' -> Kind.PRINT;
          case '%' -> Kind.BLOCK;
          default -> Kind.COMMENT;
        };
    int start = 2;
    int end = tag.length() - 2;
    char before = ' ';
    char after = ' ';
    if (start < end && "-+".indexOf(tag.charAt(start)) >= 0) {
      before = tag.charAt(start++);
    }
    if (start < end && "-+".indexOf(tag.charAt(end - 1)) >= 0) {
      after = tag.charAt(--end);
    }
    return new Part(kind, tag.substring(start, end), before, after);
  }

  private int nextTag(int from) {
    for (int i = from; i + 1 < source.length(); i++) {
      if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return source.length();
  }

  /** The place behind the tag that begins at {@code open}; quoted text and brackets are skipped. */
  private int tagEnd(int open) {
    if (source.charAt(open + 1) == '#') {
      int end = source.indexOf("#}", open + 2);
      if (end < 0) {
        throw notClosed(open);
      }
      return end + 2;
    }
    String closing = source.charAt(open + 1) == '{' ? "}}" : "%}";
    int depth = 0;
    for (int i = open + 2; i < source.length(); i++) {
      char unit = source.charAt(i);
      if (depth == 0 && source.startsWith(closing, i)) {
        return i + 2;
      }
      if (unit == '\'' || unit == '"') {
        i = quoteEnd(source, i);
        if (i < 0) {
          throw notClosed(open);
        }
      } else if ("([{".indexOf(unit) >= 0) {
        depth++;
        if (depth > DEEPEST) {
          throw new IllegalArgumentException("brackets more than " + DEEPEST + " deep");
        }
      } else if (")]}".indexOf(unit) >= 0 && depth > 0) {
        depth--;
      }
    }
    throw notClosed(open);
  }

  /** The place of the quote that closes the one at {@code open}, or −1. */
  static int quoteEnd(String text, int open) {
    for (int i = open + 1; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == text.charAt(open)) {
        return i;
      }
    }
    return -1;
  }

  private IllegalArgumentException notClosed(int open) {
    long line = source.substring(0, open).chars().filter(unit -> unit == '\n').count() + 1;
    return new IllegalArgumentException("something in line " + line + " that does not end");
  }
}
