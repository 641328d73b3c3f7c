package io.github.jmixtral.tokenizer;

/** Text to ids, as one of the two reference tokenizers does it. Immutable. */
sealed interface TextEncoder permits SentencePieceTextEncoder, JsonTextEncoder {
  /** As the reference does; no ids are put around the text. */
  void encode(String text, IdBuffer out);

  /** The same, but nothing in the text becomes a control id. */
  void encodePlain(String text, IdBuffer out);

  /**
   * Encodes a rendered chat template: special tokens become their ids, except where guards break
   * them; guards themselves vanish.
   */
  void encodeGuarded(String text, Guards guards, IdBuffer out);

  /** Puts guards into a text so that {@link #encodeGuarded} finds no special token in it. */
  String protect(String text, Guards guards);
}
