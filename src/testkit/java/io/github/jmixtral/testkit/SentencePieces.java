package io.github.jmixtral.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The pieces of a SentencePiece file, each as the message that the file holds, and what follows
 * them.
 */
record SentencePieces(List<byte[]> pieces, byte[] rest) {
  /** Field 1 of the file, of type bytes: a piece. */
  private static final int PIECE_TAG = 1 << 3 | 2;

  /** The types of pieces. */
  static final int CONTROL = 3;

  static final int USER_DEFINED = 4;

  /** The pieces come first in the file, each behind its tag and a length of one byte. */
  static SentencePieces read(byte[] file) {
    List<byte[]> pieces = new ArrayList<>();
    int place = 0;
    while (file[place] == PIECE_TAG) {
      int length = file[place + 1];
      if (length < 0) {
        throw new IllegalStateException("a piece of more than 127 bytes");
      }
      pieces.add(Arrays.copyOfRange(file, place + 2, place + 2 + length));
      place += 2 + length;
    }
    return new SentencePieces(pieces, Arrays.copyOfRange(file, place, file.length));
  }

  /** A piece with its text (field 1), the score 0 (field 2) and a type (field 3). */
  static byte[] piece(String text, int type) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(1 << 3 | 2);
    out.write(bytes.length);
    out.writeBytes(bytes);
    out.write(2 << 3 | 5);
    out.writeBytes(new byte[Float.BYTES]);
    out.write(3 << 3);
    out.write(type);
    return out.toByteArray();
  }

  byte[] file() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] piece : pieces) {
      out.write(PIECE_TAG);
      out.write(piece.length);
      out.writeBytes(piece);
    }
    out.writeBytes(rest);
    return out.toByteArray();
  }
}
