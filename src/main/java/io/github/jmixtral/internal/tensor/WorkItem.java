package io.github.jmixtral.internal.tensor;

/**
 * Some rows × some tokens of a product: what one worker computes at a time, and where it puts the
 * results. One worker's: set anew for every item.
 */
final class WorkItem {
  /** The rows of the matrix, {@code rowStart ≤ row < rowEnd}. */
  int rowStart;

  int rowEnd;

  /** The first token, and how many there are. */
  int tokenStart;

  int tokens;

  /**
   * Results: the first row of the first token goes to {@code outOffset}; a token's rows are {@code
   * outStride} after the one before's.
   */
  float[] out;

  int outOffset;
  int outStride;

  /** How many rows there are. */
  int rows() {
    return rowEnd - rowStart;
  }

  /** Where the first row of a token goes, which counts from the item's first one. */
  int outOf(int token) {
    return outOffset + token * outStride;
  }

  /** Says where results go. */
  void putInto(float[] target, int offset, int stride) {
    out = target;
    outOffset = offset;
    outStride = stride;
  }
}
