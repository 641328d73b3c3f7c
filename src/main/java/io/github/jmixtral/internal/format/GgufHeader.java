package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What stands before the tensors' bytes in a GGUF file: magic, version, metadata, the table of
 * tensors. Everything is checked.
 *
 * @param metadata by key, in the file's order
 * @param tensors in the order of their bytes, which follow each other but for the padding
 * @param dataBegin where the tensors' bytes begin in the file
 */
record GgufHeader(Map<String, GgufValue> metadata, List<Declared> tensors, long dataBegin) {
  private static final int MAGIC = 0x46554747;
  private static final int FIRST_VERSION = 2;
  private static final int LAST_VERSION = 3;
  private static final String ALIGNMENT_KEY = "general.alignment";
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int LARGEST_ALIGNMENT = 1 << 20;

  /** ggml's own limit. */
  private static final int MOST_DIMENSIONS = 4;

  /** Nested arrays are allowed by the format, but not used in practice. */
  private static final int DEEPEST_ARRAY = 4;

  /** Bytes of the shortest entry: a key's length, a type, a value of one byte. */
  private static final int LEAST_ENTRY_BYTES = Long.BYTES + Integer.BYTES + 1;

  /** Bytes of the shortest tensor: a name's length, rank, type, offset. */
  private static final int LEAST_TENSOR_BYTES = Long.BYTES + 2 * Integer.BYTES + Long.BYTES;

  /** A tensor of the table; the shape has the outermost dimension first. */
  record Declared(String name, GgufType type, List<Long> shape, long begin, long end) {}

  /**
   * Reads a header.
   *
   * @param bytes the whole file
   * @param file its name, for messages
   */
  static GgufHeader parse(MemorySegment bytes, String file) {
    return new Parser(new GgufCursor(bytes, file)).parse(bytes.byteSize());
  }

  /** Reads one header. */
  private static final class Parser {
    private final GgufCursor cursor;

    Parser(GgufCursor cursor) {
      this.cursor = cursor;
    }

    GgufHeader parse(long fileSize) {
      readVersion();
      int tensorCount = cursor.count(LEAST_TENSOR_BYTES, "number of tensors");
      int entryCount = cursor.count(LEAST_ENTRY_BYTES, "number of metadata entries");
      Map<String, GgufValue> metadata = readMetadata(entryCount);
      int alignment = alignment(metadata);
      List<Declared> tensors = readTensors(tensorCount, alignment);
      long dataBegin = alignUp(cursor.position(), alignment);
      tensors.sort(Comparator.comparingLong(Declared::begin));
      long end = 0;
      for (Declared tensor : tensors) {
        long begin = alignUp(end, alignment);
        if (tensor.begin() != begin) {
          throw malformed(
              tensorPlace(tensor.name()) + ": offset",
              begin + ", behind the tensor before it",
              "" + tensor.begin());
        }
        end = tensor.end();
        if (end > fileSize - dataBegin) {
          throw malformed(
              tensorPlace(tensor.name()),
              "bytes within the file's " + fileSize,
              "bytes " + (dataBegin + tensor.begin()) + " to " + (dataBegin + end));
        }
      }
      return new GgufHeader(metadata, List.copyOf(tensors), dataBegin);
    }

    private void readVersion() {
      int magic = cursor.int32("magic");
      if (magic != MAGIC) {
        throw malformed("magic", "GGUF", "%08x".formatted(Integer.reverseBytes(magic)));
      }
      int version = cursor.int32("version");
      if (version != 0 && (version & 0xffff) == 0) {
        throw unsupported("byte order", "little-endian", "big-endian");
      }
      if (version < FIRST_VERSION || version > LAST_VERSION) {
        throw unsupported(
            "version", FIRST_VERSION + " or " + LAST_VERSION, Integer.toUnsignedString(version));
      }
    }

