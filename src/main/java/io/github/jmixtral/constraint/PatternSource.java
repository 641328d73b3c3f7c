package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.format.Excerpt;
import java.util.function.IntFunction;

/** The text of a regular expression or grammar and how far it is read. */
final class PatternSource {
  /** The largest count of a quantifier. */
  static final int MAX_COUNT = 100_000;

  private final String text;
  private final IntFunction<String> place;
  private int position;

  /**
   * @param place a position's, for messages
   */
  private PatternSource(String text, IntFunction<String> place) {
    this.text = text;
    this.place = place;
  }

  /**
   * A regular expression.
   *
   * @param place where it stands, for messages
   */
  static PatternSource ofRegex(String place, String pattern) {
    return new PatternSource(
        pattern, at -> "%s %s: at character %d".formatted(place, Excerpt.quote(pattern), at));
  }

  /** A grammar of many lines. */
  static PatternSource ofGbnf(String grammar) {
    return new PatternSource(
        grammar,
        at -> {
          String before = grammar.substring(0, at);
          int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
          int column = before.codePointCount(before.lastIndexOf('\n') + 1, at) + 1;
          return "gbnf: line %d, column %d".formatted(line, column);
        });
  }

  boolean atEnd() {
    return position == text.length();
  }

  int position() {
    return position;
  }

  void moveTo(int position) {
    this.position = position;
  }

  /** The next character, or −1 at the end. */
  int peek() {
    return atEnd() ? -1 : text.codePointAt(position);
  }

  boolean looksAtDigit() {
    return peek() >= '0' && peek() <= '9';
  }

  int next() {
    if (atEnd()) {
      throw refuse("it ends where a character should follow");
    }
    int character = peek();
    if (isSurrogate(character)) {
      throw refuse("half a surrogate pair is no character");
    }
    position += Character.charCount(character);
    return character;
  }

  private static boolean isSurrogate(long character) {
    return character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
  }

  /** Passes over a text if it stands next, and says whether it does. */
  boolean accept(String next) {
    boolean there = looksAt(next);
    if (there) {
      position += next.length();
    }
    return there;
  }

  boolean looksAt(String next) {
    return text.startsWith(next, position);
  }

  /** Reads up to a text and passes over it, too. */
  String upTo(String end, String what) {
    int found = text.indexOf(end, position);
    if (found < 0) {
      throw refuse(what + " has no end: '" + end + "' is missing");
    }
    String read = text.substring(position, found);
    position = found + end.length();
    return read;
  }

  /** Reads the count of a quantifier. */
  int count() {
    int start = position;
    int value = 0;
    while (looksAtDigit()) {
      value = Math.min(MAX_COUNT + 1, 10 * value + next() - '0');
    }
    if (position == start) {
      throw refuse("a number should stand here, not " + quoteNext());
    }
    if (value > MAX_COUNT) {
      throw refuseAt(start, "a count may be at most " + MAX_COUNT);
    }
    return value;
  }

  /** Reads a number of so many hexadecimal digits. */
  long hexadecimal(int digits) {
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = peek() > 127 ? -1 : Character.digit(peek(), 16);
      if (digit < 0) {
        throw refuse(digits + " hexadecimal digits should stand here");
      }
      value = 16 * value + digit;
      next();
    }
    return value;
  }

  /** The character of a number that was read from a position on. */
  int characterOf(int start, long number) {
    if (number > Character.MAX_CODE_POINT || isSurrogate(number)) {
      throw refuseAt(start, "no character has this number");
    }
    return (int) number;
  }

  String quoteNext() {
    return atEnd() ? "the end" : Excerpt.quote(Character.toString(peek()));
  }

  /** Names a fault at the position reached. */
  IllegalArgumentException refuse(String fault) {
    return refuseAt(position, fault);
  }

  /** Names a fault at a position. */
  IllegalArgumentException refuseAt(int start, String fault) {
    return new IllegalArgumentException(place.apply(start) + ": " + fault);
  }
}
