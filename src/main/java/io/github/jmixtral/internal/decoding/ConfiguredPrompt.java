package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.Optional;
import java.util.function.Supplier;

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

  private static final Supplier<IllegalArgumentException> NO_TOKENIZER =
      () ->
          new IllegalArgumentException(
              "the negative prompt is a text, but the model has no tokenizer; use token ids");

  /** A prompt whose answer is a text. */
  public ConfiguredPrompt(int[] promptIds, GenerationConfig config, GenerationHooks hooks) {
    this(promptIds, config, hooks, ToolUse.NONE);
  }

  /** Whether the text is led away from what would follow without the prompt. */
  boolean isGuided() {
    return config.setting("guidance_scale", Double.class).orElse(1.0) != 1;
  }

  /**
   * What stands in the prompt's place in the text beside a guided one: the negative prompt, or the
   * last id alone.
   */
  int[] unconditionalIds(Optional<Tokenizer> tokenizer) {
    return hooks.negativePrompt() == null
        ? new int[] {promptIds[promptIds.length - 1]}
        : hooks.negativePrompt().encode(() -> tokenizer.orElseThrow(NO_TOKENIZER));
  }
}
