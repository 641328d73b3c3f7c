package io.github.jmixtral.tokenizer;

import java.util.function.UnaryOperator;

/**
 * Encodes as SentencePiece does: no text becomes a control id, and special tokens are known in the
 * guarded text of chat templates only.
 */
final class SentencePieceTextEncoder implements TextEncoder {
  private final BytePairEncoder bytePairs;
  private final boolean addDummyPrefix;
  private final boolean escapeWhitespaces;
  private final SpecialTexts special;

  /**
   * @param special the special tokens that chat templates may hold
   */
  SentencePieceTextEncoder(
      BytePairEncoder bytePairs,
      boolean addDummyPrefix,
      boolean escapeWhitespaces,
      SpecialTexts special) {
    this.bytePairs = bytePairs;
    this.addDummyPrefix = addDummyPrefix;
    this.escapeWhitespaces = escapeWhitespaces;
    this.special = special;
  }

  @Override
  public void encode(String text, IdBuffer out) {
    if (text.isEmpty()) {
      return;
    }
    String normalized = addDummyPrefix ? " " + text : text;
    if (escapeWhitespaces) {
      normalized = normalized.replace(" ", Vocabulary.SPACE);
    }
    bytePairs.encode(normalized, 0, normalized.length(), out);
  }

  @Override
  public void encodePlain(String text, IdBuffer out) {
    encode(text, out);
  }

  @Override
  public void encodeGuarded(String text, Guards guards, IdBuffer out) {
    int start = 0;
    int position = 0;
    while (position < text.length()) {
      long match = special.match(text, position);
      int length = (int) (match >>> 32);
      if (match == LongTable.NONE || guards.isLiteral(text, position, length)) {
        position++;
        continue;
      }
      encode(guards.remove(text.substring(start, position)), out);
      out.add((int) match);
      position += length;
      start = position;
    }
    encode(guards.remove(text.substring(start)), out);
  }

  @Override
  public String protect(String text, Guards guards) {
    return guards.protect(text, special, UnaryOperator.identity(), false);
  }
}
