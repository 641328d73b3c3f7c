package io.github.jmixtral.tokenizer;

import io.github.jmixtral.tokenizer.Metaspace.Prepend;
import java.util.ArrayList;
import java.util.List;

/**
 * Encodes as SentencePiece does, between the tokens that are cut out of the text whole: none of a
 * plain text, added and special ones of a chat template and where a caller asks for them.
 */
final class SentencePieceTextEncoder implements TextEncoder {
  private final BytePairEncoder bytePairs;
  private final Prepend prepend;
  private final boolean escapeWhitespaces;
  private final TokenCutter whole;
  private final TokenCutter special;
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
      TokenCutter whole,
      TokenCutter special,
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
    encode(text, special.cuts(text, 0, text.length()), out);
  }

  @Override
  public void encodePlain(String text, IdBuffer out) {
    encode(text, whole.cuts(text, 0, text.length()), out);
  }

  @Override
  public void encodeRendered(String text, WrittenParts written, IdBuffer out) {
    List<TokenCutter.Cut> cuts = new ArrayList<>();
    int end;
    for (int start = 0; start < text.length(); start = end) {
      end = Math.min(written.next(start), text.length());
      cuts.addAll((written.contains(start) ? whole : special).cuts(text, start, end));
    }
    encode(text, cuts, out);
  }

  private void encode(String text, List<TokenCutter.Cut> cuts, IdBuffer out) {
    int start = 0;
    for (TokenCutter.Cut cut : cuts) {
      encodeBetween(text.substring(start, cut.start()), start == 0, out);
      out.add(cut.id());
      start = cut.end();
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
