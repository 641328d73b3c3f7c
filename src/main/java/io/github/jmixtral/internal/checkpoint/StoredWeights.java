package io.github.jmixtral.internal.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Weights where they lie, and what is to be said of how they are stored.
 *
 * @param weights the weights, in the reference's names and order
 * @param contents files, formats and sizes
 * @param tensors the bytes of all tensors, where the files are mapped
 */
public record StoredWeights(
    MixtralWeights weights, CheckpointContents contents, List<MemorySegment> tensors) {

  /** Takes an unmodifiable copy. */
  public StoredWeights {
    tensors = List.copyOf(tensors);
  }
}
