package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;

/**
 * A prompt that is ready to be generated from.
 *
 * @param promptIds at least one id, each inside the vocabulary; leave the array alone
 * @param config the settings with everything inherited already: what is unset is off
 * @param hooks what the caller added
 * @param toolUse what the answer may call
 */
public record ConfiguredPrompt(
    int[] promptIds, GenerationConfig config, GenerationHooks hooks, ToolUse toolUse) {

  /** A prompt whose answer is a text. */
  public ConfiguredPrompt(int[] promptIds, GenerationConfig config, GenerationHooks hooks) {
    this(promptIds, config, hooks, ToolUse.NONE);
  }
}
