package io.github.jmixtral.internal.sampling;

/** Lists of ids as the processors hold them. */
final class TokenIds {
  private TokenIds() {}

  /** Removes the ids; an id outside the vocabulary can't be chosen anyway. */
  static void remove(int[] ids, float[] logits) {
    for (int id : ids) {
      if (id < logits.length) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
