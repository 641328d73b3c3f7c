package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The entries of a zip archive as {@code torch.save} writes it: stored without compression, so that
 * each is a slice of the mapped file. Archives beyond 4 GB (zip64) are read as well.
 *
 * @see <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">the format</a>
 */
final class TorchArchive {

  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END64_LOCATOR_SIGNATURE = 0x07064b50;
  private static final int END64_SIGNATURE = 0x06064b50;
  private static final int CENTRAL_SIGNATURE = 0x02014b50;
  private static final int LOCAL_SIGNATURE = 0x04034b50;

  private static final int END_BYTES = 22;
  private static final int END64_LOCATOR_BYTES = 20;
  private static final int END64_BYTES = 56;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL_BYTES = 30;
  private static final int MAX_COMMENT_BYTES = 0xFFFF;
  private static final long IN_ZIP64 = 0xFFFF_FFFFL;
  private static final int ZIP64_EXTRA = 1;
  private static final int ENCRYPTED = 1;

  /** Mixtral 8x22B in one file has some 1,500. */
  private static final int MAX_ENTRIES = 200_000;

  private static final int MAX_NAME_BYTES = 1024;

  private final String name;
  private final MemorySegment file;
  private final Map<String, MemorySegment> entries = new LinkedHashMap<>();

  /** Where the list of entries lies. */
  private record Directory(long offset, long size) {}

  private TorchArchive(String name, MemorySegment file) {
    this.name = name;
    this.file = file;
  }

  /**
   * The bytes of all entries by name, in the order of the archive's list.
   *
   * @param name the file, as messages name it
   * @param file all of its bytes
   * @throws MalformedFileException when it breaks a rule of the format
   * @throws UnsupportedCheckpointException when an entry is compressed or encrypted
   */
  static Map<String, MemorySegment> entries(String name, MemorySegment file) {
    TorchArchive archive = new TorchArchive(name, file);
    archive.readEntries(archive.findDirectory());
    return archive.entries;
  }

  private Directory findDirectory() {
    long last = file.byteSize() - END_BYTES;
    for (long at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
      if (file.get(LittleEndian.INT, at) == END_SIGNATURE
          && unsignedShort(at + 20) == file.byteSize() - at - END_BYTES) {
        Directory directory = zip64Directory(at).orElse(smallDirectory(at));
        return new Directory(
            within(directory.offset(), directory.size(), "the list of entries"), directory.size());
      }
    }
    throw malformed(
        "this is no whole zip archive as torch.save writes it: its list of entries has no end");
  }

  private Directory smallDirectory(long end) {
    return new Directory(unsignedInt(end + 16), unsignedInt(end + 12));
  }

  private Optional<Directory> zip64Directory(long end) {
    long locator = end - END64_LOCATOR_BYTES;
    if (locator < 0 || file.get(LittleEndian.INT, locator) != END64_LOCATOR_SIGNATURE) {
      return Optional.empty();
    }
    long end64 =
        within(
            file.get(LittleEndian.LONG, locator + 8),
            END64_BYTES,
            "the end of the list of a large archive");
    if (file.get(LittleEndian.INT, end64) != END64_SIGNATURE) {
      throw malformed("the list of a large archive does not end at " + end64);
    }
    return Optional.of(
        new Directory(
            file.get(LittleEndian.LONG, end64 + 48), file.get(LittleEndian.LONG, end64 + 40)));
  }

  private void readEntries(Directory directory) {
    long end = directory.offset() + directory.size();
    for (long at = directory.offset(); at < end; ) {
      if (entries.size() == MAX_ENTRIES) {
        throw malformed("the archive has more than " + MAX_ENTRIES + " entries");
      }
      if (end - at < CENTRAL_BYTES || file.get(LittleEndian.INT, at) != CENTRAL_SIGNATURE) {
        throw malformed("the archive's list has no entry at " + at);
      }
      int nameBytes = unsignedShort(at + 28);
      int extraBytes = unsignedShort(at + 30);
      long next = at + CENTRAL_BYTES + nameBytes + extraBytes + unsignedShort(at + 32);
      if (next > end) {
        throw malformed("the entry at " + at + " ends beyond the archive's list");
      }
      readEntry(at, nameBytes, extraBytes);
      at = next;
    }
  }

