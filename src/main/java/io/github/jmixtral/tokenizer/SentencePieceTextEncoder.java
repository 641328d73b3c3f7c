package io.github.jmixtral.tokenizer;

import io.github.jmixtral.tokenizer.Metaspace.Prepend;

/**
 * Encodes as SentencePiece does, between the tokens that are cut out of the text whole: none of a
 * plain text, added and special ones of a chat template and where a caller asks for them.
 */
final class SentencePieceTextEncoder implements TextEncoder {
  private final BytePairEncoder bytePairs;
  private final Prepend prepend;
  private final boolean escapeWhitespaces;
  private final TextMatcher whole;
  private final TextMatcher special;
  private final boolean parsesSpecial;

  /**
   * @param prepend when a space is put in front of what stands between the tokens that are cut out
   * @param whole the tokens that are cut out of every text
   * @param special the tokens that are cut out of chat templates, and of texts where asked for
   * @param parsesSpecial whether special tokens are cut out of a text unless the caller says
   *     otherwise
   */
  SentencePieceTextEncoder(
      BytePairEncoder bytePairs,
      Prepend prepend,
      boolean escapeWhitespaces,
      TextMatcher whole,
      TextMatcher special,
      boolean parsesSpecial) {
    this.bytePairs = bytePairs;
    this.prepend = prepend;
    this.escapeWhitespaces = escapeWhitespaces;
    this.whole = whole;
    this.special = special;
    this.parsesSpecial = parsesSpecial;
  }

  @Override
  public void encode(String text, IdBuffer out) {
    if (parsesSpecial) {
      encodeParsed(text, out);
    } else {
      encodePlain(text, out);
    }
  }

  @Override
  public void encodeParsed(String text, IdBuffer out) {
    cutAndEncode(text, special, WrittenParts.NONE, out);
  }

  @Override
  public void encodePlain(String text, IdBuffer out) {
    cutAndEncode(text, whole, WrittenParts.NONE, out);
  }

  @Override
  public void encodeRendered(String text, WrittenParts written, IdBuffer out) {
    cutAndEncode(text, special, written, out);
  }

  private void cutAndEncode(String text, TextMatcher tokens, WrittenParts written, IdBuffer out) {
    int start = 0;
    int position = 0;
    while (position < text.length() && !tokens.isEmpty()) {
      if (written.contains(position)) {
        position = written.next(position);
        continue;
      }
      long match = tokens.match(text, position, written.next(position));
      if (match == LongTable.NONE) {
        position++;
        continue;
      }
      encodeBetween(text.substring(start, position), start == 0, out);
      out.add((int) match);
      position += (int) (match >>> 32);
      start = position;
    }
    encodeBetween(text.substring(start), start == 0, out);
  }

  private void encodeBetween(String text, boolean first, IdBuffer out) {
    if (text.isEmpty()) {
      return;
    }
    boolean space = prepend == Prepend.ALWAYS || prepend == Prepend.FIRST && first;
    String normalized = space ? " " + text : text;
    if (escapeWhitespaces) {
      normalized = normalized.replace(" ", Vocabulary.SPACE);
    }
    bytePairs.encode(normalized, 0, normalized.length(), out);
  }
}
