package io.github.jmixtral.model;

import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * What a classifier computes of a {@link ModelInput}. A list is empty if the input does not ask for
 * it; what stands at a masked column is 0.
 *
 * @since 0.1.0
 */
public final class SequenceClassifierOutput {
  private final float[][] logits;
  private final OptionalDouble loss;
  private final ModelOutput stack;

  /**
   * An output. The library makes these; the constructor serves tests and adapters. If a component
   * is added, another constructor will be.
   *
   * @param stack what the decoder stack returned
   */
  public SequenceClassifierOutput(float[][] logits, OptionalDouble loss, ModelOutput stack) {
    Objects.requireNonNull(logits, "logits");
    Objects.requireNonNull(loss, "loss");
    Objects.requireNonNull(stack, "stack");
    this.logits = logits;
    this.loss = loss;
    this.stack = stack;
  }

  /** Each label's score [batch, labels]. */
  public float[][] logits() {
    return logits;
  }

  /** The mean loss; empty without labels. */
  public OptionalDouble loss() {
    return loss;
  }

  /**
   * The embedding, the output of each layer except the last, and the state after the final norm:
   * layers + 1 elements [batch, columns, hidden].
   */
  public List<float[][][]> hiddenStates() {
    return stack.hiddenStates();
  }

  /** By layer: attention probabilities [batch, heads, columns, past + columns]. */
  public List<float[][][][]> attentions() {
    return stack.attentions();
  }

  /** By layer: logits of the router [batch · columns, experts]. */
  public List<float[][]> routerLogits() {
    return stack.routerLogits();
  }
}
