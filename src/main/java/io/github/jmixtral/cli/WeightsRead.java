package io.github.jmixtral.cli;

import io.github.jmixtral.checkpoint.MixtralWeights;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.tensor.WeightMatrix;

/** How much of a model's weights one token reads: what decoding is bound by. */
final class WeightsRead {
  private WeightsRead() {}

  /**
   * Bytes of all matrices but the experts that are not chosen and the embedding table, of which one
   * row is read.
   */
  static long bytesPerToken(MixtralConfig config, MixtralWeights weights) {
    long bytes = weights.embedTokens().byteSize() / weights.embedTokens().rows();
    for (MixtralWeights.Layer layer : weights.layers()) {
      long experts = 0;
      for (MixtralWeights.Expert expert : layer.experts()) {
        experts += expert.w1().byteSize() + expert.w2().byteSize() + expert.w3().byteSize();
      }
      bytes += experts / config.numLocalExperts() * config.numExpertsPerTok();
      bytes += layer.qProj().byteSize() + layer.kProj().byteSize() + layer.vProj().byteSize();
      bytes += layer.oProj().byteSize() + layer.gate().byteSize();
    }
    return bytes
        + switch (weights.head()) {
          case MixtralWeights.Head.LanguageModel(WeightMatrix lmHead) -> lmHead.byteSize();
          case MixtralWeights.Head.Classifier(WeightMatrix score) -> score.byteSize();
          case MixtralWeights.Head.None _ -> 0;
        };
  }
}
