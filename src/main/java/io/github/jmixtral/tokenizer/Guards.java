package io.github.jmixtral.tokenizer;

import java.util.Collection;

/**
 * Two characters that occur nowhere in a conversation and its template. Put into what people wrote,
 * they tell it from the template's own parts after rendering.
 *
 * @param split stands inside a special token's text and breaks it
 * @param literal stands before a special token of a single character, which cannot be broken
 */
record Guards(char split, char literal) {
  /** Noncharacters first: Unicode sets them aside for a program's own use. */
  private static final char FIRST_NONCHARACTER = '\uFDD0';

  private static final char LAST_NONCHARACTER = '\uFDEF';
  private static final char FIRST_PRIVATE = '\uE000';
  private static final char LAST_PRIVATE = '\uF8FF';

  /**
   * Chooses two characters that none of {@code texts} holds.
   *
   * @throws IllegalArgumentException if the texts hold every noncharacter and private-use character
   */
  static Guards absentFrom(Collection<String> texts) {
    int split = absent(texts, FIRST_NONCHARACTER - 1);
    int literal = absent(texts, split);
    return new Guards((char) split, (char) literal);
  }

  private static int absent(Collection<String> texts, int after) {
    for (int unit = after + 1; unit <= LAST_NONCHARACTER; unit++) {
      if (isAbsent(texts, unit)) {
        return unit;
      }
    }
    for (int unit = FIRST_PRIVATE; unit <= LAST_PRIVATE; unit++) {
      if (unit != after && isAbsent(texts, unit)) {
        return unit;
      }
    }
    throw new IllegalArgumentException(
        "expected a conversation that leaves one private-use character unused, found them all");
  }

  private static boolean isAbsent(Collection<String> texts, int unit) {
    return texts.stream().allMatch(text -> text.indexOf(unit) < 0);
  }

  /** The text without guards. */
  String remove(String text) {
    if (text.indexOf(split) < 0 && text.indexOf(literal) < 0) {
      return text;
    }
    StringBuilder kept = new StringBuilder(text.length());
    text.chars().filter(c -> c != split && c != literal).forEach(c -> kept.append((char) c));
    return kept.toString();
  }

  /**
   * Breaks every occurrence of the matcher's strings, and puts a guard before the first and after
   * the last character that is not white space: no special token can reach over the border, and
   * filters that trim still do.
   */
  String protect(String text, TextMatcher special) {
    int first = 0;
    while (first < text.length() && Character.isWhitespace(text.charAt(first))) {
      first++;
    }
    int last = text.length() - 1;
    while (last > first && Character.isWhitespace(text.charAt(last))) {
      last--;
    }
    StringBuilder guarded = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      long match = special.match(text, i);
      if (i == first) {
        guarded.append(split);
      }
      int unit = text.charAt(i);
      if (match != LongTable.NONE && match >>> 32 == 1) {
        guarded.append(literal);
      }
      guarded.append((char) unit);
      if (match != LongTable.NONE && match >>> 32 > 1) {
        guarded.append(split);
      }
      if (i == last && first <= last) {
        guarded.append(split);
      }
    }
    return guarded.toString();
  }

  /** A guard between every two characters: breaks whatever may come out of normalising the text. */
  String protectEverywhere(String text) {
    StringBuilder guarded = new StringBuilder(2 * text.length() + 1);
    for (char unit : remove(text).toCharArray()) {
      guarded.append(literal).append(unit);
    }
    return guarded.append(split).toString();
  }

  /** Whether a match of {@code length} units at {@code position} was marked as people's text. */
  boolean isLiteral(CharSequence text, int position, int length) {
    return length == 1 && position > 0 && text.charAt(position - 1) == literal;
  }
}
