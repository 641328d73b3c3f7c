package io.github.jmixtral.cli;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.tensor.WeightMatrix;

/**
 * How much of a model's weights decoding reads in a pass: what it is bound by.
 *
 * @param always bytes of the matrices that every pass reads: attention, router, head
 * @param experts bytes of all experts
 * @param ofRow bytes of a row of the embedding table, of which each token reads one
 * @param numExperts experts of a layer
 * @param numExpertsPerTok how many of them each token runs through
 */
public record WeightsRead(
    long always, long experts, long ofRow, int numExperts, int numExpertsPerTok) {
  public static WeightsRead of(MixtralConfig config, MixtralWeights weights) {
    long experts = 0;
    long always =
        switch (weights.head()) {
          case MixtralWeights.Head.LanguageModel(WeightMatrix lmHead) -> lmHead.byteSize();
          case MixtralWeights.Head.Classifier(WeightMatrix score) -> score.byteSize();
          case MixtralWeights.Head.None _ -> 0;
        };
    for (MixtralWeights.Layer layer : weights.layers()) {
      for (MixtralWeights.Expert expert : layer.experts()) {
        experts += expert.w1().byteSize() + expert.w2().byteSize() + expert.w3().byteSize();
      }
      always += layer.qProj().byteSize() + layer.kProj().byteSize() + layer.vProj().byteSize();
      always += layer.oProj().byteSize() + layer.gate().byteSize();
    }
    return new WeightsRead(
        always,
        experts,
        weights.embedTokens().byteSize() / weights.embedTokens().rows(),
        config.numLocalExperts(),
        config.numExpertsPerTok());
  }

  /** Bytes that a pass with one token reads. */
  public long bytesPerToken() {
    return always + experts / numExperts * numExpertsPerTok + ofRow;
  }

  /** Bytes read by a pass with this number of tokens, which choose their experts at random. */
  public double bytesPerPass(int tokens) {
    return always + experts / numExperts * expertsTouched(tokens) + (double) tokens * ofRow;
  }

  /**
   * Experts of a layer that at least one of the tokens chooses, on average: {@code E · (1 − (1 − k
   * / E)^tokens)}; 7.2 of 8 for 8 tokens that choose 2 each.
   */
  public double expertsTouched(int tokens) {
    double passedBy = 1 - (double) numExpertsPerTok / numExperts;
    return numExperts * (1 - Math.pow(passedBy, tokens));
  }
}
