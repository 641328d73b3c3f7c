package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * The header of a safetensors file, parsed token by token, so that a header costs memory for the
 * tensors it truly declares and never for what it claims.
 *
 * @param metadata what {@code __metadata__} says
 * @param tensors the declared tensors in the order of their bytes
 */
record SafetensorsHeader(Map<String, String> metadata, List<Declared> tensors) {
  static final String METADATA = "__metadata__";

  /** Five times what the largest published models have: bounds the heap. */
  private static final int MAX_ENTRIES = 1_000_000;

  /** As in PyTorch and NumPy: bounds the heap. */
  private static final int MAX_RANK = 64;

  /**
   * A tensor as the header declares it.
   *
   * @param begin offset of its first byte from the end of the header
   * @param end offset after its last byte
   */
  record Declared(String name, Dtype dtype, List<Long> shape, long begin, long end) {}

  /**
   * Reads the header where the channel stands.
   *
   * @param headerSize bytes of the header, known to be in the file
   * @param dataSize bytes after the header
   */
  static SafetensorsHeader parse(FileChannel channel, String file, long headerSize, long dataSize)
      throws IOException {
    InputStream bytes = new FirstBytes(Channels.newInputStream(channel), headerSize);
    Reader characters = JsonFile.strictReader(bytes);
    Parsing parsing = new Parsing(file, dataSize);
    try (JsonParser parser = JsonFile.STRICT.createParser(ObjectReadContext.empty(), characters)) {
      parsing.header(parser);
    } catch (JacksonException failure) {
      throw JsonFile.malformed(parsing.place(), failure);
    }
    parsing.declared.sort(
        Comparator.comparingLong(Declared::begin).thenComparingLong(Declared::end));
    checkGapless(file, parsing.declared, dataSize);
    return new SafetensorsHeader(parsing.metadata, parsing.declared);
  }

  /** The tensors start at 0, leave no hole, do not overlap and end at the end of the file. */
  private static void checkGapless(String file, List<Declared> tensors, long dataSize) {
    long end = 0;
    for (Declared tensor : tensors) {
      if (tensor.begin() != end) {
        throw new MalformedFileException(
            file + ": tensor " + Excerpt.quote(tensor.name()) + ": data_offsets",
            "[%d, %d] should begin at %d, where the tensor before it ends; it %s"
                .formatted(
                    tensor.begin(),
                    tensor.end(),
                    end,
                    tensor.begin() < end ? "overlaps that tensor" : "leaves a hole"));
      }
      end = tensor.end();
    }
    if (end != dataSize) {
      throw new MalformedFileException(
          file, end + " bytes of tensors after the header", dataSize + " bytes");
    }
  }

  /** One pass over the tokens; knows which tensor it is in, for the messages. */
  private static final class Parsing {
    private final String file;
    private final long dataSize;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<Declared> declared = new ArrayList<>();
    private @Nullable String tensor;

    Parsing(String file, long dataSize) {
      this.file = file;
      this.dataSize = dataSize;
    }

    String place() {
      return tensor == null ? file + ": header" : file + ": tensor " + Excerpt.quote(tensor);
    }

    void header(JsonParser parser) {
      expect(parser.nextToken(), JsonToken.START_OBJECT, "", "a JSON object");
      if (parser.currentTokenLocation().getCharOffset() != 0) {
        throw malformed("", "the header begins with white space; it must begin with '{'");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        if (parser.currentName().equals(METADATA)) {
          metadata(parser);
        } else {
          tensor = parser.currentName();
          tensor(parser.currentName(), parser);
          tensor = null;
        }
        if (declared.size() > MAX_ENTRIES || metadata.size() > MAX_ENTRIES) {
          throw malformed("", "the header has more than " + MAX_ENTRIES + " entries");
        }
      }
      if (parser.nextToken() != null) {
        throw malformed("", "more JSON follows the JSON object of the header");
      }
    }

    private void metadata(JsonParser parser) {
      JsonToken start = parser.nextToken();
      if (start == JsonToken.VALUE_NULL) {
        return;
      }
      expect(start, JsonToken.START_OBJECT, ": " + METADATA, "a JSON object");
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        expect(
            parser.nextToken(),
            JsonToken.VALUE_STRING,
            ": " + METADATA + ": " + Excerpt.quote(key),
            "a string");
        metadata.put(key, parser.getString());
        if (metadata.size() > MAX_ENTRIES) {
          return;
        }
      }
    }

