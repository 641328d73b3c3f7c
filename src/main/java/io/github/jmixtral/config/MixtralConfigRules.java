package io.github.jmixtral.config;

import java.util.OptionalInt;

/** What values of a configuration must keep to, whether they come from a file or from a caller. */
final class MixtralConfigRules {
  /** More than any classifier has; each label costs an entry of a map. */
  static final int MAX_LABELS = 1_000_000;

  private final MixtralConfig.Builder values;
  private final Complaint complaint;

  /** Makes the exception for a broken rule. */
  interface Complaint {
    /**
     * @param key the key of config.json
     * @param expected what should stand there
     * @param found what stands there
     */
    RuntimeException of(String key, String expected, String found);
  }

  private MixtralConfigRules(MixtralConfig.Builder values, Complaint complaint) {
    this.values = values;
    this.complaint = complaint;
  }

  /** Throws what {@code complaint} makes of the first broken rule. */
  static void check(MixtralConfig.Builder values, Complaint complaint) {
    MixtralConfigRules rules = new MixtralConfigRules(values, complaint);
    rules.checkSizes();
    rules.checkHeads();
    rules.checkNumbers();
    rules.checkTokenIds();
    rules.checkLabels();
  }

  private void checkSizes() {
    requirePositive("vocab_size", values.vocabSize);
    requirePositive("hidden_size", values.hiddenSize);
    requirePositive("intermediate_size", values.intermediateSize);
    requirePositive("num_hidden_layers", values.numHiddenLayers);
    requirePositive("num_attention_heads", values.numAttentionHeads);
    requirePositive("num_key_value_heads", values.numKeyValueHeads);
    requirePositive("num_local_experts", values.numLocalExperts);
    requirePositive("num_experts_per_tok", values.numExpertsPerTok);
    requirePositive("max_position_embeddings", values.maxPositionEmbeddings);
    values.headDim.ifPresent(headDim -> requirePositive("head_dim", headDim));
    values.slidingWindow.ifPresent(window -> requirePositive("sliding_window", window));
    require(
        values.numExpertsPerTok <= values.numLocalExperts,
        "num_experts_per_tok",
        "at most num_local_experts, " + values.numLocalExperts,
        values.numExpertsPerTok);
  }

  private void checkHeads() {
    require(
        values.numAttentionHeads % values.numKeyValueHeads == 0,
        "num_key_value_heads",
        "a divisor of num_attention_heads, " + values.numAttentionHeads,
        values.numKeyValueHeads);
    require(
        values.headDim.isPresent() || values.hiddenSize % values.numAttentionHeads == 0,
        "hidden_size",
        "a multiple of num_attention_heads, "
            + values.numAttentionHeads
            + ", where head_dim is absent",
        values.hiddenSize);
    int headDim = values.headDim.orElse(values.hiddenSize / values.numAttentionHeads);
    require(
        headDim > 0 && headDim % 2 == 0,
        "head_dim",
        "an even number, as the rotary embedding turns pairs",
        headDim);
    require(
        (long) headDim * values.numAttentionHeads <= Integer.MAX_VALUE,
        "num_attention_heads",
        "at most 2^31 - 1 rows of all heads together",
        (long) headDim * values.numAttentionHeads);
  }

  private void checkNumbers() {
    require(
        Double.isFinite(values.rmsNormEps) && values.rmsNormEps > 0,
        "rms_norm_eps",
        "a positive number",
        values.rmsNormEps);
    require(
        Double.isFinite(values.ropeTheta) && values.ropeTheta > 0,
        "rope_theta",
        "a positive number",
        values.ropeTheta);
    require(
        Double.isFinite(values.routerAuxLossCoef),
        "router_aux_loss_coef",
        "a finite number",
        values.routerAuxLossCoef);
  }

  private void checkTokenIds() {
    requireId("bos_token_id", values.bosTokenId);
    requireId("pad_token_id", values.padTokenId);
    for (int id : values.eosTokenIds) {
      requireId("eos_token_id", OptionalInt.of(id));
    }
  }

  private void checkLabels() {
    int count = values.id2label.size();
    require(count >= 1 && count <= MAX_LABELS, "id2label", "1 to " + MAX_LABELS + " labels", count);
    require(
        values.id2label.firstKey() == 0 && values.id2label.lastKey() == count - 1,
        "id2label",
        "the labels 0 to " + (count - 1),
        "the labels " + values.id2label.firstKey() + " to " + values.id2label.lastKey());
  }

  private void requirePositive(String key, int value) {
    require(value > 0, key, "a positive number", value);
  }

  private void requireId(String key, OptionalInt id) {
    require(id.orElse(0) >= 0, key, "an id, not negative", id.orElse(0));
  }

  private void require(boolean kept, String key, String expected, Object found) {
    if (!kept) {
      throw complaint.of(key, expected, String.valueOf(found));
    }
  }
}
