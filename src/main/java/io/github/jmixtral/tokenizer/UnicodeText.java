package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.Excerpt;

/** Texts as UTF-8 can hold them. */
final class UnicodeText {
  private UnicodeText() {}

  /**
   * Makes sure that a text has no half of a surrogate pair, as the reference does.
   *
   * @param place what the text is, for the message
   * @throws IllegalArgumentException if it has one
   */
  static void require(String place, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isSurrogate(text.charAt(i))) {
        continue;
      }
      if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
        throw new IllegalArgumentException(
            place
                + ": there is half a surrogate pair, which is no Unicode, in "
                + Excerpt.quote(text));
      }
      i++;
    }
  }
}
