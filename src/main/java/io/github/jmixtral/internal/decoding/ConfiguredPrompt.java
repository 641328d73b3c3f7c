package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;

/**
 * One prompt of a batch.
 *
 * @param promptIds at least one id, each inside the vocabulary; leave the array alone
 * @param config the settings with everything inherited already
 */
public record ConfiguredPrompt(int[] promptIds, GenerationConfig config) {}
