package io.github.jmixtral.tokenizer;

import io.github.jmixtral.tokenizer.AddedTokenMatcher.Segment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Encodes as the tokenizers library does with a tokenizer.json: added tokens are cut out of the
 * text, the rest is normalised, cut at the added tokens that are searched for in normalised text,
 * marked by the pre-tokenizer, and merged.
 */
final class JsonTextEncoder implements TextEncoder {
  /** Where added tokens are cut out: of the raw text, then of the normalised text. */
  record AddedTokens(AddedTokenMatcher raw, AddedTokenMatcher normalized, SpecialTexts all) {}

  /**
   * The merging vocabulary.
   *
   * @param wholeWords words that are one id without merging ({@code ignore_merges})
   */
  record Words(BytePairEncoder bytePairs, Map<String, Integer> wholeWords) {
    void encode(String text, int from, int to, IdBuffer out, PairMerger merger) {
      if (!wholeWords.isEmpty()) {
        Integer id = wholeWords.get(text.substring(from, to));
        if (id != null) {
          out.add(id);
          return;
        }
      }
      bytePairs.encode(text, from, to, out, merger);
    }
  }

  private final AddedTokens added;
  private final TextNormalizer normalizer;
  private final Optional<Metaspace> metaspace;
  private final Words words;
  private final Words plainWords;

  /**
   * @param plainWords the vocabulary without special tokens, for text that must not make any
   */
  JsonTextEncoder(
      AddedTokens added,
      TextNormalizer normalizer,
      Optional<Metaspace> metaspace,
      Words words,
      Words plainWords) {
    this.added = added;
    this.normalizer = normalizer;
    this.metaspace = metaspace;
    this.words = words;
    this.plainWords = plainWords;
  }

  @Override
  public void encode(String text, IdBuffer out) {
    cutAndEncode(text, Optional.empty(), words, out);
  }

  @Override
  public void encodePlain(String text, IdBuffer out) {
    if (!text.isEmpty()) {
      encodeWords(normalizer.apply(text), true, plainWords, out);
    }
  }

  @Override
  public void encodeGuarded(String text, Guards guards, IdBuffer out) {
    cutAndEncode(text, Optional.of(guards), plainWords, out);
  }

  @Override
  public String protect(String text, Guards guards) {
    boolean unforeseen = !added.normalized().isEmpty() && !normalizer.keepsUnitsApart();
    String guarded = guards.protect(text, added.all(), normalizer::replace, unforeseen);
    return added.normalized().occursIn(normalizer.apply(guarded))
        ? guards.protectEverywhere(text)
        : guarded;
  }

  private void cutAndEncode(String text, Optional<Guards> guards, Words vocabulary, IdBuffer out) {
    UnaryOperator<String> clean = segment -> guards.map(g -> g.remove(segment)).orElse(segment);
    for (Segment raw : added.raw().split(text, guards)) {
      if (raw.token().isPresent()) {
        out.add(raw.token().get().id());
        continue;
      }
      String between = text.substring(raw.start(), raw.end());
      if (clean.apply(between).isEmpty()) {
        continue; // nothing but guards
      }
      String normalized = normalizer.apply(between);
      List<Segment> parts = added.normalized().split(normalized, guards);
      for (Segment part : parts) {
        if (part.token().isPresent()) {
          out.add(part.token().get().id());
        } else {
          String segment = clean.apply(normalized.substring(part.start(), part.end()));
          boolean atStart = raw.start() == 0 && part.start() == 0;
          encodeWords(segment, atStart, vocabulary, out);
        }
      }
    }
  }

  private void encodeWords(String segment, boolean atStart, Words vocabulary, IdBuffer out) {
    if (segment.isEmpty()) {
      return;
    }
    String text = metaspace.map(m -> m.apply(segment, atStart)).orElse(segment);
    PairMerger merger = vocabulary.bytePairs().newMerger();
    if (metaspace.isEmpty() || !metaspace.get().split()) {
      vocabulary.encode(text, 0, text.length(), out, merger);
      return;
    }
    String mark = metaspace.get().mark();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf(mark, start + 1);
      end = end < 0 ? text.length() : end;
      vocabulary.encode(text, start, end, out, merger);
      start = end;
    }
  }
}
