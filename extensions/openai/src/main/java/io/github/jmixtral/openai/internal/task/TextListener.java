package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.generation.GeneratedToken;

/** Hears of the tokens of several texts. */
@FunctionalInterface
public interface TextListener {
  /**
   * Takes the next token of a text.
   *
   * @param text which of the texts, from 0
   */
  void onToken(int text, GeneratedToken token);
}