    private Map<String, GgufValue> readMetadata(int count) {
      Map<String, GgufValue> metadata = new LinkedHashMap<>();
      for (int i = 0; i < count; i++) {
        String key = cursor.text("key of metadata entry " + i);
        String place = "metadata " + Excerpt.quote(key);
        if (metadata.containsKey(key)) {
          throw malformed(place, "the key stands twice");
        }
        metadata.put(key, value(cursor.int32(place + ": type"), place, 0));
      }
      return metadata;
    }

    private GgufValue value(int type, String place, int depth) {
      for (GgufValue.WholeType wholeType : GgufValue.WholeType.values()) {
        if (wholeType.number() == type) {
          return new GgufValue.Whole(wholeType, whole(wholeType, place));
        }
      }
      return switch (type) {
        case GgufValueType.FLOAT32 -> new GgufValue.Real(Float.intBitsToFloat(cursor.int32(place)));
        case GgufValueType.FLOAT64 ->
            new GgufValue.WideReal(Double.longBitsToDouble(cursor.int64(place)));
        case GgufValueType.BOOL -> new GgufValue.Flag(flag(place));
        case GgufValueType.STRING -> new GgufValue.Text(cursor.text(place));
        case GgufValueType.ARRAY -> array(cursor.int32(place + ": type of elements"), place, depth);
        default ->
            throw malformed(
                place + ": type", "a number from 0 to 12", Integer.toUnsignedString(type));
      };
    }

    private GgufValue array(int type, String place, int depth) {
      for (GgufValue.WholeType wholeType : GgufValue.WholeType.values()) {
        if (wholeType.number() == type) {
          long[] values = new long[cursor.count(wholeType.byteSize(), place + ": length")];
          Arrays.setAll(values, _ -> whole(wholeType, place));
          return new GgufValue.Wholes(wholeType, values);
        }
      }
      return switch (type) {
        case GgufValueType.FLOAT32 -> {
          float[] values = new float[cursor.count(Float.BYTES, place + ": length")];
          for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(cursor.int32(place));
          }
          yield new GgufValue.Reals(values);
        }
        case GgufValueType.FLOAT64 -> {
          double[] values = new double[cursor.count(Double.BYTES, place + ": length")];
          Arrays.setAll(values, _ -> Double.longBitsToDouble(cursor.int64(place)));
          yield new GgufValue.WideReals(values);
        }
        case GgufValueType.BOOL -> {
          boolean[] values = new boolean[cursor.count(1, place + ": length")];
          for (int i = 0; i < values.length; i++) {
            values[i] = flag(place);
          }
          yield new GgufValue.Flags(values);
        }
        case GgufValueType.STRING -> {
          String[] values = new String[cursor.count(Long.BYTES, place + ": length")];
          Arrays.setAll(values, _ -> cursor.text(place));
          yield new GgufValue.Texts(List.of(values));
        }
        case GgufValueType.ARRAY -> {
          if (depth == DEEPEST_ARRAY) {
            throw malformed(place, "arrays are nested deeper than " + DEEPEST_ARRAY);
          }
          int count = cursor.count(Integer.BYTES + Long.BYTES, place + ": length");
          List<GgufValue> values = new ArrayList<>(count);
          for (int i = 0; i < count; i++) {
            values.add(array(cursor.int32(place + ": type of elements"), place, depth + 1));
          }
          yield new GgufValue.Arrays(values);
        }
        default ->
            throw malformed(
                place + ": type of elements",
                "a number from 0 to 12",
                Integer.toUnsignedString(type));
      };
    }

    private long whole(GgufValue.WholeType type, String place) {
      return switch (type) {
        case UINT8 -> cursor.int8(place) & 0xffL;
        case INT8 -> cursor.int8(place);
        case UINT16 -> cursor.int16(place) & 0xffffL;
        case INT16 -> cursor.int16(place);
        case UINT32 -> cursor.int32(place) & 0xffffffffL;
        case INT32 -> cursor.int32(place);
        case UINT64, INT64 -> cursor.int64(place);
      };
    }

    private boolean flag(String place) {
      return cursor.int8(place) != 0;
    }

