package io.github.jmixtral.internal.format;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a GGUF file, version 3, in bounded memory: metadata and tensors are declared first, then
 * the tensors' bytes follow in that order, in parts of any size.
 *
 * <p>The file appears under its name when {@link #finish} succeeds, and not at all otherwise.
 */
public final class GgufWriter implements AutoCloseable {
  private static final byte[] MAGIC = {'G', 'G', 'U', 'F'};
  private static final int VERSION = 3;

  /** Every tensor begins at a multiple of this, GGUF's default. */
  private static final int ALIGNMENT = 32;

  /**
   * A tensor to come.
   *
   * @param name its name, unique in the file
   * @param type how its elements are stored
   * @param shape dimensions, outermost first (the file has them innermost first); the last one is a
   *     multiple of the type's block
   */
  public record Declaration(String name, GgufType type, List<Long> shape)
      implements TensorBytes.Declared {
    /** Copies and checks the shape. */
    public Declaration {
      shape = List.copyOf(shape);
      if (shape.isEmpty()
          || shape.stream().anyMatch(dimension -> dimension < 1)
          || shape.getLast() % type.blockElements() != 0) {
        throw new IllegalArgumentException(
            "tensor '%s': the shape %s must be positive, and its last dimension a multiple of %d"
                .formatted(name, shape, type.blockElements()));
      }
    }

    @Override
    public long byteSize() {
      return type.byteSize(shape.stream().reduce(1L, Math::multiplyExact));
    }
  }

  private final TensorBytes<Declaration> tensors;

  /**
   * Begins a file and writes its header.
   *
   * @param target the file, in an existing folder; a former one is replaced at the end
   * @param metadata by key, in this order
   * @param tensors in the order in which their bytes will come
   */
  public GgufWriter(Path target, Map<String, GgufValue> metadata, List<Declaration> tensors) {
    List<Declaration> declared = List.copyOf(tensors);
    this.tensors = new TensorBytes<>(target, header(metadata, declared), declared, ALIGNMENT);
  }

  /**
   * Appends bytes, all or a part of the tensor whose turn it is.
   *
   * @param name the tensor, named again so that an order mistaken is an error and not a wrong file
   * @param bytes blocks as they shall stand in the file
   */
  public void write(String name, MemorySegment bytes) {
    tensors.write(name, bytes);
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

  private static byte[] header(Map<String, GgufValue> metadata, List<Declaration> tensors) {
    Bytes out = new Bytes();
    out.stream.writeBytes(MAGIC);
    out.int32(VERSION);
    out.int64(tensors.size());
    out.int64(metadata.size());
    metadata.forEach(
        (key, value) -> {
          out.text(key);
          out.value(value);
        });
    Set<String> names = new HashSet<>();
    long offset = 0;
    for (Declaration tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "tensor '" + tensor.name() + "': the name is taken already");
      }
      out.text(tensor.name());
      out.int32(tensor.shape().size());
      tensor.shape().reversed().forEach(out::int64);
      out.int32(tensor.type().number());
      out.int64(offset);
      offset =
          Math.addExact(
              offset, tensor.byteSize() + TensorBytes.padding(tensor.byteSize(), ALIGNMENT));
    }
    out.stream.writeBytes(new byte[TensorBytes.padding(out.stream.size(), ALIGNMENT)]);
    return out.stream.toByteArray();
  }

  /** Little-endian bytes of a header. */
  private static final class Bytes {
    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();

    void int32(int value) {
      stream.writeBytes(
          ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    void int64(long value) {
      stream.writeBytes(
          ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    void float32(float value) {
      int32(Float.floatToRawIntBits(value));
    }

    void text(String value) {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      int64(utf8.length);
      stream.writeBytes(utf8);
    }

    void value(GgufValue value) {
      switch (value) {
        case GgufValue.Whole(GgufValue.WholeType type, long number) -> {
          int32(type.number());
          whole(type, number);
        }
        case GgufValue.Real(float number) -> {
          int32(GgufValueType.FLOAT32);
          float32(number);
        }
        case GgufValue.WideReal(double number) -> {
          int32(GgufValueType.FLOAT64);
          int64(Double.doubleToRawLongBits(number));
        }
        case GgufValue.Flag(boolean flag) -> {
          int32(GgufValueType.BOOL);
          stream.write(flag ? 1 : 0);
        }
        case GgufValue.Text(String text) -> {
          int32(GgufValueType.STRING);
          text(text);
        }
        case GgufValue.Wholes _,
            GgufValue.Reals _,
            GgufValue.WideReals _,
            GgufValue.Flags _,
            GgufValue.Texts _,
            GgufValue.Arrays _ -> {
          int32(GgufValueType.ARRAY);
          array(value);
        }
      }
    }

    /** An array's element type, length and elements. */
    private void array(GgufValue value) {
      switch (value) {
        case GgufValue.Wholes(GgufValue.WholeType type, long[] numbers) -> {
          arrayOf(type.number(), numbers.length);
          for (long number : numbers) {
            whole(type, number);
          }
        }
        case GgufValue.Reals(float[] numbers) -> {
          arrayOf(GgufValueType.FLOAT32, numbers.length);
          for (float number : numbers) {
            float32(number);
          }
        }
        case GgufValue.WideReals(double[] numbers) -> {
          arrayOf(GgufValueType.FLOAT64, numbers.length);
          for (double number : numbers) {
            int64(Double.doubleToRawLongBits(number));
          }
        }
        case GgufValue.Flags(boolean[] flags) -> {
          arrayOf(GgufValueType.BOOL, flags.length);
          for (boolean flag : flags) {
            stream.write(flag ? 1 : 0);
          }
        }
        case GgufValue.Texts(List<String> texts) -> {
          arrayOf(GgufValueType.STRING, texts.size());
          texts.forEach(this::text);
        }
        case GgufValue.Arrays(List<GgufValue> arrays) -> {
          arrayOf(GgufValueType.ARRAY, arrays.size());
          arrays.forEach(this::array);
        }
        case GgufValue.Whole _,
            GgufValue.Real _,
            GgufValue.WideReal _,
            GgufValue.Flag _,
            GgufValue.Text _ ->
            throw new IllegalArgumentException("no array, but " + value.kind());
      }
    }

    private void arrayOf(int elementType, int size) {
      int32(elementType);
      int64(size);
    }

    private void whole(GgufValue.WholeType type, long number) {
      for (int i = 0; i < type.byteSize(); i++) {
        stream.write((int) (number >>> 8 * i));
      }
    }
  }
}
