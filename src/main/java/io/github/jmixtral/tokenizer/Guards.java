package io.github.jmixtral.tokenizer;

import java.util.Collection;
import java.util.function.UnaryOperator;

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
   * Breaks every special token in the text. Where one could come about across the text's border,
   * because the text begins with an end of one or ends with a beginning, a guard stands at that
   * edge: inside of the white space there, so that filters that trim still do. A text in which
   * nothing looks like a special token stays as it is, for templates compare, count and cut.
   *
   * @param normalizer gives the other spelling in which tokens are searched for
   * @param alwaysAtEdges whether guards stand at the edges of every text
   */
  String protect(
      String text, SpecialTexts special, UnaryOperator<String> normalizer, boolean alwaysAtEdges) {
    Edges edges = Edges.of(text, special);
    edges = edges.or(Edges.of(text, special, normalizer));
    edges = edges.or(new Edges(false, alwaysAtEdges, alwaysAtEdges, false));
    int first = firstVisible(text);
    int last = lastVisible(text);
    StringBuilder guarded = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      if (i == 0 && edges.outerStart() || i == first && edges.start()) {
        guarded.append(split);
      }
      long match = special.match(text, i);
      if (match != LongTable.NONE && match >>> 32 == 1) {
        guarded.append(literal);
      }
      guarded.append(text.charAt(i));
      if (match != LongTable.NONE && match >>> 32 > 1) {
        guarded.append(split);
      }
      if (i == last && edges.end() || i == text.length() - 1 && edges.outerEnd()) {
        guarded.append(split);
      }
    }
    return guarded.toString();
  }

  /** The first unit that is no white space, or the length. */
  private static int firstVisible(String text) {
    int first = 0;
    while (first < text.length() && Character.isWhitespace(text.charAt(first))) {
      first++;
    }
    return first;
  }

  /** The last unit that is no white space, or −1. */
  private static int lastVisible(String text) {
    int last = text.length() - 1;
    while (last >= 0 && Character.isWhitespace(text.charAt(last))) {
      last--;
    }
    return last;
  }

  /**
   * Where a text needs guards.
   *
   * @param outerStart before its white space, which may itself be the end of a special token
   * @param start before the first character that is no white space
   * @param end after the last character that is no white space
   * @param outerEnd after the white space behind it
   */
  private record Edges(boolean outerStart, boolean start, boolean end, boolean outerEnd) {

    static Edges of(String text, SpecialTexts special) {
      return of(text, special, UnaryOperator.identity());
    }

    /** Of the text in another spelling, which changes each unit by itself. */
    static Edges of(String text, SpecialTexts special, UnaryOperator<String> spelling) {
      int first = firstVisible(text);
      if (first == text.length()) {
        boolean inside =
            spelling
                .apply(text)
                .chars()
                .distinct()
                .anyMatch(unit -> special.canBePart(Character.toString(unit)));
        return new Edges(inside, false, false, inside);
      }
      int last = lastVisible(text);
      String before = spelling.apply(text.substring(0, first));
      String visible = spelling.apply(text.substring(first, last + 1));
      String after = spelling.apply(text.substring(last + 1));
      String spelled = before + visible + after;
      int start = before.length();
      int end = start + visible.length();
      boolean inside = special.isInside(visible);
      return new Edges(
          start > 0 && special.endsAtStart(spelled, start - 1, 1, start),
          inside || special.endsAtStart(spelled, start, start + 1, spelled.length()),
          inside || special.beginsAtEnd(spelled, 0, end - 1, end),
          end < spelled.length()
              && special.beginsAtEnd(spelled, end, spelled.length() - 1, end + 1));
    }

    Edges or(Edges other) {
      return new Edges(
          outerStart || other.outerStart,
          start || other.start,
          end || other.end,
          outerEnd || other.outerEnd);
    }
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
