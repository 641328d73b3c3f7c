package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.internal.network.IdRange;

/** What a prompt and its settings must be like before anything is computed. */
final class PromptRules {
  private PromptRules() {}

  /**
   * @param computed ids that a cache holds already
   */
  static void check(int[] promptIds, int computed, int vocabSize) {
    if (promptIds.length == 0) {
      throw new IllegalArgumentException("prompt: expected at least one id, found none");
    }
    new IdRange(vocabSize).require("prompt", promptIds);
    if (computed >= promptIds.length) {
      throw new IllegalArgumentException(
          "cache: expected fewer ids than the %d of the prompt, found %d"
              .formatted(promptIds.length, computed));
    }
  }

  static void check(GenerationConfig config, GenerationHooks hooks) {
    BeamSettings beams = BeamSettings.of(config);
    if (beams.numBeams() == 1) {
      if (beams.numReturnSequences() > 1 && !config.doSample().orElse(false)) {
        throw new IllegalArgumentException(
            "num_return_sequences: expected 1 without sampling and beams, found "
                + beams.numReturnSequences());
      }
      return;
    }
    if (beams.numReturnSequences() > beams.numBeams()) {
      throw new IllegalArgumentException(
          "num_return_sequences: expected at most the %d of num_beams, found %d"
              .formatted(beams.numBeams(), beams.numReturnSequences()));
    }
    if (!hooks.listeners().isEmpty()) {
      throw new IllegalArgumentException(
          "listener: expected none with num_beams %d, as the text is known at its end; found one"
              .formatted(beams.numBeams()));
    }
  }

  /** Most ids of prompt and new text; {@code max_new_tokens} wins over {@code max_length}. */
  static int maxLength(int promptLength, GenerationConfig config) {
    if (config.maxNewTokens().isEmpty()
        && config.setting("max_length", Integer.class).isPresent()) {
      int maxLength = config.setting("max_length", Integer.class).get();
      if (maxLength <= promptLength) {
        throw new IllegalArgumentException(
            "max_length: expected more than the "
                + promptLength
                + " ids of the prompt, found "
                + maxLength);
      }
      return maxLength;
    }
    long maxNewTokens = config.maxNewTokens().orElse(DecodingLoop.DEFAULT_MAX_NEW_TOKENS);
    return (int) Math.min(promptLength + maxNewTokens, Integer.MAX_VALUE);
  }
}
