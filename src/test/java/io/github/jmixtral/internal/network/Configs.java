package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import java.util.Map;
import java.util.OptionalInt;

/** Configurations for parts of a model that need no weights. */
public final class Configs {

  private Configs() {}

  /** Two layers of two key/value heads of 6 channels. */
  public static MixtralConfig withWindow(OptionalInt window) {
    return MixtralConfig.of(
        Map.of(
            "vocab_size",
            50,
            "hidden_size",
            24,
            "intermediate_size",
            32,
            "num_hidden_layers",
            2,
            "num_attention_heads",
            4,
            "num_key_value_heads",
            2,
            "head_dim",
            6,
            "sliding_window",
            window));
  }
}
