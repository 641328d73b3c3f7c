package io.github.jmixtral.internal.format;

import io.github.jmixtral.internal.kernel.LittleEndian;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a safetensors file in bounded memory: all tensors are declared first, then their bytes
 * follow in that order, in parts of any size.
 *
 * <pre>{@code
 * var tensors = List.of(new Declaration("norm", Dtype.F32, List.of(64L)));
 * try (var writer = new SafetensorsWriter(file, tensors, SafetensorsWriter.HUB_METADATA)) {
 *   writer.write("norm", values);
 *   writer.finish();
 * }
 * }</pre>
 *
 * <p>The file appears under its name when {@link #finish} succeeds, and not at all otherwise.
 * Tensor data starts at a multiple of 64 bytes, a cache line and the widest vector.
 */
public final class SafetensorsWriter implements AutoCloseable {
  /** What the Hub's own files carry; some readers insist on it. */
  public static final Map<String, String> HUB_METADATA = Map.of("format", "pt");

  private static final int ALIGNMENT = 64;

  /** Bytes of the parts in which numbers are encoded. */
  private static final int PART_BYTES = 1 << 20;

  /**
   * A tensor to come.
   *
   * @param name its name, unique in the file
   * @param dtype number format
   * @param shape dimensions, outermost first
   */
  public record Declaration(String name, Dtype dtype, List<Long> shape) {
    /** Takes an unmodifiable copy of the shape. */
    public Declaration {
      shape = List.copyOf(shape);
      if (shape.stream().anyMatch(dimension -> dimension < 0)) {
        throw new IllegalArgumentException("tensor '" + name + "': negative dimension in " + shape);
      }
    }

    /** Bytes of all elements. */
    public long byteSize() {
      return shape.stream().reduce((long) dtype.byteSize(), Math::multiplyExact);
    }
  }

  private final Path target;
  private final List<Declaration> tensors;
  private final AtomicFile file;
  private int current;
  private long written;

  /**
   * Begins a file and writes its header.
   *
   * @param target the file, in an existing folder; a former one is replaced at the end
   * @param tensors in the order in which their bytes will come
   * @param metadata goes into {@code __metadata__}; nothing is written when empty
   */
  public SafetensorsWriter(Path target, List<Declaration> tensors, Map<String, String> metadata) {
    this.target = target;
    this.tensors = List.copyOf(tensors);
    byte[] header = header(this.tensors, metadata);
    try {
      file = new AtomicFile(target);
    } catch (IOException failure) {
      throw cannotWrite(failure);
    }
    try {
      append(MemorySegment.ofArray(lengthOf(header)));
      append(MemorySegment.ofArray(header));
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  /**
   * Appends bytes, all or a part of the tensor whose turn it is.
   *
   * @param name the tensor, named again so that an order mistaken is an error and not a wrong file
   * @param bytes elements as they shall stand in the file: row-major, little-endian
   */
  public void write(String name, MemorySegment bytes) {
    expectRoom(name, bytes.byteSize());
    append(bytes);
    written += bytes.byteSize();
  }

  /**
   * Appends numbers, all or a part of the tensor whose turn it is, rounded to the nearest where the
   * tensor is declared F16 or BF16.
   *
   * @param name the tensor
   * @param values elements in row-major order
   */
  public void write(String name, float[] values) {
    skipEmpty(name);
    Declaration tensor = currentNamed(name);
    Dtype dtype = tensor.dtype();
    expectRoom(name, (long) values.length * dtype.byteSize());
    int chunk = Math.min(values.length, PART_BYTES / dtype.byteSize());
    MemorySegment encoded = MemorySegment.ofArray(new byte[chunk * dtype.byteSize()]);
    for (int done = 0; done < values.length; ) {
      int count = Math.min(chunk, values.length - done);
      encode(tensor, values, done, count, encoded);
      write(name, encoded.asSlice(0, (long) count * dtype.byteSize()));
      done += count;
    }
  }

  private static void encode(
      Declaration tensor, float[] values, int begin, int count, MemorySegment target) {
    for (int i = 0; i < count; i++) {
      float value = values[begin + i];
      switch (tensor.dtype()) {
        case F32 -> target.setAtIndex(LittleEndian.FLOAT, i, value);
        case F16 -> target.setAtIndex(LittleEndian.SHORT, i, Float.floatToFloat16(value));
        case BF16 -> target.setAtIndex(LittleEndian.SHORT, i, Bfloat16.ofFloat(value));
        default ->
            throw new IllegalArgumentException(
                "tensor '%s' is declared %s, which takes no floats"
                    .formatted(tensor.name(), tensor.dtype()));
      }
    }
  }

  /**
   * Completes the file and gives it its name.
   *
   * @throws IllegalStateException when bytes of a declared tensor are missing
   */
  public void finish() {
    skipEmpty(null);
    if (current < tensors.size()) {
      Declaration tensor = tensors.get(current);
      throw new IllegalStateException(
          "tensor '" + tensor.name() + "' has " + written + " of " + tensor.byteSize() + " bytes");
    }
    try {
      file.commit();
    } catch (IOException failure) {
      throw cannotWrite(failure);
    }
  }

  /** Drops what was written unless {@link #finish} succeeded. */
  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException failure) {
      throw cannotWrite(failure);
    }
  }

  private void expectRoom(String name, long byteSize) {
    skipEmpty(name);
    Declaration tensor = currentNamed(name);
    long room = tensor.byteSize() - written;
    if (byteSize > room) {
      throw new IllegalArgumentException(
          "tensor '" + name + "': expected at most " + room + " more bytes, found " + byteSize);
    }
  }

  private Declaration currentNamed(String name) {
    if (current == tensors.size() || !tensors.get(current).name().equals(name)) {
      throw new IllegalArgumentException(
          "expected "
              + (current == tensors.size()
                  ? "no more tensors"
                  : "tensor '" + tensors.get(current).name() + "'")
              + ", found '"
              + name
              + "'");
    }
    return tensors.get(current);
  }

  /** Goes on after a complete tensor; an empty one is complete at once unless it is meant. */
  private void skipEmpty(String meant) {
    while (current < tensors.size()
        && written == tensors.get(current).byteSize()
        && !tensors.get(current).name().equals(meant)) {
      current++;
      written = 0;
    }
  }

  private void append(MemorySegment bytes) {
    try {
      file.append(bytes);
    } catch (IOException failure) {
      throw cannotWrite(failure);
    }
  }

  private UncheckedIOException cannotWrite(IOException failure) {
    return new UncheckedIOException(target + ": cannot be written", failure);
  }

  private static byte[] lengthOf(byte[] header) {
    return ByteBuffer.allocate(SafetensorsFile.LENGTH_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .array();
  }

  /** The header as JSON, padded with spaces. */
  private static byte[] header(List<Declaration> tensors, Map<String, String> metadata) {
    JsonMapper mapper = JsonMapper.shared();
    ObjectNode root = mapper.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = root.putObject(SafetensorsHeader.METADATA);
      metadata.forEach(node::put);
    }
    Set<String> names = new HashSet<>();
    long offset = 0;
    for (Declaration tensor : tensors) {
      if (!names.add(tensor.name()) || tensor.name().equals(SafetensorsHeader.METADATA)) {
        throw new IllegalArgumentException(
            "tensor '" + tensor.name() + "': the name is taken already");
      }
      ObjectNode node = root.putObject(tensor.name());
      node.put("dtype", tensor.dtype().name());
      ArrayNode shape = node.putArray("shape");
      tensor.shape().forEach(shape::add);
      long end = Math.addExact(offset, tensor.byteSize());
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = mapper.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    int unpadded = SafetensorsFile.LENGTH_BYTES + json.length;
    int padded = (unpadded + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] header = new byte[padded - SafetensorsFile.LENGTH_BYTES];
    Arrays.fill(header, (byte) ' ');
    System.arraycopy(json, 0, header, 0, json.length);
    if (header.length > SafetensorsFile.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "the header of " + tensors.size() + " tensors takes " + header.length + " bytes");
    }
    return header;
  }
}
