package io.github.jmixtral.internal.network;

/**
 * Chooses each token's experts: softmax over all experts, the k most probable, their probabilities
 * divided by their sum. Of equal probabilities the lowest expert id wins.
 *
 * <p>Source: Jiang et al., "Mixtral of Experts", 2024, section 2.1; the order of softmax and top k
 * is the reference implementation's.
 */
final class Router {

  private final int experts;
  private final float[] probabilities;

  Router(int experts) {
    this.experts = experts;
    probabilities = new float[experts];
  }

  /**
   * Routes one token.
   *
   * @param logits [experts] at {@code offset}
   * @param chosen how many experts the token gets
   * @param ids [chosen] at {@code slot}: the experts, ascending
   * @param weights [chosen] at {@code slot}: the weights of their outputs
   */
  void route(float[] logits, int offset, int chosen, int[] ids, float[] weights, int slot) {
    softmax(logits, offset);
    for (int i = 0; i < chosen; i++) {
      int best = 0;
      for (int e = 1; e < experts; e++) {
        if (probabilities[e] > probabilities[best]) {
          best = e;
        }
      }
      insertAscending(ids, weights, slot, i, best, probabilities[best]);
      probabilities[best] = -1f;
    }
    float sum = 0;
    for (int i = 0; i < chosen; i++) {
      sum += weights[slot + i];
    }
    for (int i = 0; i < chosen; i++) {
      weights[slot + i] /= sum;
    }
  }

  private static void insertAscending(
      int[] ids, float[] weights, int slot, int count, int expert, float probability) {
    int at = slot + count;
    for (; at > slot && ids[at - 1] > expert; at--) {
      ids[at] = ids[at - 1];
      weights[at] = weights[at - 1];
    }
    ids[at] = expert;
    weights[at] = probability;
  }

  private void softmax(float[] logits, int offset) {
    float largest = logits[offset];
    for (int e = 1; e < experts; e++) {
      largest = Math.max(largest, logits[offset + e]);
    }
    float sum = 0;
    for (int e = 0; e < experts; e++) {
      probabilities[e] = (float) Math.exp(logits[offset + e] - largest);
      sum += probabilities[e];
    }
    for (int e = 0; e < experts; e++) {
      probabilities[e] /= sum;
    }
  }
}
