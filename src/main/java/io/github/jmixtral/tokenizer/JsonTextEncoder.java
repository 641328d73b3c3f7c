package io.github.jmixtral.tokenizer;

import io.github.jmixtral.tokenizer.AddedTokenMatcher.Segment;
import java.util.Map;
import java.util.Optional;

/**
 * Encodes as the tokenizers library does with a tokenizer.json: added tokens are cut out of the
 * text, the rest is normalised, cut at the added tokens that are searched for in normalised text,
 * marked by the pre-tokenizer, and merged.
 */
final class JsonTextEncoder implements TextEncoder {
  /** Where added tokens are cut out: of the raw text, then of the normalised text. */
  record AddedTokens(AddedTokenMatcher raw, AddedTokenMatcher normalized) {}

  /** A normalised text, and what of it people wrote. */
  private record Normalized(String text, WrittenParts written) {}

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
    cutAndEncode(text, WrittenParts.NONE, words, out);
  }

  @Override
  public void encodeParsed(String text, IdBuffer out) {
    encode(text, out);
  }

  @Override
  public void encodePlain(String text, IdBuffer out) {
    if (!text.isEmpty()) {
      encodeWords(normalizer.apply(text), true, plainWords, out);
    }
  }

  @Override
  public void encodeRendered(String text, WrittenParts written, IdBuffer out) {
    cutAndEncode(text, written, plainWords, out);
  }

  private void cutAndEncode(String text, WrittenParts written, Words vocabulary, IdBuffer out) {
    for (Segment raw : added.raw().split(text, written)) {
      if (raw.token().isPresent()) {
        out.add(raw.token().get().id());
        continue;
      }
      String between = text.substring(raw.start(), raw.end());
      Normalized normalized = normalized(between, written.within(raw.start(), raw.end()));
      for (Segment part : added.normalized().split(normalized.text(), normalized.written())) {
        if (part.token().isPresent()) {
          out.add(part.token().get().id());
        } else {
          String segment = normalized.text().substring(part.start(), part.end());
          boolean atStart = raw.start() == 0 && part.start() == 0;
          encodeWords(segment, atStart, vocabulary, out);
        }
      }
    }
  }

  /** Where tokens are searched for in it, each part is normalised by itself, to know its place. */
  private Normalized normalized(String text, WrittenParts written) {
    if (written.isEmpty() || added.normalized().isEmpty()) {
      return new Normalized(normalizer.apply(text), WrittenParts.NONE);
    }
    StringBuilder normalized = new StringBuilder(text.length());
    int[] bounds = written.bounds().clone();
    int done = 0;
    for (int i = 0; i <= bounds.length; i++) {
      int to = i < bounds.length ? bounds[i] : text.length();
      String part = text.substring(done, to);
      normalized.append(normalized.isEmpty() ? normalizer.apply(part) : normalizer.replace(part));
      if (i < bounds.length) {
        bounds[i] = normalized.length();
      }
      done = to;
    }
    return new Normalized(normalized.toString(), new WrittenParts(bounds));
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
