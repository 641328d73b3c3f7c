package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.format.Excerpt;

/** The text of a GBNF grammar and how far it is read. */
final class GbnfSource {
  private final String text;
  private int position;

  GbnfSource(String text) {
    this.text = text;
  }

  boolean atEnd() {
    return position == text.length();
  }

  int position() {
    return position;
  }

  boolean looksAt(String next) {
    return text.startsWith(next, position);
  }

  boolean accept(String next) {
    boolean there = looksAt(next);
    if (there) {
      position += next.length();
    }
    return there;
  }

  /** The next character, or −1 at the end. */
  int peek() {
    return atEnd() ? -1 : text.codePointAt(position);
  }

  int next() {
    if (atEnd()) {
      throw refuse("the grammar ends too early");
    }
    int character = peek();
    if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
      throw refuse("half a surrogate pair is no character");
    }
    position += Character.charCount(character);
    return character;
  }

  /** Passes over white space and comments; over the ends of lines only if they are welcome. */
  void skipSpace(boolean newlines) {
    while (!atEnd()) {
      char c = text.charAt(position);
      if (c == '#') {
        while (!atEnd() && !looksAt("\n") && !looksAt("\r")) {
          position++;
        }
      } else if (c == ' ' || c == '\t' || newlines && (c == '\n' || c == '\r')) {
        position++;
      } else {
        return;
      }
    }
  }

  static boolean isWord(int c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-';
  }

  /** The name that stands next; empty if none does. */
  String name() {
    int start = position;
    while (isWord(peek())) {
      position++;
    }
    return text.substring(start, position);
  }

  String quoteNext() {
    return atEnd() ? "the end" : Excerpt.quote(Character.toString(peek()));
  }

  /** Says what is wrong at the position reached. */
  IllegalArgumentException refuse(String fault) {
    return refuseAt(position, fault);
  }

  /** Says what is wrong at a position. */
  IllegalArgumentException refuseAt(int at, String fault) {
    String before = text.substring(0, at);
    int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
    int column = before.codePointCount(before.lastIndexOf('\n') + 1, at) + 1;
    return new IllegalArgumentException(
        "gbnf: line %d, column %d: %s".formatted(line, column, fault));
  }
}
