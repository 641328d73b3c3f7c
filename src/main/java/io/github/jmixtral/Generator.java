package io.github.jmixtral;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.internal.decoding.GenerationHooks;

/** What generates for a request: a model on a cache of its own, or a session on its cache. */
@FunctionalInterface
interface Generator {
  /**
   * Generates one text on the calling thread.
   *
   * @param config the settings of the request, nothing inherited yet
   */
  Generation generate(Prompt prompt, GenerationConfig config, GenerationHooks hooks);
}
