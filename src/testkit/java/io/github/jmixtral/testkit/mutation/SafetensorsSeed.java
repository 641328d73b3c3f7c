package io.github.jmixtral.testkit.mutation;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Puts small safetensors files together; the header and every tensor are parts by themselves. */
public final class SafetensorsSeed {
  private final List<String> entries = new ArrayList<>();
  private final List<byte[]> tensors = new ArrayList<>();
  private int end;

  /** A file without tensors. */
  public SafetensorsSeed() {}

  /** A file that was written, its header and its data. */
  public static Seed of(byte[] file) {
    int begin = Long.BYTES + (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    byte[] header = Arrays.copyOfRange(file, Long.BYTES, begin);
    byte[] data = Arrays.copyOfRange(file, begin, file.length);
    return new Seed(List.of(header, data), mutated -> file(mutated, data.length));
  }

  /** With an entry of {@code __metadata__}. */
  public SafetensorsSeed metadata(String json) {
    entries.addFirst("\"__metadata__\":" + json);
    return this;
  }

  /**
   * With a tensor whose elements are numbers from a pattern.
   *
   * @param elementBytes bytes of an element
   */
  public SafetensorsSeed put(String name, String dtype, int elementBytes, long... shape) {
    long elements = LongStream.of(shape).reduce(1, Math::multiplyExact);
    byte[] bytes = new byte[Math.toIntExact(elements * elementBytes)];
    for (int i = 0; i < bytes.length; i++) {
      // In every float format a number of moderate size.
      bytes[i] = (byte) (i % elementBytes == elementBytes - 1 ? 0x30 + i % 11 : i * 37);
    }
    return put(name, dtype, bytes, shape);
  }

  /** With a tensor. */
  public SafetensorsSeed put(String name, String dtype, byte[] bytes, long... shape) {
    entries.add(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
            .formatted(
                name, dtype, Arrays.toString(shape).replace(" ", ""), end, end += bytes.length));
    tensors.add(bytes);
    return this;
  }

  /** With a tensor of 32-bit integers. */
  public SafetensorsSeed putIntegers(String name, int[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return put(name, "I32", bytes.array(), shape);
  }

  /** The file. */
  public Seed seed() {
    String header = entries.stream().collect(Collectors.joining(",", "{", "}"));
    List<byte[]> parts = new ArrayList<>();
    parts.add(header.getBytes(StandardCharsets.UTF_8));
    parts.addAll(tensors);
    int dataBytes = end;
    return new Seed(parts, mutated -> file(mutated, dataBytes));
  }

  /** The first part is the header; the others are filled up, or cut, to what it tells of. */
  private static byte[] file(List<byte[]> parts, int dataBytes) {
    byte[] header = parts.isEmpty() ? new byte[0] : parts.getFirst();
    byte[] data = Seed.join(parts.subList(Math.min(1, parts.size()), parts.size()));
    byte[] filled = Arrays.copyOf(data, dataBytes);
    Arrays.fill(filled, Math.min(data.length, dataBytes), dataBytes, (byte) ' ');
    return ByteBuffer.allocate(Long.BYTES + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .put(filled)
        .array();
  }
}
