package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Single tokens as texts, which they need not be. */
final class TokenText {
  private TokenText() {}

  /**
   * A token as a text: its characters; {@code bytes:\xe2\x80} if it has but part of one; the name
   * of a special token.
   */
  static String of(Tokenizer tokenizer, int id) {
    byte[] bytes = bytes(tokenizer, id);
    if (bytes.length == 0) {
      return id < tokenizer.vocabSize() ? tokenizer.piece(id) : "";
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return "bytes:" + HexFormat.of().withPrefix("\\x").formatHex(bytes);
    }
  }

  /** The bytes that a token adds to a text; none for special tokens. */
  static byte[] bytes(Tokenizer tokenizer, int id) {
    // A model may have more ids than its tokenizer.
    return id < tokenizer.vocabSize() ? tokenizer.bytes(id) : new byte[0];
  }
}
