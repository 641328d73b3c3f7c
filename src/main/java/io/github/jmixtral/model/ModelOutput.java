package io.github.jmixtral.model;

import java.util.List;
import java.util.Objects;

/**
 * What the decoder stack computes of a {@link ModelInput}. A list is empty if the input does not
 * ask for it; what stands at a masked column is 0.
 *
 * @since 0.1.0
 */
public final class ModelOutput {
  private final float[][][] lastHiddenState;
  private final List<KeyValueCache> caches;
  private final List<float[][][]> hiddenStates;
  private final List<float[][][][]> attentions;
  private final List<float[][]> routerLogits;

  /**
   * An output. The library makes these; the constructor serves tests and adapters. If a component
   * is added, another constructor will be.
   */
  public ModelOutput(
      float[][][] lastHiddenState,
      List<? extends KeyValueCache> caches,
      List<float[][][]> hiddenStates,
      List<float[][][][]> attentions,
      List<float[][]> routerLogits) {
    Objects.requireNonNull(lastHiddenState, "lastHiddenState");
    Objects.requireNonNull(caches, "caches");
    Objects.requireNonNull(hiddenStates, "hiddenStates");
    Objects.requireNonNull(attentions, "attentions");
    Objects.requireNonNull(routerLogits, "routerLogits");
    this.lastHiddenState = lastHiddenState;
    this.caches = List.copyOf(caches);
    this.hiddenStates = List.copyOf(hiddenStates);
    this.attentions = List.copyOf(attentions);
    this.routerLogits = List.copyOf(routerLogits);
  }

  /** The states after the final norm [batch, columns, hidden]. */
  public float[][][] lastHiddenState() {
    return lastHiddenState;
  }

  /** The sequences' caches, with this input appended; the caller's to close. */
  public List<KeyValueCache> caches() {
    return caches;
  }

  /**
   * The embedding, the output of each layer except the last, and the state after the final norm:
   * layers + 1 elements [batch, columns, hidden].
   */
  public List<float[][][]> hiddenStates() {
    return hiddenStates;
  }

  /** By layer: attention probabilities [batch, heads, columns, past + columns]. */
  public List<float[][][][]> attentions() {
    return attentions;
  }

  /** By layer: logits of the router [batch · columns, experts]. */
  public List<float[][]> routerLogits() {
    return routerLogits;
  }
}
