package io.github.jmixtral.tokenizer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The texts of special tokens, searched for whole, and for parts of them at the edges of a text:
 * what could become a special token together with the text beside it.
 */
final class SpecialTexts {
  private final TextMatcher whole;
  private final TextMatcher mirrored;
  private final List<String> texts;

  /**
   * @param texts the special tokens' texts (none empty), and their ids
   */
  SpecialTexts(Map<String, Integer> texts) {
    this.whole = new TextMatcher(texts);
    this.texts = List.copyOf(texts.keySet());
    Map<String, Integer> backwards = new HashMap<>();
    texts.forEach((text, id) -> backwards.put(mirror(text), id));
    this.mirrored = new TextMatcher(backwards);
  }

  /** By units, not by characters: matchers work on units. */
  private static String mirror(CharSequence text) {
    StringBuilder mirrored = new StringBuilder(text.length());
    for (int i = text.length() - 1; i >= 0; i--) {
      mirrored.append(text.charAt(i));
    }
    return mirrored.toString();
  }

  /** As {@link TextMatcher#match}. */
  long match(CharSequence text, int position) {
    return whole.match(text, position);
  }

  /**
   * Whether the end of a special token stands at the beginning of the text: from one of the units 0
   * to {@code lastStart} up to one of the places {@code firstEnd} to {@code lastEnd}.
   */
  boolean endsAtStart(String text, int lastStart, int firstEnd, int lastEnd) {
    int length = text.length();
    return mirrored.beginsWithin(
        mirror(text), length - lastEnd, length - firstEnd, length - lastStart);
  }

  /**
   * Whether the beginning of a special token stands at the end of the text: from one of the units
   * {@code firstStart} to {@code lastStart} up to the place {@code firstEnd} or one behind it.
   */
  boolean beginsAtEnd(String text, int firstStart, int lastStart, int firstEnd) {
    return whole.beginsWithin(text, firstStart, lastStart, firstEnd);
  }

  /** Whether a special token of several units holds this text, which is not empty. */
  boolean canBePart(String text) {
    return texts.stream().anyMatch(special -> special.length() > 1 && special.contains(text));
  }

  /** Whether the text, which is not empty, stands inside a special token, at neither end of it. */
  boolean isInside(String text) {
    return texts.stream()
        .filter(special -> special.length() >= text.length() + 2)
        .anyMatch(
            special -> {
              int place = special.indexOf(text, 1);
              return place > 0 && place + text.length() < special.length();
            });
  }
}
