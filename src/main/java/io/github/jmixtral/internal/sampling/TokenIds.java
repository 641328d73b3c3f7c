package io.github.jmixtral.internal.sampling;

import java.util.List;

/** Lists of ids as the processors hold them. */
public final class TokenIds {
  private TokenIds() {}

  public static int[] toArray(List<Integer> ids) {
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Removes the ids; an id outside the vocabulary can't be chosen anyway. */
  static void remove(int[] ids, float[] logits) {
    for (int id : ids) {
      if (id < logits.length) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
