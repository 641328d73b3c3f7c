package io.github.jmixtral.generation;

import java.util.Objects;

/**
 * A token of a stream. The texts of all tokens joined are exactly {@link Generation#text()}.
 *
 * @param id the chosen id, end-of-sequence included
 * @param text the whole characters that became complete with this token; empty while a character
 *     still lacks bytes, for special tokens, and where the model has no tokenizer
 */
public record GeneratedToken(int id, String text) {
  /** Checks that there is a text. */
  public GeneratedToken {
    Objects.requireNonNull(text, "text");
  }
}