  private void readEntry(long at, int nameBytes, int extraBytes) {
    if (nameBytes > MAX_NAME_BYTES) {
      throw malformed("names of at most " + MAX_NAME_BYTES + " bytes", nameBytes + " bytes");
    }
    byte[] bytes = file.asSlice(at + CENTRAL_BYTES, nameBytes).toArray(ValueLayout.JAVA_BYTE);
    String entry = new String(bytes, StandardCharsets.UTF_8);
    if ((unsignedShort(at + 8) & ENCRYPTED) != 0 || unsignedShort(at + 10) != 0) {
      throw new UnsupportedCheckpointException(
          place(entry),
          "the entry is compressed or encrypted; save the file as torch.save writes it");
    }
    long[] fields = {unsignedInt(at + 24), unsignedInt(at + 20), unsignedInt(at + 42)};
    resolveZip64(entry, fields, at + CENTRAL_BYTES + nameBytes, extraBytes);
    long size = fields[0];
    if (fields[1] != size) {
      throw new MalformedFileException(
          place(entry),
          "%d bytes are stored of %d, though nothing is compressed".formatted(fields[1], size));
    }
    if (entries.put(entry, file.asSlice(dataOffset(entry, fields[2], size), size)) != null) {
      throw new MalformedFileException(place(entry), "the archive has two entries of this name");
    }
  }

  /**
   * Fields that are too small for their number refer to the extra field, which has them in turn.
   */
  private void resolveZip64(String entry, long[] fields, long extra, int extraBytes) {
    long end = extra + extraBytes;
    for (long at = extra; at + 4 <= end; at += 4 + unsignedShort(at + 2)) {
      long fieldEnd = at + 4 + unsignedShort(at + 2);
      if (unsignedShort(at) == ZIP64_EXTRA && fieldEnd <= end) {
        long value = at + 4;
        for (int i = 0; i < fields.length; i++) {
          if (fields[i] == IN_ZIP64 && value + 8 <= fieldEnd) {
            fields[i] = file.get(LittleEndian.LONG, value);
            value += 8;
          }
        }
        break;
      }
    }
    for (long field : fields) {
      if (field < 0 || field > file.byteSize()) {
        throw new MalformedFileException(
            place(entry),
            "sizes and offsets within the file of " + file.byteSize() + " bytes",
            Long.toUnsignedString(field));
      }
    }
  }

  /** Names and extra fields before the data may differ in length from those in the list. */
  private long dataOffset(String entry, long local, long size) {
    within(local, LOCAL_BYTES, "the header of " + Excerpt.quote(entry));
    if (file.get(LittleEndian.INT, local) != LOCAL_SIGNATURE) {
      throw new MalformedFileException(place(entry), "there is no header of an entry at " + local);
    }
    long data = local + LOCAL_BYTES + unsignedShort(local + 26) + unsignedShort(local + 28);
    return within(data, size, "the bytes of " + Excerpt.quote(entry));
  }

  private long within(long offset, long size, String what) {
    if (offset < 0 || size < 0 || offset > file.byteSize() || size > file.byteSize() - offset) {
      throw malformed(
          what + " within the file of " + file.byteSize() + " bytes",
          Long.toUnsignedString(size) + " bytes at " + Long.toUnsignedString(offset));
    }
    return offset;
  }

  private int unsignedShort(long at) {
    return file.get(LittleEndian.SHORT, at) & 0xFFFF;
  }

  private long unsignedInt(long at) {
    return file.get(LittleEndian.INT, at) & 0xFFFF_FFFFL;
  }

  private String place(String entry) {
    return name + ": entry " + Excerpt.quote(entry);
  }

  private MalformedFileException malformed(String problem) {
    return new MalformedFileException(name, problem);
  }

  private MalformedFileException malformed(String expected, String found) {
    return new MalformedFileException(name, expected, found);
  }
}
