package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.MatMul;
import java.util.Arrays;

/**
 * The sparse mixture of experts: each token runs through the k experts that the {@link Router}
 * chooses for it, where k is its sequence's, {@code out = Σ weight · w2(silu(w1 · x) ⊙ (w3 · x))}
 * in ascending expert id.
 *
 * <pre>
 * for each token t:
 *   p = softmax(gate · x[t])
 *   chosen = the k experts with the largest p, ascending; weight = p[chosen] / Σ p[chosen]
 * for each expert e, on all tokens that chose it together:
 *   y[t][e] = w2[e] · (silu(w1[e] · x[t]) ⊙ (w3[e] · x[t]))
 * for each token t:
 *   out[t] = Σ weight[e] · y[t][e] over chosen
 * </pre>
 *
 * <p>Tokens are grouped by expert first, so that a batch reads the weights of each expert once. A
 * token has a slot for each of its experts, in the tokens' order, and each slot a place among the
 * tokens of its expert:
 *
 * <pre>
 * tokens 0 1 2 routed to {1,4} {0,4} {1,2}
 * → places by expert   0: [1]  1: [0 2]  2: [2]  4: [0 1]
 * </pre>
 *
 * <p>Holds scratch memory: belongs to one session at a time.
 */
public final class SparseMoeBlock {

  /**
   * Tokens that one item of the final sum takes: with two experts of 4096 floats each, as in 8x7B,
   * 65,536 multiply-adds. Fewer are done before another thread has woken up.
   */
  private static final int SUM_TOKENS = 8;

  private final int hidden;
  private final int intermediate;
  private final int experts;
  private final ThreadTeam team;
  private final MatMul matMul;
  private final Router router;
  private final ThreadTeam.Step sumStep = this::sum;

  /** First place of each expert, and the end: tokens of an expert have consecutive places. */
  private final int[] firstPlaces;

  private float[] routerLogits = new float[0];

  /** First slot of each token, and the end: a token has a slot for each of its experts. */
  private int[] firstSlots = new int[1];

  // By slot.
  private int[] expertOfSlot = new int[0];
  private float[] weightOfSlot = new float[0];
  private int[] placeOfSlot = new int[0];

  // By place: a token's input, inner activation and output at one expert.
  private float[] inputs = new float[0];
  private float[] activations = new float[0];
  private float[] outputs = new float[0];

  // The current call's, for the step.
  private TokenBatch batch = new TokenBatch();
  private float[] out = new float[0];

  public SparseMoeBlock(MixtralConfig config, ThreadTeam team, MatMul matMul) {
    hidden = config.hiddenSize();
    intermediate = config.intermediateSize();
    experts = config.numLocalExperts();
    this.team = team;
    this.matMul = matMul;
    router = new Router(experts);
    firstPlaces = new int[experts + 1];
  }

  /** Prepares for a batch. */
  public void begin(TokenBatch batch) {
    int rows = batch.rows();
    // Allocating may fail half-way, so the array that is allocated last stands for all.
    if (routerLogits.length < rows * experts) {
      firstSlots = new int[rows + 1];
      routerLogits = new float[rows * experts];
    }
    for (int s = 0; s < batch.sequences(); s++) {
      int chosen = batch.cache(s).numExpertsPerTok();
      int end = batch.firstRow(s) + batch.count(s);
      for (int row = batch.firstRow(s); row < end; row++) {
        firstSlots[row + 1] = firstSlots[row] + chosen;
      }
    }
    int slots = firstSlots[rows];
    if (outputs.length < Math.multiplyExact(slots, hidden)) {
      expertOfSlot = new int[slots];
      weightOfSlot = new float[slots];
      placeOfSlot = new int[slots];
      inputs = new float[Math.multiplyExact(slots, hidden)];
      activations = new float[Math.multiplyExact(slots, intermediate)];
      outputs = new float[Math.multiplyExact(slots, hidden)];
    }
  }

