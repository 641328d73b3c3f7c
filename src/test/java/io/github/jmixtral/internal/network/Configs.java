package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import java.util.OptionalInt;

/** Configurations for parts of a model that need no weights. */
public final class Configs {

  private Configs() {}

  /** Two layers of two key/value heads of 6 channels. */
  public static MixtralConfig withWindow(OptionalInt window) {
    return MixtralConfig.builder()
        .vocabSize(50)
        .hiddenSize(24)
        .intermediateSize(32)
        .numHiddenLayers(2)
        .numAttentionHeads(4)
        .numKeyValueHeads(2)
        .headDim(OptionalInt.of(6))
        .slidingWindow(window)
        .build();
  }
}
