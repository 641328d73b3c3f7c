package io.github.jmixtral.internal.format;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A tensor where it lies in its mapped GGUF file.
 *
 * @param name its name in the file
 * @param type how its elements are stored
 * @param shape its dimensions, outermost first (the file has them innermost first)
 * @param data its blocks, row-major, read-only; not necessarily aligned
 * @param file the file that holds it
 */
public record GgufTensor(
    String name, GgufType type, List<Long> shape, MemorySegment data, Path file)
    implements StoredTensor {

  /** Takes an unmodifiable copy of the shape. */
  public GgufTensor {
    shape = List.copyOf(shape);
  }

  @Override
  public String kind() {
    return type.name();
  }

  @Override
  public String place() {
    return file + ": tensor " + Excerpt.quote(name);
  }
}
