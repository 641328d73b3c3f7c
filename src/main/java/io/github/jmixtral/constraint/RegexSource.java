package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.format.Excerpt;

/** The text of a regular expression and how far it is read. */
final class RegexSource {
  private final String place;
  private final String pattern;
  private int position;

  /**
   * @param place where the expression stands, for messages
   */
  RegexSource(String place, String pattern) {
    this.place = place;
    this.pattern = pattern;
    for (int i = 0; i < pattern.length(); i++) {
      int character = pattern.codePointAt(i);
      if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
        position = i;
        throw refuse("half a surrogate pair is no character");
      }
      i += Character.charCount(character) - 1;
    }
  }

  boolean atEnd() {
    return position == pattern.length();
  }

  int position() {
    return position;
  }

  void moveTo(int position) {
    this.position = position;
  }

  /** The next character, which must be there. */
  int peek() {
    return pattern.codePointAt(position);
  }

  /** Takes the next character. */
  int next() {
    if (atEnd()) {
      throw refuse("it ends where a character should follow");
    }
    int character = peek();
    position += Character.charCount(character);
    return character;
  }

  /** Takes the next characters if they are these. */
  boolean accept(String text) {
    boolean there = looksAt(text);
    if (there) {
      position += text.length();
    }
    return there;
  }

  boolean looksAt(String text) {
    return pattern.startsWith(text, position);
  }

  /** Takes everything up to a text and the text itself. */
  String upTo(String end, String what) {
    int found = pattern.indexOf(end, position);
    if (found < 0) {
      throw refuse(what + " has no end: '" + end + "' is missing");
    }
    String text = pattern.substring(position, found);
    position = found + end.length();
    return text;
  }

  String quoteNext() {
    return atEnd() ? "the end" : Excerpt.quote(Character.toString(peek()));
  }

  /** Says what is wrong at the position reached. */
  IllegalArgumentException refuse(String fault) {
    return new IllegalArgumentException(
        "%s %s: at character %d: %s".formatted(place, Excerpt.quote(pattern), position, fault));
  }

  /** As {@link #refuse(String)}, at a position before. */
  IllegalArgumentException refuseAt(int start, String fault) {
    position = start;
    return refuse(fault);
  }
}
