package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;

/**
 * A prompt that is ready to be generated from.
 *
 * @param promptIds at least one id, each inside the vocabulary; leave the array alone
 * @param config the settings with everything inherited already: what is unset is off
 * @param hooks what the caller added
 */
public record ConfiguredPrompt(int[] promptIds, GenerationConfig config, GenerationHooks hooks) {}