    private int alignment(Map<String, GgufValue> metadata) {
      GgufValue value = metadata.get(ALIGNMENT_KEY);
      if (value == null) {
        return DEFAULT_ALIGNMENT;
      }
      if (value instanceof GgufValue.Whole(_, long alignment)
          && alignment > 0
          && alignment <= LARGEST_ALIGNMENT
          && Long.bitCount(alignment) == 1) {
        return (int) alignment;
      }
      throw malformed(
          "metadata '" + ALIGNMENT_KEY + "'",
          "a power of two from 1 to " + LARGEST_ALIGNMENT,
          value instanceof GgufValue.Whole(_, long other) ? "" + other : value.kind());
    }

    private List<Declared> readTensors(int count, int alignment) {
      Set<String> names = new HashSet<>();
      List<Declared> tensors = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        String name = cursor.text("name of tensor " + i);
        String place = tensorPlace(name);
        if (!names.add(name)) {
          throw malformed(place, "the name stands twice");
        }
        List<Long> shape = shape(place);
        int number = cursor.int32(place + ": type");
        GgufType type =
            GgufType.ofNumber(number)
                .orElseThrow(
                    () ->
                        unsupported(
                            place + ": type",
                            "one of "
                                + Arrays.toString(GgufType.values())
                                + " (take a file of the model in one of these)",
                            GgufType.nameOf(number)));
        long size = byteSize(place, type, shape);
        long offset = cursor.int64(place + ": offset");
        if (offset < 0 || offset % alignment != 0 || offset > Long.MAX_VALUE - size) {
          throw malformed(
              place + ": offset", "a multiple of " + alignment, Long.toUnsignedString(offset));
        }
        tensors.add(new Declared(name, type, shape, offset, offset + size));
      }
      return tensors;
    }

    private List<Long> shape(String place) {
      int rank = cursor.int32(place + ": number of dimensions");
      if (rank < 1 || rank > MOST_DIMENSIONS) {
        throw malformed(
            place, "1 to " + MOST_DIMENSIONS + " dimensions", Integer.toUnsignedString(rank));
      }
      List<Long> shape = new ArrayList<>(rank);
      for (int i = 0; i < rank; i++) {
        long dimension = cursor.int64(place + ": dimension");
        if (dimension < 1) {
          throw malformed(
              place + ": dimension", "from 1 on, below 2^63", Long.toUnsignedString(dimension));
        }
        shape.add(dimension);
      }
      return shape.reversed();
    }

    private long byteSize(String place, GgufType type, List<Long> shape) {
      if (shape.getLast() % type.blockElements() != 0) {
        throw malformed(
            place,
            "columns in blocks of " + type.blockElements() + " (" + type + ")",
            "" + shape.getLast());
      }
      try {
        // Bytes of a row first: elements may overflow where a few bits each do not.
        long size = type.byteSize(shape.getLast());
        for (long dimension : shape.subList(0, shape.size() - 1)) {
          size = Math.multiplyExact(size, dimension);
        }
        return size;
      } catch (ArithmeticException _) {
        throw malformed(place + ": shape", "a size below 2^63 bytes", "" + shape);
      }
    }

    private static long alignUp(long position, int alignment) {
      // Offsets end at 2^63 − 1; one that would not is beyond every file.
      return position > Long.MAX_VALUE - alignment
          ? Long.MAX_VALUE
          : position + alignment - 1 & -alignment;
    }

    private static String tensorPlace(String name) {
      return "tensor " + Excerpt.quote(name);
    }

    private MalformedFileException malformed(String where, String problem) {
      return new MalformedFileException(cursor.file() + ": " + where, problem);
    }

    private MalformedFileException malformed(String where, String expected, String found) {
      return new MalformedFileException(cursor.file() + ": " + where, expected, found);
    }

    private UnsupportedCheckpointException unsupported(
        String where, String expected, String found) {
      return new UnsupportedCheckpointException(cursor.file() + ": " + where, expected, found);
    }
  }
}
