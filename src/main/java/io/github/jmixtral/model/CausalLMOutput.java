package io.github.jmixtral.model;

import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * What a language model computes of a {@link ModelInput}: logits, losses, and what the decoder
 * stack below the head returns.
 *
 * @since 0.1.0
 */
public final class CausalLMOutput {
  private final float[][][] logits;
  private final OptionalDouble loss;
  private final OptionalDouble auxLoss;
  private final ModelOutput stack;

  /**
   * An output. The library makes these; the constructor serves tests and adapters. If a component
   * is added, another constructor will be.
   *
   * @param stack what the decoder stack returned; its last hidden state is not part of the output
   */
  public CausalLMOutput(
      float[][][] logits, OptionalDouble loss, OptionalDouble auxLoss, ModelOutput stack) {
    Objects.requireNonNull(logits, "logits");
    Objects.requireNonNull(loss, "loss");
    Objects.requireNonNull(auxLoss, "auxLoss");
    Objects.requireNonNull(stack, "stack");
    this.logits = logits;
    this.loss = loss;
    this.auxLoss = auxLoss;
    this.stack = stack;
  }

  /** The logits [batch, kept columns, vocab]. */
  public float[][][] logits() {
    return logits;
  }

  /**
   * The mean cross entropy, plus {@code router_aux_loss_coef} times the auxiliary loss if there is
   * one; empty without labels.
   */
  public OptionalDouble loss() {
    return loss;
  }

  /** The load-balancing loss; empty without router logits. */
  public OptionalDouble auxLoss() {
    return auxLoss;
  }

  /** The sequences' caches, with this input appended; the caller's to close. */
  public List<KeyValueCache> caches() {
    return stack.caches();
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
