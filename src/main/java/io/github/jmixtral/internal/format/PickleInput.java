package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** The bytes of a pickle from front to back; knows where it is, for messages. */
final class PickleInput {
  private static final ValueLayout.OfLong BIG_ENDIAN_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** Far above the name of any tensor or module. */
  private static final int MAX_TEXT_BYTES = 1 << 16;

  private final String name;
  private final MemorySegment bytes;
  private long position;
  private long opcodeAt;

  PickleInput(String name, MemorySegment bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  /** The next opcode, 0 … 255. */
  int opcode() {
    opcodeAt = position;
    return unsignedByte();
  }

  int unsignedByte() {
    return bytes.get(ValueLayout.JAVA_BYTE, advance(1)) & 0xFF;
  }

  int unsignedShort() {
    return bytes.get(LittleEndian.SHORT, advance(2)) & 0xFFFF;
  }

  int signedInt() {
    return bytes.get(LittleEndian.INT, advance(4));
  }

  long unsignedInt() {
    return signedInt() & 0xFFFF_FFFFL;
  }

  /** A length of 8 bytes; one beyond 2^63 is longer than any file. */
  long length() {
    long length = bytes.get(LittleEndian.LONG, advance(8));
    if (length < 0) {
      throw malformed("a length within the pickle", Long.toUnsignedString(length));
    }
    return length;
  }

  double bigEndianDouble() {
    return Double.longBitsToDouble(bytes.get(BIG_ENDIAN_LONG, advance(8)));
  }

  /** A signed integer of {@code length} bytes, the lowest first. */
  long integer(long length) {
    if (length > Long.BYTES) {
      throw malformed("an integer of at most 8 bytes", length + " bytes");
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (long) unsignedByte() << 8 * i;
    }
    int unused = Long.SIZE - 8 * (int) length;
    return length == 0 ? 0 : value << unused >> unused;
  }

  /** A text of {@code length} bytes of UTF-8. */
  String utf8(long length) {
    return text(length, StandardCharsets.UTF_8);
  }

  /** What Python 2 calls a string: a text of ASCII. */
  String ascii(long length) {
    return text(length, StandardCharsets.US_ASCII);
  }

  /** A text up to the end of a line. */
  String line() {
    for (long end = position; end < bytes.byteSize(); end++) {
      if (bytes.get(ValueLayout.JAVA_BYTE, end) == '\n') {
        String line = utf8(end - position);
        position++;
        return line;
      }
    }
    throw malformed("the pickle ends within a line");
  }

  void skip(long length) {
    advance(length);
  }

  /** Checks that something is not more than the pickle has bytes. */
  void requireAtMost(long count, String what) {
    if (count > bytes.byteSize()) {
      throw malformed("at most " + bytes.byteSize() + " " + what, count + "");
    }
  }

  /** Checks that this number of bytes is left. */
  void requireRoom(long length) {
    if (length > bytes.byteSize() - position) {
      throw malformed(
          "the pickle ends after %d bytes, but %d should follow"
              .formatted(bytes.byteSize() - position, length));
    }
  }

  private String text(long length, Charset charset) {
    if (length > MAX_TEXT_BYTES) {
      throw malformed("a text of at most " + MAX_TEXT_BYTES + " bytes", length + " bytes");
    }
    ByteBuffer text = bytes.asSlice(advance(length), length).asByteBuffer();
    try {
      return charset.newDecoder().decode(text).toString();
    } catch (CharacterCodingException failure) {
      throw new MalformedFileException(place(), "the text is not " + charset.name(), failure);
    }
  }

  private long advance(long length) {
    requireRoom(length);
    long begin = position;
    position += length;
    return begin;
  }

  /** The pickle breaks a rule at the current opcode. */
  MalformedFileException malformed(String problem) {
    return new MalformedFileException(place(), problem);
  }

  /** A value of the pickle is another than it should be, at the current opcode. */
  MalformedFileException malformed(String expected, String found) {
    return new MalformedFileException(place(), expected, found);
  }

  /** The pickle asks for what is not done, at the current opcode. */
  UnsupportedCheckpointException refused(String found) {
    return new UnsupportedCheckpointException(
        place(), "only tensors and containers are read, not " + found);
  }

  /** The pickle is well-formed, but not as expected, at the current opcode. */
  UnsupportedCheckpointException unsupported(String expected, String found) {
    return new UnsupportedCheckpointException(place(), expected, found);
  }

  private String place() {
    return name + ": byte " + opcodeAt;
  }
}
