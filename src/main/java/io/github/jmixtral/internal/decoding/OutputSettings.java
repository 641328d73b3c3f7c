package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;
import java.util.OptionalInt;

/**
 * What a generation keeps of each step beside the chosen id, with the defaults filled in.
 *
 * @param scores logits after the processors
 * @param logits logits as the model gave them
 * @param hiddenStates hidden states by layer
 * @param attentions attention probabilities by layer
 * @param routerLogits router logits by layer
 * @param topLogprobs number of the likeliest ids whose log probabilities are kept, beside that of
 *     the chosen id; empty: none are kept
 */
record OutputSettings(
    boolean scores,
    boolean logits,
    boolean hiddenStates,
    boolean attentions,
    boolean routerLogits,
    OptionalInt topLogprobs) {

  static OutputSettings of(GenerationConfig config) {
    return new OutputSettings(
        isOn(config, "output_scores"),
        isOn(config, "output_logits"),
        isOn(config, "output_hidden_states"),
        isOn(config, "output_attentions"),
        isOn(config, "output_router_logits"),
        config
            .setting("top_logprobs", Integer.class)
            .map(OptionalInt::of)
            .orElseGet(OptionalInt::empty));
  }

  private static boolean isOn(GenerationConfig config, String setting) {
    return config.setting(setting, Boolean.class).orElse(false);
  }

  /** Whether anything is kept. */
  boolean any() {
    return scores || logits || states() || topLogprobs.isPresent();
  }

  /** Whether anything from inside the model is kept. */
  boolean states() {
    return hiddenStates || attentions || routerLogits;
  }
}
