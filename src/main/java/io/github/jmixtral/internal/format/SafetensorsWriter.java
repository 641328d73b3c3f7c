package io.github.jmixtral.internal.format;

import io.github.jmixtral.internal.kernel.LittleEndian;
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
  public record Declaration(String name, Dtype dtype, List<Long> shape)
      implements TensorBytes.Declared {
    /** Takes an unmodifiable copy of the shape. */
    public Declaration {
      shape = List.copyOf(shape);
      if (shape.stream().anyMatch(dimension -> dimension < 0)) {
        throw new IllegalArgumentException("tensor '" + name + "': negative dimension in " + shape);
      }
    }

    @Override
    public long byteSize() {
      return shape.stream().reduce((long) dtype.byteSize(), Math::multiplyExact);
    }
  }

  private final TensorBytes<Declaration> tensors;

  /**
   * Begins a file and writes its header.
   *
   * @param target the file, in an existing folder; a former one is replaced at the end
   * @param tensors in the order in which their bytes will come
   * @param metadata goes into {@code __metadata__}; nothing is written when empty
   */
  public SafetensorsWriter(Path target, List<Declaration> tensors, Map<String, String> metadata) {
    List<Declaration> declared = List.copyOf(tensors);
    this.tensors = new TensorBytes<>(target, header(declared, metadata), declared, 1);
  }

  /**
   * Appends bytes, all or a part of the tensor whose turn it is.
   *
   * @param name the tensor, named again so that an order mistaken is an error and not a wrong file
   * @param bytes elements as they shall stand in the file: row-major, little-endian
   */
  public void write(String name, MemorySegment bytes) {
    tensors.write(name, bytes);
  }

  /**
   * Appends numbers, all or a part of the tensor whose turn it is, rounded to the nearest where the
   * tensor is declared F16 or BF16.
   *
   * @param name the tensor
   * @param values elements in row-major order
   */
  public void write(String name, float[] values) {
    Declaration tensor = tensors.expect(name, 0);
    Dtype dtype = tensor.dtype();
    tensors.expect(name, (long) values.length * dtype.byteSize());
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
    tensors.finish();
  }

  /** Drops what was written unless {@link #finish} succeeded. */
  @Override
  public void close() {
    tensors.close();
  }

  /** The length of the header, and the header as JSON, padded with spaces. */
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
    byte[] header = new byte[unpadded + TensorBytes.padding(unpadded, ALIGNMENT)];
    long length = header.length - SafetensorsFile.LENGTH_BYTES;
    if (length > SafetensorsFile.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "the header of " + tensors.size() + " tensors takes " + length + " bytes");
    }
    Arrays.fill(header, (byte) ' ');
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(json);
    return header;
  }
}
