package io.github.jmixtral.internal.format;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Normalizer;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Piece;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Trainer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Writes the fields of a SentencePiece model that {@link SentencePieceModelFile} reads. */
final class SentencePieceModelWriter {
  private SentencePieceModelWriter() {}

  /** A part of a message. */
  private interface Content {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  static byte[] bytes(SentencePieceModelFile model) {
    return message(
        out -> {
          for (Piece piece : model.pieces()) {
            nested(out, 1, message(inner -> write(piece, inner)));
          }
          nested(out, 2, message(inner -> write(model.trainer(), model.pieces().size(), inner)));
          nested(out, 3, message(inner -> write(model.normalizer(), inner)));
        });
  }

  private static void write(Piece piece, CodedOutputStream out) throws IOException {
    out.writeString(1, piece.text());
    out.writeFloat(2, piece.score());
    out.writeInt32(3, piece.type().ordinal() + 1);
  }

  private static void write(Trainer trainer, int size, CodedOutputStream out) throws IOException {
    out.writeInt32(3, trainer.modelType());
    out.writeInt32(4, size);
    out.writeBool(24, trainer.whitespaceAsSuffix());
    out.writeBool(35, trainer.byteFallback());
    out.writeInt32(41, trainer.bosId());
    out.writeInt32(42, trainer.eosId());
    out.writeInt32(43, trainer.padId());
    out.writeString(44, trainer.unknownSurface());
  }

  private static void write(Normalizer normalizer, CodedOutputStream out) throws IOException {
    out.writeString(1, "identity");
    out.writeBool(3, normalizer.addDummyPrefix());
    out.writeBool(4, normalizer.removeExtraWhitespaces());
    out.writeBool(5, normalizer.escapeWhitespaces());
  }

  private static void nested(CodedOutputStream out, int field, byte[] message) throws IOException {
    out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(message.length);
    out.writeRawBytes(message);
  }

  private static byte[] message(Content content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      content.writeTo(out);
      out.flush();
    } catch (IOException impossible) {
      throw new IllegalStateException("an array takes all bytes", impossible);
    }
    return bytes.toByteArray();
  }
}
