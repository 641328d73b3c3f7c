package io.github.jmixtral.tokenizer;

/** Text to ids, as one of the two reference tokenizers does it. Immutable. */
sealed interface TextEncoder permits SentencePieceTextEncoder, JsonTextEncoder {
  /** As the reference does; no ids are put around the text. */
  void encode(String text, IdBuffer out);

  /** The same, and the texts of special tokens become their ids. */
  void encodeParsed(String text, IdBuffer out);

  /** The same, but nothing in the text becomes a control id. */
  void encodePlain(String text, IdBuffer out);

  /**
   * Encodes a rendered chat template: special tokens become their ids, but for those in which
   * anything stands that people wrote.
   */
  void encodeRendered(String text, WrittenParts written, IdBuffer out);
}
