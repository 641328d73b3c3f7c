package io.github.jmixtral.format;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A tensor where it lies in its mapped file.
 *
 * @param name its name in the file
 * @param dtype number format of its elements
 * @param shape its dimensions, outermost first; empty for a single number
 * @param data its elements, row-major, little-endian, read-only; not necessarily aligned
 * @param file the file that holds it
 */
public record TensorEntry(
    String name, Dtype dtype, List<Long> shape, MemorySegment data, Path file) {

  /** Takes an unmodifiable copy of the shape. */
  public TensorEntry {
    shape = List.copyOf(shape);
  }

  /** Where the tensor stands, as messages name it: {@code model.safetensors: tensor 'norm'}. */
  public String place() {
    return file.getFileName() + ": tensor " + Excerpt.quote(name);
  }
}
