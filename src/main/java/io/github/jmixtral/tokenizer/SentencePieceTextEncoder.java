package io.github.jmixtral.tokenizer;

/**
 * Encodes as SentencePiece does: no text becomes a control id, and special tokens are known in
 * rendered chat templates only.
 */
final class SentencePieceTextEncoder implements TextEncoder {
  private final BytePairEncoder bytePairs;
  private final boolean addDummyPrefix;
  private final boolean escapeWhitespaces;
  private final TextMatcher special;

  /**
   * @param special the special tokens that chat templates may hold
   */
  SentencePieceTextEncoder(
      BytePairEncoder bytePairs,
      boolean addDummyPrefix,
      boolean escapeWhitespaces,
      TextMatcher special) {
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
  public void encodeRendered(String text, WrittenParts written, IdBuffer out) {
    int start = 0;
    int position = 0;
    while (position < text.length()) {
      if (written.contains(position)) {
        position = written.next(position);
        continue;
      }
      long match = special.match(text, position, written.next(position));
      if (match == LongTable.NONE) {
        position++;
        continue;
      }
      encode(text.substring(start, position), out);
      out.add((int) match);
      position += (int) (match >>> 32);
      start = position;
    }
    encode(text.substring(start), out);
  }
}
