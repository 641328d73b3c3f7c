package io.github.jmixtral.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The pieces of a tokenizer and what each stands for. Immutable; the index is the id. */
final class Vocabulary {
  /** How a space is written inside pieces: U+2581, lower one eighth block. */
  static final String SPACE = "\u2581";

  private static final String HEX_DIGITS = "0123456789ABCDEF";

  /** What a piece stands for. */
  enum Kind {
    /** Text that is made by merging. */
    NORMAL,
    /** Stands for whatever has no piece. */
    UNKNOWN,
    /** Steers the model, as {@code <s>}; invisible in text. */
    CONTROL,
    /** Text that is kept whole wherever it occurs. */
    USER_DEFINED,
    /** One byte, as {@code <0x0A>}. */
    BYTE,
    /** An id without a piece, a hole in the vocabulary. */
    UNUSED
  }

  /** A piece and its kind. */
  record Entry(String piece, Kind kind) {
    /** Stands where an id has no piece. */
    static final Entry HOLE = new Entry("", Kind.UNUSED);
  }

  private final List<Entry> entries;
  private final Map<String, Integer> ids;

  /**
   * @param entries all pieces in the order of their ids, and holes; of pieces with the same text
   *     the last is meant by it
   */
  Vocabulary(List<Entry> entries) {
    this.entries = List.copyOf(entries);
    this.ids =
        IntStream.range(0, entries.size())
            .filter(id -> entries.get(id).kind() != Kind.UNUSED)
            .boxed()
            .collect(
                Collectors.toUnmodifiableMap(
                    id -> entries.get(id).piece(), id -> id, (_, later) -> later));
  }

  int size() {
    return entries.size();
  }

  boolean contains(int id) {
    return id >= 0 && id < entries.size();
  }

  String piece(int id) {
    return entries.get(id).piece();
  }

  Kind kind(int id) {
    return entries.get(id).kind();
  }

  /** Whether an id is a control id or the unknown id: what text must never become. */
  boolean isSpecial(int id) {
    return switch (kind(id)) {
      case CONTROL, UNKNOWN, UNUSED -> true;
      case NORMAL, USER_DEFINED, BYTE -> false;
    };
  }

  OptionalInt id(String piece) {
    Integer id = ids.get(piece);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** The ids of the bytes 0 to 255 by their pieces {@code <0x00>} to {@code <0xFF>}. */
  OptionalInt byteId(int value) {
    return id(bytePiece(value));
  }

  /** The piece of a byte: {@code <0x0A>} for 10. */
  static String bytePiece(int value) {
    return "<0x" + HEX_DIGITS.charAt(value >> 4) + HEX_DIGITS.charAt(value & 15) + ">";
  }

  /** Whether a piece is written as a byte is: {@code <0x} and two capital hexadecimal digits. */
  static boolean isBytePiece(String piece) {
    return piece.length() == 6
        && piece.startsWith("<0x")
        && piece.endsWith(">")
        && HEX_DIGITS.indexOf(piece.charAt(3)) >= 0
        && HEX_DIGITS.indexOf(piece.charAt(4)) >= 0;
  }

  /** The byte that a piece of kind {@link Kind#BYTE} stands for. */
  byte byteValue(int id) {
    return (byte) Integer.parseInt(piece(id).substring(3, 5), 16);
  }

  /** The bytes that an id adds in the middle of a text. */
  byte[] bytes(int id) {
    return switch (kind(id)) {
      case NORMAL, USER_DEFINED -> piece(id).replace(SPACE, " ").getBytes(StandardCharsets.UTF_8);
      case BYTE -> new byte[] {byteValue(id)};
      case CONTROL, UNKNOWN, UNUSED -> new byte[0];
    };
  }

  /** The pieces that text from outside must never become: control pieces and the unknown piece. */
  Map<String, Integer> specialPieces() {
    Map<String, Integer> special = new TreeMap<>();
    for (int id = 0; id < size(); id++) {
      if (isSpecial(id) && kind(id) != Kind.UNUSED) {
        special.put(piece(id), id);
      }
    }
    return special;
  }
}
