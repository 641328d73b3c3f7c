package io.github.jmixtral.internal.format;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the bytes of declared tensors, one after the other, and appends them to a file behind its
 * header. The file appears when it is complete.
 *
 * @param <T> how a tensor is declared
 */
final class TensorBytes<T extends TensorBytes.Declared> implements AutoCloseable {
  private final List<T> tensors;
  private final int alignment;
  private final AtomicFile file;
  private int current;
  private long written;

  /** A tensor that will be written. */
  interface Declared {
    String name();

    /** Bytes of all elements. */
    long byteSize();
  }

  /**
   * Begins a file.
   *
   * @param tensors in the order in which their bytes will come
   * @param alignment a power of two; zeros fill up each tensor to a multiple of it
   */
  TensorBytes(Path target, byte[] header, List<T> tensors, int alignment) {
    this.tensors = tensors;
    this.alignment = alignment;
    file = new AtomicFile(target);
    try {
      file.append(MemorySegment.ofArray(header));
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  /** Zeros behind so many bytes. */
  static int padding(long size, int alignment) {
    return (int) (-size & alignment - 1);
  }

  /** Appends bytes of a tensor, which must have its turn and room for them. */
  void write(String name, MemorySegment bytes) {
    expect(name, bytes.byteSize());
    file.append(bytes);
    written += bytes.byteSize();
    long size = tensors.get(current).byteSize();
    if (written == size && bytes.byteSize() > 0) {
      file.append(MemorySegment.ofArray(new byte[padding(size, alignment)]));
    }
  }

  /**
   * The tensor whose turn it is.
   *
   * @throws IllegalArgumentException when it is another one, or has no room for so many bytes
   */
  T expect(String name, long byteSize) {
    goOn(name);
    if (current == tensors.size() || !tensors.get(current).name().equals(name)) {
      throw new IllegalArgumentException(
          "tensor '%s' comes out of order: %s"
              .formatted(
                  name,
                  current == tensors.size()
                      ? "all tensors are written"
                      : "next is '" + tensors.get(current).name() + "'"));
    }
    T tensor = tensors.get(current);
    long room = tensor.byteSize() - written;
    if (byteSize > room) {
      throw new IllegalArgumentException(
          "tensor '%s': %d bytes more do not fit the %d left".formatted(name, byteSize, room));
    }
    return tensor;
  }

  /** Goes on after a complete tensor; an empty one is complete at once unless it is meant. */
  private void goOn(@Nullable String meant) {
    while (current < tensors.size()
        && written == tensors.get(current).byteSize()
        && !tensors.get(current).name().equals(meant)) {
      current++;
      written = 0;
    }
  }

  /**
   * Completes the file and gives it its name.
   *
   * @throws IllegalStateException when bytes of a tensor are missing
   */
  void finish() {
    goOn(null);
    if (current < tensors.size()) {
      T tensor = tensors.get(current);
      throw new IllegalStateException(
          "tensor '%s' has %d of %d bytes".formatted(tensor.name(), written, tensor.byteSize()));
    }
    file.commit();
  }

  /** Drops what was written unless {@link #finish} succeeded. */
  @Override
  public void close() {
    file.close();
  }
}
