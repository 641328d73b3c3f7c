package io.github.jmixtral.internal.format;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** A tensor where it lies in its mapped file, of whichever format. */
public sealed interface StoredTensor permits TensorEntry, GgufTensor {
  /** Its name in the file. */
  String name();

  /** Its dimensions, outermost first. */
  List<Long> shape();

  /** Its elements or blocks, row-major, read-only; not necessarily aligned. */
  MemorySegment data();

  /** How its elements are stored, as the format calls it. */
  String kind();

  /** Where it stands, as messages name it: {@code model.safetensors: tensor 'norm'}. */
  String place();
}