  /**
   * Runs one layer's experts, and counts in each sequence's cache which it used.
   *
   * @param batch for which {@link #begin} has prepared
   * @param x normalised hidden states [rows, hidden]
   * @param out [rows, hidden], overwritten
   */
  public void forward(
      MixtralWeights.Layer weights, int layer, TokenBatch batch, float[] x, float[] out) {
    this.batch = batch;
    this.out = out;
    int rows = batch.rows();
    matMul.add(weights.gate(), x, 0, rows, routerLogits, 0);
    matMul.run();
    for (int t = 0; t < rows; t++) {
      int slot = firstSlots[t];
      int chosen = firstSlots[t + 1] - slot;
      router.route(routerLogits, t * experts, chosen, expertOfSlot, weightOfSlot, slot);
    }
    for (int s = 0; s < batch.sequences(); s++) {
      int first = firstSlots[batch.firstRow(s)];
      int end = firstSlots[batch.firstRow(s) + batch.count(s)];
      batch.cache(s).countExperts(layer, expertOfSlot, first, end);
    }
    groupByExpert(x);
    for (int e = 0; e < experts; e++) {
      int first = firstPlaces[e];
      int count = tokensOf(e);
      if (count > 0) {
        MixtralWeights.Expert expert = weights.experts().get(e);
        matMul.addGated(
            expert.w1(),
            expert.w3(),
            inputs,
            first * hidden,
            count,
            activations,
            first * intermediate);
      }
    }
    matMul.run();
    for (int e = 0; e < experts; e++) {
      int first = firstPlaces[e];
      int count = tokensOf(e);
      if (count > 0) {
        matMul.add(
            weights.experts().get(e).w2(),
            activations,
            first * intermediate,
            count,
            outputs,
            first * hidden);
      }
    }
    matMul.run();
    team.run((rows + SUM_TOKENS - 1) / SUM_TOKENS, sumStep);
  }

  /** Gives every slot its place among its expert's tokens, and copies its input there. */
  private void groupByExpert(float[] x) {
    int rows = batch.rows();
    int slots = firstSlots[rows];
    Arrays.fill(firstPlaces, 0);
    for (int slot = 0; slot < slots; slot++) {
      firstPlaces[expertOfSlot[slot] + 1]++;
    }
    for (int e = 0; e < experts; e++) {
      firstPlaces[e + 1] += firstPlaces[e];
    }
    for (int t = rows - 1; t >= 0; t--) {
      for (int slot = firstSlots[t + 1] - 1; slot >= firstSlots[t]; slot--) {
        // Counts down from the end of the expert's places, which leaves them at their start …
        placeOfSlot[slot] = --firstPlaces[expertOfSlot[slot] + 1];
        System.arraycopy(x, t * hidden, inputs, placeOfSlot[slot] * hidden, hidden);
      }
    }
    // … one expert too high.
    System.arraycopy(firstPlaces, 1, firstPlaces, 0, experts);
    firstPlaces[experts] = slots;
  }

  /** Adds up a few tokens' expert outputs. */
  private void sum(int item, int worker) {
    int end = Math.min(batch.rows(), (item + 1) * SUM_TOKENS);
    for (int t = item * SUM_TOKENS; t < end; t++) {
      Arrays.fill(out, t * hidden, (t + 1) * hidden, 0f);
      for (int slot = firstSlots[t]; slot < firstSlots[t + 1]; slot++) {
        float weight = weightOfSlot[slot];
        int from = placeOfSlot[slot] * hidden;
        for (int c = 0; c < hidden; c++) {
          out[t * hidden + c] += weight * outputs[from + c];
        }
      }
    }
  }

  int experts() {
    return experts;
  }

  /** How many tokens of the last {@link #forward} an expert computed. */
  int tokensOf(int expert) {
    return firstPlaces[expert + 1] - firstPlaces[expert];
  }

  /** Router logits of the last {@link #forward} [rows, experts]. */
  float[] routerLogits() {
    return routerLogits;
  }

  /**
   * Shows a meter what each expert's matrices were multiplied with in the last {@link #forward}.
   */
  void showInputs(int layer, InputMeter meter) {
    for (int e = 0; e < experts; e++) {
      int count = tokensOf(e);
      meter.expert(layer, e, firstPlaces[e], count, inputs, activations);
    }
  }
}
