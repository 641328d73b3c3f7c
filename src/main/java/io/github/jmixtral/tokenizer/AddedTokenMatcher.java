package io.github.jmixtral.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/** Cuts a text at added tokens, leftmost and longest first, as the tokenizers library does. */
final class AddedTokenMatcher {
  /** A stretch of the text: one added token, or text between them. */
  record Segment(int start, int end, Optional<AddedToken> token) {}

  private final TextMatcher matcher;
  private final Map<Integer, AddedToken> tokens = new HashMap<>();

  /**
   * @param spelling how the token's content looks in the text that is searched
   */
  AddedTokenMatcher(List<AddedToken> added, Function<String, String> spelling) {
    Map<String, Integer> strings = new HashMap<>();
    for (AddedToken token : added) {
      String content = spelling.apply(token.content());
      if (!content.isEmpty()) {
        strings.put(content, token.id());
        tokens.put(token.id(), token);
      }
    }
    matcher = new TextMatcher(strings);
  }

  boolean isEmpty() {
    return matcher.isEmpty();
  }

  /**
   * The segments of {@code text} in order; none is empty.
   *
   * @param written what people wrote: it is no part of any token, but white space that a token
   *     takes
   */
  List<Segment> split(String text, WrittenParts written) {
    List<Segment> segments = new ArrayList<>();
    int begin = 0;
    int position = 0;
    while (position < text.length() && !matcher.isEmpty()) {
      if (written.contains(position)) {
        position = written.next(position);
        continue;
      }
      long match = matcher.match(text, position, written.next(position));
      if (match == LongTable.NONE) {
        position++;
        continue;
      }
      int length = (int) (match >>> 32);
      AddedToken token = Objects.requireNonNull(tokens.get((int) match));
      int start = position;
      int end = position + length;
      if (token.singleWord() && !isWord(text, start, end)) {
        position = end;
        continue;
      }
      start = token.leftStrip() ? startOfSpace(text, begin, start) : start;
      end = token.rightStrip() ? endOfSpace(text, end) : end;
      if (begin < start) {
        segments.add(new Segment(begin, start, Optional.empty()));
      }
      segments.add(new Segment(start, end, Optional.of(token)));
      begin = end;
      position = end;
    }
    if (begin < text.length()) {
      segments.add(new Segment(begin, text.length(), Optional.empty()));
    }
    return segments;
  }

  /** Where the white space before a token begins, at the earliest at {@code begin}. */
  static int startOfSpace(String text, int begin, int token) {
    int start = token;
    while (start > begin && isSpace(text.codePointBefore(start))) {
      start--; // every white space is a single unit
    }
    return start;
  }

  /** Where the white space behind a token ends. */
  static int endOfSpace(String text, int token) {
    int end = token;
    while (end < text.length() && isSpace(text.codePointAt(end))) {
      end++;
    }
    return end;
  }

  /** Whether no word goes on at either end. */
  static boolean isWord(String text, int start, int end) {
    boolean openLeft = start == 0 || !isWordCharacter(text.codePointBefore(start));
    boolean openRight = end == text.length() || !isWordCharacter(text.codePointAt(end));
    return openLeft && openRight;
  }

  /** {@code \w} of Unicode's regular expressions. */
  private static boolean isWordCharacter(int codePoint) {
    return Character.isAlphabetic(codePoint)
        || switch (Character.getType(codePoint)) {
          case Character.NON_SPACING_MARK,
              Character.ENCLOSING_MARK,
              Character.COMBINING_SPACING_MARK,
              Character.DECIMAL_DIGIT_NUMBER,
              Character.CONNECTOR_PUNCTUATION ->
              true;
          default -> codePoint == 0x200C || codePoint == 0x200D;
        };
  }

  /** {@code \s} of Unicode's regular expressions: the property White_Space. */
  private static boolean isSpace(int codePoint) {
    return Character.isSpaceChar(codePoint)
        || codePoint >= '\t' && codePoint <= '\r'
        || codePoint == 0x85;
  }
}
