package io.github.jmixtral.internal.format;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The content of a SentencePiece {@code tokenizer.model}: the protocol buffer message {@code
 * ModelProto}, as far as encoding and decoding need it. Unknown fields are skipped, as the format
 * wants it.
 *
 * @param fileName the file's name, for messages
 * @param pieces the vocabulary; the index is the id
 * @param trainer how the model was trained, and what follows from it for its use
 * @param normalizer what happens to a text before it is cut into pieces
 */
public record SentencePieceModelFile(
    String fileName, List<Piece> pieces, Trainer trainer, Normalizer normalizer) {

  /** Largest file that is read: a hundred times Mixtral's own. */
  static final long LARGEST_FILE = 64L << 20;

  private static final int PIECES = 1;
  private static final int TRAINER_SPEC = 2;
  private static final int NORMALIZER_SPEC = 3;

  /**
   * One piece of the vocabulary.
   *
   * @param text the piece, a space written as {@code ▁}
   * @param score merges with the highest score come first
   * @param type what the piece stands for
   */
  public record Piece(String text, float score, PieceType type) {}

  /** The types of a piece; their numbers in the file are 1 to 6. */
  public enum PieceType {
    /** Ordinary text. */
    NORMAL,
    /** Stands for whatever has no piece. */
    UNKNOWN,
    /** Never made from text, as {@code <s>}. */
    CONTROL,
    /** Kept whole wherever it occurs in a text. */
    USER_DEFINED,
    /** Not to be produced. */
    UNUSED,
    /** One byte, as {@code <0x0A>}. */
    BYTE
  }

  /**
   * The fields of {@code TrainerSpec} that matter for use.
   *
   * @param modelType 1 unigram, 2 BPE, 3 word, 4 char
   * @param byteFallback whether characters without a piece become byte pieces
   * @param whitespaceAsSuffix whether {@code ▁} stands behind words instead of before them
   * @param unknownSurface what the unknown id decodes to
   * @param bosId id of the beginning of a sequence, −1 for none
   * @param eosId id of the end of a sequence, −1 for none
   * @param padId id of padding, −1 for none
   */
  public record Trainer(
      int modelType,
      boolean byteFallback,
      boolean whitespaceAsSuffix,
      String unknownSurface,
      int bosId,
      int eosId,
      int padId) {
    /** What SentencePiece shows for the unknown id unless the model says otherwise. */
    public static final String USUAL_UNKNOWN_SURFACE = " \u2047 ";

    static final Trainer DEFAULTS = new Trainer(1, false, false, USUAL_UNKNOWN_SURFACE, 1, 2, -1);
  }

  /**
   * The fields of {@code NormalizerSpec}.
   *
   * @param characterMapBytes size of the table of character replacements; 0 is the identity
   * @param addDummyPrefix whether a {@code ▁} is put in front of the text
   * @param removeExtraWhitespaces whether runs of spaces become one
   * @param escapeWhitespaces whether a space becomes {@code ▁}
   */
  public record Normalizer(
      int characterMapBytes,
      boolean addDummyPrefix,
      boolean removeExtraWhitespaces,
      boolean escapeWhitespaces) {
    static final Normalizer DEFAULTS = new Normalizer(0, true, true, true);
  }

  /** Copies the list of pieces. */
  public SentencePieceModelFile {
    pieces = List.copyOf(pieces);
  }

  /**
   * Reads a model file.
   *
   * @throws MissingFileException if there is none
   * @throws MalformedFileException if it is not a whole, well-formed message
   * @throws UncheckedIOException if it cannot be read
   */
  public static SentencePieceModelFile read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new MissingFileException(file.toString(), "there is no such file");
    }
    String name = file.toString();
    try {
      long size = Files.size(file);
      if (size > LARGEST_FILE) {
        throw new MalformedFileException(
            name, "a SentencePiece model of at most " + LARGEST_FILE + " bytes", size + " bytes");
      }
      return new Reader(name, Files.readAllBytes(file)).model();
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Writes a model file, in the place of a former one.
   *
   * @throws IllegalArgumentException if the model has a table of character replacements, of which
   *     only the size is known here
   * @throws UncheckedIOException if it cannot be written
   */
  public void write(Path file) {
    if (normalizer.characterMapBytes() != 0) {
      throw new IllegalArgumentException(
          fileName + ": a model that replaces characters (precompiled_charsmap) cannot be written");
    }
    try (AtomicFile target = new AtomicFile(file)) {
      target.append(MemorySegment.ofArray(SentencePieceModelWriter.bytes(this)));
      target.commit();
    }
  }

  /** Reads one file; lengths are checked against what is left before anything is allocated. */
  private static final class Reader {
    private final String name;
    private final CodedInputStream input;

    Reader(String name, byte[] bytes) {
      this.name = name;
      this.input = CodedInputStream.newInstance(bytes);
    }

    SentencePieceModelFile model() {
      try {
        return readModel();
      } catch (InvalidProtocolBufferException e) {
        throw new MalformedFileException(
            place(), "this is no SentencePiece model (protocol buffer): " + oneLine(e), e);
      } catch (IOException e) {
        throw new MalformedFileException(
            place(), "this is no SentencePiece model: " + oneLine(e), e);
      }
    }

    private SentencePieceModelFile readModel() throws IOException {
      List<Piece> pieces = new ArrayList<>();
      Trainer trainer = Trainer.DEFAULTS;
      Normalizer normalizer = Normalizer.DEFAULTS;
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case PIECES -> {
            int outer = enter(tag, "pieces");
            pieces.add(readPiece(pieces.size()));
            leave(outer);
          }
          case TRAINER_SPEC -> {
            int outer = enter(tag, "trainer_spec");
            trainer = readTrainer();
            leave(outer);
          }
          case NORMALIZER_SPEC -> {
            int outer = enter(tag, "normalizer_spec");
            normalizer = readNormalizer();
            leave(outer);
          }
          default -> input.skipField(tag);
        }
      }
      return new SentencePieceModelFile(name, pieces, trainer, normalizer);
    }

    private Piece readPiece(int id) throws IOException {
      String text = "";
      float score = 0;
      PieceType type = PieceType.NORMAL;
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 1 -> text = string(tag, "piece " + id);
          case 2 -> {
            expect(tag, WireFormat.WIRETYPE_FIXED32, "score of piece " + id);
            score = input.readFloat();
          }
          case 3 -> type = pieceType(integer(tag, "type of piece " + id), id);
          default -> input.skipField(tag);
        }
      }
      return new Piece(text, score, type);
    }

    private PieceType pieceType(int number, int id) {
      PieceType[] types = PieceType.values();
      if (number < 1 || number > types.length) {
        throw new MalformedFileException(
            place() + ": type of piece " + id, "1 to " + types.length, "" + number);
      }
      return types[number - 1];
    }

    private Trainer readTrainer() throws IOException {
      Trainer t = Trainer.DEFAULTS;
      int modelType = t.modelType();
      boolean byteFallback = t.byteFallback();
      boolean suffix = t.whitespaceAsSuffix();
      String unknownSurface = t.unknownSurface();
      int bosId = t.bosId();
      int eosId = t.eosId();
      int padId = t.padId();
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 3 -> modelType = integer(tag, "trainer_spec.model_type");
          case 24 -> suffix = integer(tag, "trainer_spec.treat_whitespace_as_suffix") != 0;
          case 35 -> byteFallback = integer(tag, "trainer_spec.byte_fallback") != 0;
          case 41 -> bosId = integer(tag, "trainer_spec.bos_id");
          case 42 -> eosId = integer(tag, "trainer_spec.eos_id");
          case 43 -> padId = integer(tag, "trainer_spec.pad_id");
          case 44 -> unknownSurface = string(tag, "trainer_spec.unk_surface");
          default -> input.skipField(tag);
        }
      }
      return new Trainer(modelType, byteFallback, suffix, unknownSurface, bosId, eosId, padId);
    }

    private Normalizer readNormalizer() throws IOException {
      Normalizer n = Normalizer.DEFAULTS;
      int mapBytes = n.characterMapBytes();
      boolean prefix = n.addDummyPrefix();
      boolean removeExtra = n.removeExtraWhitespaces();
      boolean escape = n.escapeWhitespaces();
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 2 -> mapBytes = bytes(tag, "normalizer_spec.precompiled_charsmap").length;
          case 3 -> prefix = integer(tag, "normalizer_spec.add_dummy_prefix") != 0;
          case 4 -> removeExtra = integer(tag, "normalizer_spec.remove_extra_whitespaces") != 0;
          case 5 -> escape = integer(tag, "normalizer_spec.escape_whitespaces") != 0;
          default -> input.skipField(tag);
        }
      }
      return new Normalizer(mapBytes, prefix, removeExtra, escape);
    }

    /** Enters a nested message: reading ends where it ends. */
    private int enter(int tag, String field) throws IOException {
      expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED, field);
      return input.pushLimit(input.readRawVarint32());
    }

    private void leave(int outerLimit) throws IOException {
      input.checkLastTagWas(0);
      input.popLimit(outerLimit);
    }

    private int integer(int tag, String field) throws IOException {
      expect(tag, WireFormat.WIRETYPE_VARINT, field);
      return input.readInt32();
    }

    private byte[] bytes(int tag, String field) throws IOException {
      expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED, field);
      return input.readByteArray();
    }

    private String string(int tag, String field) throws IOException {
      byte[] utf8 = bytes(tag, field);
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      } catch (CharacterCodingException e) {
        throw new MalformedFileException(place() + ": " + field, "the text is not UTF-8", e);
      }
    }

    private void expect(int tag, int wireType, String field) {
      int found = WireFormat.getTagWireType(tag);
      if (found != wireType) {
        throw new MalformedFileException(
            place() + ": " + field, "wire type " + wireType, "wire type " + found);
      }
    }

    private String place() {
      return name + ": byte " + input.getTotalBytesRead();
    }

    private static String oneLine(IOException e) {
      return Optional.ofNullable(e.getMessage()).orElse("nothing readable").replace('\n', ' ');
    }
  }
}
