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
        throw refuse("characters", "half a surrogate pair");
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
      throw refuse("a character", "the end");
    }
    int character = peek();
    position += Character.charCount(character);
    return character;
  }

  /** Takes the next character if it is this one. */
  boolean accept(char character) {
    boolean there = !atEnd() && peek() == character;
    if (there) {
      position++;
    }
    return there;
  }

  boolean looksAt(String text) {
    return pattern.startsWith(text, position);
  }

  String quoteNext() {
    return atEnd() ? "the end" : Excerpt.quote(Character.toString(peek()));
  }

  /** Says what is wrong at the position reached. */
  IllegalArgumentException refuse(String expected, String found) {
    return new IllegalArgumentException(
        "%s %s: at character %d: expected %s, found %s"
            .formatted(place, Excerpt.quote(pattern), position, expected, found));
  }
}
