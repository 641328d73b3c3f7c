package io.github.jmixtral.langchain4j;

import io.github.jmixtral.MixtralForCausalLM;

/**
 * A Mixtral that models use.
 *
 * @param name for responses and listeners
 * @param owned whether it was opened for its holder, who then closes it
 */
record ModelHolder(MixtralForCausalLM mixtral, String name, boolean owned) {
  void close() {
    if (owned) {
      mixtral.close();
    }
  }
}