    private void tensor(String name, JsonParser parser) {
      @Nullable Dtype dtype = null;
      long @Nullable [] shape = null;
      long @Nullable [] offsets = null;
      expect(parser.nextToken(), JsonToken.START_OBJECT, "", "a JSON object");
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (key) {
          case "dtype" -> dtype = dtype(parser, value);
          case "shape" -> shape = numbers(parser, value, key, MAX_RANK);
          case "data_offsets" -> offsets = numbers(parser, value, key, 2);
          // As the reference does; the format may grow keys that need not be understood.
          default -> parser.skipChildren();
        }
      }
      declared.add(
          checked(
              name,
              present("dtype", dtype),
              present("shape", shape),
              present("data_offsets", offsets)));
    }

    private Dtype dtype(JsonParser parser, JsonToken value) {
      expect(value, JsonToken.VALUE_STRING, ": dtype", "a string");
      return Dtype.ofName(parser.getString());
    }

    private long[] numbers(JsonParser parser, JsonToken value, String key, int maxCount) {
      expect(value, JsonToken.START_ARRAY, ": " + key, "an array of integers");
      long[] numbers = new long[maxCount];
      int count = 0;
      for (JsonToken token = parser.nextToken();
          token != JsonToken.END_ARRAY;
          token = parser.nextToken()) {
        if (count == maxCount) {
          throw malformed(": " + key, "there are more than " + maxCount + " numbers");
        }
        expect(token, JsonToken.VALUE_NUMBER_INT, ": " + key, "integers");
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
            || parser.getLongValue() < 0) {
          throw malformed(
              ": " + key, "numbers from 0 to 2^63 - 1", Excerpt.line(parser.getString()));
        }
        numbers[count++] = parser.getLongValue();
      }
      return Arrays.copyOf(numbers, count);
    }

    private Declared checked(String name, Dtype dtype, long[] shape, long[] offsets) {
      if (offsets.length != 2) {
        throw malformed(": data_offsets", "two numbers", Arrays.toString(offsets));
      }
      long begin = offsets[0];
      long end = offsets[1];
      if (begin > end) {
        throw malformed(": data_offsets", Arrays.toString(offsets) + " end before they begin");
      }
      if (end > dataSize) {
        throw malformed(
            ": data_offsets",
            "%s lie beyond the %d bytes after the header"
                .formatted(Arrays.toString(offsets), dataSize));
      }
      long expected = byteSize(dtype, shape);
      if (dtype != Dtype.OTHER && expected != end - begin) {
        throw malformed(
            ": data_offsets",
            "%d bytes do not hold %s %s, which takes %s"
                .formatted(end - begin, dtype, Arrays.toString(shape), expected));
      }
      return new Declared(name, dtype, Arrays.stream(shape).boxed().toList(), begin, end);
    }

    private long byteSize(Dtype dtype, long[] shape) {
      try {
        long elements = 1;
        for (long dimension : shape) {
          elements = Math.multiplyExact(elements, dimension);
        }
        return Math.multiplyExact(elements, dtype.byteSize());
      } catch (ArithmeticException _) {
        throw malformed(": shape", Arrays.toString(shape) + " takes more than 2^63 bytes");
      }
    }

    private <T> T present(String key, @Nullable T value) {
      if (value == null) {
        throw malformed("", "the key " + key + " is missing");
      }
      return value;
    }

    private void expect(
        @Nullable JsonToken found, JsonToken expected, String where, String description) {
      if (found != expected) {
        throw malformed(where, description, describe(found));
      }
    }

    private MalformedFileException malformed(String where, String problem) {
      return new MalformedFileException(place() + where, problem);
    }

    private MalformedFileException malformed(String where, String expected, String found) {
      return new MalformedFileException(place() + where, expected, found);
    }

    private static String describe(@Nullable JsonToken token) {
      return switch (token) {
        case null -> "nothing";
        case START_OBJECT -> "an object";
        case START_ARRAY -> "an array";
        case VALUE_STRING -> "a string";
        case VALUE_NUMBER_INT -> "an integer";
        case VALUE_NUMBER_FLOAT -> "a number with a fraction or exponent";
        case VALUE_TRUE, VALUE_FALSE -> "a boolean";
        case VALUE_NULL -> "null";
        case NOT_AVAILABLE, END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT ->
            token.name();
      };
    }
  }

  /** The first bytes of a stream, and then its end. */
  private static final class FirstBytes extends InputStream {
    private final InputStream stream;
    private long remaining;

    FirstBytes(InputStream stream, long count) {
      this.stream = stream;
      this.remaining = count;
    }

    @Override
    public int read() throws IOException {
      byte[] single = new byte[1];
      return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (remaining == 0) {
        return -1;
      }
      int count = stream.read(target, offset, (int) Math.min(length, remaining));
      remaining -= Math.max(count, 0);
      return count;
    }
  }
}
