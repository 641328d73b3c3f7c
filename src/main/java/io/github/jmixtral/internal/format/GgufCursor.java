package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Reads a GGUF header from its start; nothing is allocated before the bytes for it are there. */
final class GgufCursor {

  private final MemorySegment bytes;
  private final String file;
  private long position;

  GgufCursor(MemorySegment bytes, String file) {
    this.bytes = bytes;
    this.file = file;
  }

  String file() {
    return file;
  }

  long position() {
    return position;
  }

  byte int8(String what) {
    return bytes.get(ValueLayout.JAVA_BYTE, advance(Byte.BYTES, what));
  }

  short int16(String what) {
    return bytes.get(LittleEndian.SHORT, advance(Short.BYTES, what));
  }

  int int32(String what) {
    return bytes.get(LittleEndian.INT, advance(Integer.BYTES, what));
  }

  long int64(String what) {
    return bytes.get(LittleEndian.LONG, advance(Long.BYTES, what));
  }

  /**
   * A number of things to come.
   *
   * @param leastBytes bytes that each of them takes at least, at most 24
   */
  int count(int leastBytes, String what) {
    long count = int64(what);
    if (Long.compareUnsigned(count, (bytes.byteSize() - position) / leastBytes) > 0
        || count > Integer.MAX_VALUE - 8) {
      throw new MalformedFileException(
          file + ": " + what,
          "a number that fits into the " + (bytes.byteSize() - position) + " bytes left",
          Long.toUnsignedString(count));
    }
    return (int) count;
  }

  /** A length, and as many bytes of UTF-8; U+FFFD stands for what is none. */
  String text(String what) {
    int length = count(1, what + ": length");
    byte[] utf8 = new byte[length];
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, advance(length, what), utf8, 0, length);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private long advance(long count, String what) {
    if (count > bytes.byteSize() - position) {
      throw new MalformedFileException(
          file + ": " + what,
          "the file ends %d bytes after byte %d, but %d bytes should follow"
              .formatted(bytes.byteSize() - position, position, count));
    }
    long at = position;
    position += count;
    return at;
  }
}
