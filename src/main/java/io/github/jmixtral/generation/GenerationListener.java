package io.github.jmixtral.generation;

/**
 * Hears each token as it is chosen, on the thread that generates. The texts joined are exactly
 * {@link Generation#text()}.
 */
@FunctionalInterface
public interface GenerationListener {
  /**
   * Called once per new token, in order.
   *
   * @param id the chosen id, end-of-sequence included
   * @param text the whole characters that became complete with this token; empty while a character
   *     still lacks bytes, for special tokens, and where the model has no tokenizer
   */
  void onToken(int id, String text);
}
