package io.github.jmixtral.generation;

import java.util.List;
import java.util.Objects;

/**
 * What a model computed inside one step of a generation. The first step computed the prompt, each
 * later one the id chosen before it. A list is empty if its setting does not ask for it.
 *
 * @since 0.1.0
 */
public final class StepStates {
  private final List<float[][]> hiddenStates;
  private final List<float[][][]> attentions;
  private final List<float[][]> routerLogits;

  /**
   * States. The library makes these; the constructor serves tests and adapters. If a component is
   * added, another constructor will be.
   */
  public StepStates(
      List<float[][]> hiddenStates, List<float[][][]> attentions, List<float[][]> routerLogits) {
    Objects.requireNonNull(hiddenStates, "hiddenStates");
    Objects.requireNonNull(attentions, "attentions");
    Objects.requireNonNull(routerLogits, "routerLogits");
    this.hiddenStates = List.copyOf(hiddenStates);
    this.attentions = List.copyOf(attentions);
    this.routerLogits = List.copyOf(routerLogits);
  }

  /**
   * The embedding, the output of each layer except the last, and the state after the final norm:
   * layers + 1 elements [ids of the step, hidden].
   */
  public List<float[][]> hiddenStates() {
    return hiddenStates;
  }

  /** By layer: attention probabilities [heads, ids of the step, ids so far]. */
  public List<float[][][]> attentions() {
    return attentions;
  }

  /** By layer: logits of the router [ids of the step, experts]. */
  public List<float[][]> routerLogits() {
    return routerLogits;
  }

  @Override
  public String toString() {
    return "StepStates[hiddenStates=%d, attentions=%d, routerLogits=%d]"
        .formatted(hiddenStates.size(), attentions.size(), routerLogits.size());
  }
}
