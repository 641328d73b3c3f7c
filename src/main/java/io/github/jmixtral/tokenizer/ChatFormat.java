package io.github.jmixtral.tokenizer;

/** How a conversation becomes ids; {@link Tokenizer#encodeChat} tells when which is used. */
public enum ChatFormat {
  /**
   * As Mixtral-8x7B-Instruct was trained: BOS, then each message encoded by itself, a user's as
   * {@code [INST] TEXT [/INST]} in ordinary text, an assistant's followed by EOS. System text goes
   * before the first user text, joined by a blank line.
   */
  MISTRAL_V1,
  /**
   * As Mixtral-8x22B-Instruct was trained: {@code [INST]} and {@code [/INST]} are control ids, and
   * system text goes before the last user text, joined by a blank line. Spaces at the end of an
   * assistant's text are dropped.
   */
  MISTRAL_V3,
  /** The checkpoint's own chat template, a Jinja program. */
  TEMPLATE
}
