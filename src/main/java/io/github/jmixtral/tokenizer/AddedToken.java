package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;

/**
 * A token that stands outside the merging vocabulary, or is kept whole although it is part of it.
 *
 * @param place file and key, for messages
 * @param special whether it steers the model instead of being text
 * @param normalized whether it is searched for in the normalised text
 * @param singleWord whether it counts only between non-word characters
 * @param leftStrip whether it swallows the white space before it
 * @param rightStrip whether it swallows the white space behind it
 */
record AddedToken(
    String place,
    int id,
    String content,
    boolean special,
    boolean normalized,
    boolean singleWord,
    boolean leftStrip,
    boolean rightStrip) {
  /** The longest content: searching takes time in proportion to text times content. */
  static final int MAX_LENGTH = 512;

  AddedToken {
    checkLength(place, content);
  }

  /** A token as files write it, with its content and flags. */
  static AddedToken read(JsonPart token, int id) {
    return new AddedToken(
        token.place(),
        id,
        token.required("content").string(),
        token.bool("special", false),
        token.bool("normalized", false),
        token.bool("single_word", false),
        token.bool("lstrip", false),
        token.bool("rstrip", false));
  }

  /** A token that is special because it is named, without flags. */
  static AddedToken named(String place, int id, String content) {
    return new AddedToken(place, id, content, true, false, false, false, false);
  }

  /** The same, steering the model. */
  AddedToken asSpecial() {
    return new AddedToken(place, id, content, true, normalized, singleWord, leftStrip, rightStrip);
  }

  /**
   * Refuses a string that would make searching for it slow.
   *
   * @throws MalformedFileException if it is longer than any real token
   */
  static void checkLength(String place, String content) {
    if (content.length() > MAX_LENGTH) {
      throw new MalformedFileException(
          place, "at most " + MAX_LENGTH + " characters", "" + content.length());
    }
  }
}
