package io.github.jmixtral.internal.format;

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
public record TensorEntry(String name, Dtype dtype, List<Long> shape, MemorySegment data, Path file)
    implements StoredTensor {

  /** Takes an unmodifiable copy of the shape. */
  public TensorEntry {
    shape = List.copyOf(shape);
  }

  @Override
  public String kind() {
    return dtype.name();
  }

  @Override
  public String place() {
    return file + ": tensor " + Excerpt.quote(name);
  }
}
