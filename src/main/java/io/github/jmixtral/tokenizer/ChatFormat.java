package io.github.jmixtral.tokenizer;

/**
 * How a conversation becomes ids; {@link Tokenizer#encodeChat} documents which one is used.
 *
 * @since 0.1.0
 */
public enum ChatFormat {
  /**
   * As Mixtral-8x7B-Instruct was trained: BOS, then each message encoded by itself, a user's as
   * {@code [INST] TEXT [/INST]} in ordinary text, an assistant's followed by EOS. System text goes
   * before the first user text, joined by a blank line.
   */
  MISTRAL_V1,
  /**
   * As Mistral's models between the two Mixtrals were trained: like version 3, but calls and
   * results carry no ids, and those before the user's last message are left out. A vocabulary file
   * whose name ends with {@code .v2} asks for it.
   */
  MISTRAL_V2,
  /**
   * As Mixtral-8x22B-Instruct was trained: {@code [INST]} and {@code [/INST]} are control ids, and
   * system text goes before the last user text, joined by a blank line. Spaces at the end of an
   * assistant's text are dropped. Tools, calls and results are JSON between control ids of their
   * own.
   */
  MISTRAL_V3,
  /** The checkpoint's own chat template, a Jinja program. */
  TEMPLATE
}
