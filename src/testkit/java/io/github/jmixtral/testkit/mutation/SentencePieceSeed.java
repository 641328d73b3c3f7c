package io.github.jmixtral.testkit.mutation;

import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A small SentencePiece model; every field of the message is a part, its length kept true. */
public final class SentencePieceSeed {
  private static final int LENGTH_DELIMITED = 2;

  private SentencePieceSeed() {}

  /**
   * A BPE model.
   *
   * @param pieces the unknown piece, two control pieces, then ordinary ones with falling scores;
   *     names of bytes are bytes
   */
  public static Seed of(String... pieces) {
    List<byte[]> fields = new ArrayList<>();
    for (int id = 0; id < pieces.length; id++) {
      fields.add(field(1, piece(pieces[id], id)));
    }
    // BPE with byte fallback where there are bytes; the surface of the unknown piece.
    int fallback = pieces[pieces.length - 1].startsWith("<0x") ? 1 : 0;
    fields.add(field(2, varints(3, 2, 35, fallback, 41, 1, 42, 2)));
    fields.add(field(3, varints(3, 1, 4, 0, 5, 1)));
    return new Seed(fields, SentencePieceSeed::file);
  }

  private static byte[] piece(String text, int id) {
    PieceType type =
        switch (id) {
          case 0 -> PieceType.UNKNOWN;
          case 1, 2 -> PieceType.CONTROL;
          default -> text.startsWith("<0x") ? PieceType.BYTE : PieceType.NORMAL;
        };
    if (type == PieceType.BYTE) {
      // Without a score: 256 of them must be small.
      return Seed.join(
          List.of(
              lengthFirst(field(1, text.getBytes(StandardCharsets.UTF_8))),
              varints(3, type.ordinal() + 1)));
    }
    byte[] score =
        ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(-id).array();
    return Seed.join(
        List.of(
            lengthFirst(field(1, text.getBytes(StandardCharsets.UTF_8))),
            new byte[] {2 << 3 | 5},
            score,
            varints(3, type.ordinal() + 1)));
  }

  private static byte[] varints(int... numbersAndValues) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < numbersAndValues.length; i += 2) {
      varint(numbersAndValues[i] << 3, bytes);
      varint(numbersAndValues[i + 1], bytes);
    }
    return bytes.toByteArray();
  }

  private static void varint(int value, ByteArrayOutputStream bytes) {
    int rest = value;
    while (rest >>> 7 != 0) {
      bytes.write(rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    bytes.write(rest);
  }

  /** A field as a part: its number, then its content. */
  private static byte[] field(int number, byte[] content) {
    return Seed.join(List.of(new byte[] {(byte) number}, content));
  }

  private static byte[] file(List<byte[]> parts) {
    return Seed.join(parts.stream().map(SentencePieceSeed::lengthFirst).toList());
  }

  /** Tag, length and content of a part. */
  private static byte[] lengthFirst(byte[] part) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (part.length > 0) {
      varint((part[0] & 0x1f) << 3 | LENGTH_DELIMITED, bytes);
      varint(part.length - 1, bytes);
      bytes.write(part, 1, part.length - 1);
    }
    return bytes.toByteArray();
  }
}
