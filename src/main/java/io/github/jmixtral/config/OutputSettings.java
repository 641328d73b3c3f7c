package io.github.jmixtral.config;

import java.util.OptionalInt;

/**
 * What a generation keeps of each step beside the chosen id, with the defaults filled in.
 *
 * @param scores logits after the processors
 * @param logits logits as the model gave them
 * @param hiddenStates hidden states by layer
 * @param attentions attention probabilities by layer
 * @param routerLogits router logits by layer
 * @param topLogprobs log probabilities of the chosen id and of that many likeliest ones; empty for
 *     none
 */
public record OutputSettings(
    boolean scores,
    boolean logits,
    boolean hiddenStates,
    boolean attentions,
    boolean routerLogits,
    OptionalInt topLogprobs) {

  /** Whether anything is kept. */
  public boolean any() {
    return scores || logits || states() || topLogprobs.isPresent();
  }

  /** Whether anything from inside the model is kept. */
  public boolean states() {
    return hiddenStates || attentions || routerLogits;
  }
}
