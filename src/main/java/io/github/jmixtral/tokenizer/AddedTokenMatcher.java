package io.github.jmixtral.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  boolean occursIn(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (matcher.match(text, i) != LongTable.NONE) {
        return true;
      }
    }
    return false;
  }

  /**
   * The segments of {@code text} in order; none is empty.
   *
   * @param guards present when guarded single characters are to be left alone
   */
  List<Segment> split(String text, Optional<Guards> guards) {
    List<Segment> segments = new ArrayList<>();
    int begin = 0;
    int position = 0;
    while (position < text.length() && !matcher.isEmpty()) {
      long match = matcher.match(text, position);
      if (match == LongTable.NONE) {
        position++;
        continue;
      }
      int length = (int) (match >>> 32);
      AddedToken token = tokens.get((int) match);
      int start = position;
      int end = position + length;
      boolean literal =
          guards.isPresent() && guards.get().isLiteral(text, position, length)
              || token.singleWord() && !isWord(text, start, end);
      if (literal) {
        position = end;
        continue;
      }
      if (token.leftStrip()) {
        while (start > begin && isSpace(text.codePointBefore(start))) {
          start--; // every white space is a single unit
        }
      }
      if (token.rightStrip()) {
        while (end < text.length() && isSpace(text.codePointAt(end))) {
          end++;
        }
      }
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

  private static boolean isWord(String text, int start, int end) {
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
