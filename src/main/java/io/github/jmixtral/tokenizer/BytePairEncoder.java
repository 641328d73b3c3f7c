package io.github.jmixtral.tokenizer;

import java.nio.charset.StandardCharsets;

/**
 * Byte-pair encoding with byte fallback of text that is normalised already (spaces are {@code ▁}).
 *
 * <p>Each character starts as one symbol, then {@link PairMerger} joins neighbours. A character
 * without a symbol becomes its UTF-8 bytes, or the unknown id where the vocabulary has no byte
 * pieces. Two neighbours that stand side by side in no piece can never end up in one symbol, so the
 * text is cut there and merged run by run: the runs of ordinary prose are words, and only unusual
 * text (a megabyte of one character) makes a long run.
 *
 * <p>Symbols below the vocabulary's size are ids. Those above are characters that have no piece of
 * their own but are part of longer ones: they may merge, and fall back to bytes if they do not.
 */
final class BytePairEncoder {
  private final BytePairRules rules;

  BytePairEncoder(BytePairRules rules) {
    this.rules = rules;
  }

  /** Appends the ids of {@code text[from, to)} to {@code out}. */
  void encode(String text, int from, int to, IdBuffer out) {
    encode(text, from, to, out, newMerger());
  }

  /**
   * A merger to give to {@link #encode(String, int, int, IdBuffer, PairMerger)} again and again.
   */
  PairMerger newMerger() {
    return new PairMerger(rules.merges());
  }

  /** The same with the caller's merger, which must be empty and is left empty. */
  void encode(String text, int from, int to, IdBuffer out, PairMerger merger) {
    IdBuffer run = new IdBuffer();
    int start = out.size();
    int position = from;
    while (position < to) {
      long fixed = rules.fixed().match(text, position, text.length());
      if (fixed != LongTable.NONE) {
        flush(merger, run, out, start);
        out.add((int) fixed);
        position += (int) (fixed >>> 32);
        continue;
      }
      int codePoint = text.codePointAt(position);
      position += Character.charCount(codePoint);
      int symbol = rules.symbols().get(codePoint);
      if (symbol != CodePointTable.NONE) {
        addSymbol(symbol, merger, run, out, start);
      } else if (rules.byteIds() != null) {
        for (byte b : utf8(codePoint)) {
          addSymbol(rules.byteIds()[b & 0xFF], merger, run, out, start);
        }
      } else if (rules.unknownId() >= 0) {
        boolean afterUnknown = !merger.isEmpty() && merger.last() == rules.unknownId();
        if (!(rules.fuseUnknown() && afterUnknown)) {
          addSymbol(rules.unknownId(), merger, run, out, start);
        }
      }
    }
    flush(merger, run, out, start);
  }

  private void addSymbol(int symbol, PairMerger merger, IdBuffer run, IdBuffer out, int start) {
    if (!merger.isEmpty() && !rules.mayJoin(merger.last(), symbol)) {
      flush(merger, run, out, start);
    }
    merger.add(symbol);
  }

  /** Merges the run and writes its ids, bare characters as their bytes. */
  private void flush(PairMerger merger, IdBuffer run, IdBuffer out, int start) {
    run.clear();
    merger.drainTo(run);
    for (int i = 0; i < run.size(); i++) {
      int symbol = run.get(i);
      if (symbol >= rules.vocabularySize() && rules.byteIds() != null) {
        for (byte b : utf8(rules.bareCodePoint(symbol))) {
          out.add(rules.byteIds()[b & 0xFF]);
        }
        continue;
      }
      int id = symbol >= rules.vocabularySize() ? rules.unknownId() : symbol;
      boolean fuse =
          rules.fuseUnknown() && id == rules.unknownId() && out.size() > start && out.last() == id;
      if (!fuse && id >= 0) {
        out.add(id);
      }
    }
  }

  private static byte[] utf8(int codePoint) {
    return Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
  }
}
