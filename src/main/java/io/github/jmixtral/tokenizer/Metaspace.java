package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.Excerpt;
import java.util.Optional;

/**
 * The {@code Metaspace} pre-tokenizer and decoder: spaces become a visible mark.
 *
 * @param mark the character that stands for a space, a single code point
 * @param prepend when a mark is put in front of a text that does not begin with one
 * @param split whether the text is cut before every mark
 */
record Metaspace(String mark, Prepend prepend, boolean split) {

  /** When a mark is put in front. */
  enum Prepend {
    ALWAYS,
    FIRST,
    NEVER
  }

  /** The {@code pre_tokenizer} of a tokenizer.json; empty when there is none. */
  static Optional<Metaspace> read(Optional<JsonPart> preTokenizer) {
    return preTokenizer.map(
        part -> {
          if (!part.type().equals("Metaspace")) {
            throw part.unsupported("Metaspace or null", part.type());
          }
          return read(part);
        });
  }

  /** A part whose type is Metaspace. */
  static Metaspace read(JsonPart part) {
    JsonPart replacement = part.required("replacement");
    String mark = replacement.string();
    if (mark.codePointCount(0, mark.length()) != 1) {
      throw replacement.malformed("one character", replacement.describe());
    }
    Prepend prepend = part.optional("prepend_scheme").map(Metaspace::scheme).orElse(Prepend.ALWAYS);
    if (!part.bool("add_prefix_space", true)) { // the spelling before prepend_scheme
      prepend = Prepend.NEVER;
    }
    return new Metaspace(mark, prepend, part.bool("split", true));
  }

  private static Prepend scheme(JsonPart part) {
    return switch (part.string()) {
      case "always" -> Prepend.ALWAYS;
      case "first" -> Prepend.FIRST;
      case "never" -> Prepend.NEVER;
      case String other -> throw part.malformed("always, first or never", Excerpt.quote(other));
    };
  }

  /**
   * @param atStart whether the segment stands at the very beginning of the text
   */
  String apply(String segment, boolean atStart) {
    String marked = segment.replace(" ", mark);
    boolean wanted =
        switch (prepend) {
          case ALWAYS -> true;
          case FIRST -> atStart;
          case NEVER -> false;
        };
    return wanted && !marked.startsWith(mark) ? mark + marked : marked;
  }

  /** Decodes one token: marks are spaces again, and nothing in the first token. */
  String decode(String token, boolean first) {
    return token.replace(mark, first && prepend != Prepend.NEVER ? "" : " ");
  }
}
