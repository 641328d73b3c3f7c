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
      throw new IllegalArgumentException("the prompt is empty; give at least one id");
    }
    new IdRange(vocabSize).require("prompt", promptIds);
    if (computed >= promptIds.length) {
      throw new IllegalArgumentException(
          "the cache holds %d ids already, but the prompt has only %d"
              .formatted(computed, promptIds.length));
    }
  }

  static void check(GenerationConfig config, GenerationHooks hooks) {
    BeamSettings beams = BeamSettings.of(config);
    if (beams.numBeams() == 1) {
      if (beams.numReturnSequences() > 1 && !config.doSample().orElse(false)) {
        throw new IllegalArgumentException(
            "num_return_sequences is %d, but without sampling and beams there is only one text; set do_sample or num_beams"
                .formatted(beams.numReturnSequences()));
      }
      return;
    }
    if (beams.numReturnSequences() > beams.numBeams()) {
      throw new IllegalArgumentException(
          "num_return_sequences is %d, more than the %d of num_beams"
              .formatted(beams.numReturnSequences(), beams.numBeams()));
    }
    if (!hooks.listeners().isEmpty()) {
      throw new IllegalArgumentException(
          "a beam search (num_beams %d) takes no listener, as its text is known only at the end"
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
            "max_length is "
                + maxLength
                + ", but the prompt alone has "
                + promptLength
                + " ids; raise it, or use max_new_tokens");
      }
      return maxLength;
    }
    long maxNewTokens = config.maxNewTokens().orElse(DecodingLoop.DEFAULT_MAX_NEW_TOKENS);
    return (int) Math.min(promptLength + maxNewTokens, Integer.MAX_VALUE);
  }
}
