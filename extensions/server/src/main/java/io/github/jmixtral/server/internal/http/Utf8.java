package io.github.jmixtral.server.internal.http;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Text as it comes from clients. */
final class Utf8 {
  private static final int PIECE = 4096;

  private Utf8() {}

  /** Whether bytes are text in UTF-8. */
  static boolean isValid(byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer from = ByteBuffer.wrap(bytes);
    CharBuffer piece = CharBuffer.allocate(PIECE);
    CoderResult result;
    do {
      piece.clear();
      result = decoder.decode(from, piece, true);
    } while (result.isOverflow());
    return !result.isError();
  }
}
