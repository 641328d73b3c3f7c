package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * What kernels ask of their arguments, for assertions: an array access out of bounds throws by
 * itself, but offsets that are wrong and within bounds would give wrong numbers.
 */
final class Borders {
  private Borders() {}

  /**
   * Whether {@code count} elements from {@code offset} on lie within {@code length}; else throws.
   */
  static boolean holds(int length, int offset, int count) {
    return Objects.checkFromIndexSize(offset, count, length) >= 0;
  }

  /** Whether {@code count} bytes from {@code offset} on lie within a segment; else throws. */
  static boolean holds(MemorySegment segment, long offset, long count) {
    return Objects.checkFromIndexSize(offset, count, segment.byteSize()) >= 0;
  }

  /** Whether tokens' groups lie within the activations; else throws. */
  static boolean holds(RoundedActivations x, int[] firstGroups, int tokens, int groups) {
    for (int t = 0; t < tokens; t++) {
      Objects.checkFromIndexSize(firstGroups[t], groups, x.groups());
    }
    return true;
  }
}
