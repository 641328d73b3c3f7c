package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * All weights of a Mixtral, in the reference's names and order. Immutable; matrices stay where the
 * file is mapped.
 *
 * @param embedTokens token embedding [vocab, hidden]
 * @param layers the decoder layers, first to last
 * @param norm weight of the final RMSNorm [hidden]
 * @param head what stands on top of the decoder stack
 */
public record MixtralWeights(
    WeightMatrix embedTokens, List<Layer> layers, float[] norm, Head head) {

  /** The decoder stack alone. */
  public MixtralWeights withoutHead() {
    return new MixtralWeights(embedTokens, layers, norm, new Head.None());
  }

  /** All matrices, in order; a head that is tied to the embedding is not listed twice. */
  public List<WeightMatrix> matrices() {
    List<WeightMatrix> matrices = new ArrayList<>();
    map(
        (_, matrix) -> {
          matrices.add(matrix);
          return matrix;
        });
    return matrices;
  }

  /** Whether a matrix is the embedding, and not the head as well: no product is made of it. */
  public boolean onlyLooksUp(WeightMatrix matrix) {
    boolean tied = head instanceof Head.LanguageModel(WeightMatrix lmHead) && lmHead == embedTokens;
    return matrix == embedTokens && !tied;
  }

  /** The weights of all norms [hidden], by tensor name, in order. */
  public Map<String, float[]> norms() {
    Map<String, float[]> norms = new LinkedHashMap<>();
    for (int layer = 0; layer < layers.size(); layer++) {
      String prefix = "model.layers." + layer + ".";
      norms.put(prefix + "input_layernorm.weight", layers.get(layer).inputLayernorm());
      norms.put(
          prefix + "post_attention_layernorm.weight", layers.get(layer).postAttentionLayernorm());
    }
    norms.put("model.norm.weight", norm);
    return norms;
  }

  /** The matrices that a function makes of these, given each one's tensor name; norms stay. */
  public MixtralWeights map(BiFunction<String, WeightMatrix, WeightMatrix> function) {
    WeightMatrix embedding = function.apply("model." + HubWeightsReader.EMBEDDING, embedTokens);
    List<Layer> mapped = new ArrayList<>();
    for (int layer = 0; layer < layers.size(); layer++) {
      mapped.add(layers.get(layer).map("model.layers." + layer + ".", function));
    }
    Head mappedHead =
        switch (head) {
          case Head.LanguageModel(WeightMatrix lmHead) ->
              new Head.LanguageModel(
                  lmHead == embedTokens
                      ? embedding
                      : function.apply(HubWeightsReader.LANGUAGE_MODEL_HEAD, lmHead));
          case Head.Classifier(WeightMatrix score) ->
              new Head.Classifier(function.apply(HubWeightsReader.CLASSIFIER_HEAD, score));
          case Head.None none -> none;
        };
    return new MixtralWeights(embedding, List.copyOf(mapped), norm, mappedHead);
  }

  /** What stands on top of the decoder stack. */
  public sealed interface Head {
    /** Next-token logits: [vocab, hidden]; the embedding itself where the checkpoint ties them. */
    record LanguageModel(WeightMatrix lmHead) implements Head {}

    /** Label scores: [labels, hidden]. */
    record Classifier(WeightMatrix score) implements Head {}

    /** Nothing: a bare decoder stack. */
    record None() implements Head {}
  }

  /**
   * One decoder layer.
   *
   * @param inputLayernorm RMSNorm weight before attention [hidden]
   * @param qProj [heads · headDim, hidden]
   * @param kProj [kvHeads · headDim, hidden]
   * @param vProj [kvHeads · headDim, hidden]
   * @param oProj [hidden, heads · headDim]
   * @param postAttentionLayernorm RMSNorm weight before the experts [hidden]
   * @param gate the router [experts, hidden]
   * @param experts by expert id
   */
  public record Layer(
      float[] inputLayernorm,
      WeightMatrix qProj,
      WeightMatrix kProj,
      WeightMatrix vProj,
      WeightMatrix oProj,
      float[] postAttentionLayernorm,
      WeightMatrix gate,
      List<Expert> experts) {

    private Layer map(String prefix, BiFunction<String, WeightMatrix, WeightMatrix> function) {
      return new Layer(
          inputLayernorm,
          function.apply(prefix + "self_attn.q_proj.weight", qProj),
          function.apply(prefix + "self_attn.k_proj.weight", kProj),
          function.apply(prefix + "self_attn.v_proj.weight", vProj),
          function.apply(prefix + "self_attn.o_proj.weight", oProj),
          postAttentionLayernorm,
          function.apply(prefix + "block_sparse_moe.gate.weight", gate),
          IntStream.range(0, experts.size())
              .mapToObj(
                  id ->
                      experts
                          .get(id)
                          .map(prefix + "block_sparse_moe.experts." + id + ".", function))
              .toList());
    }
  }

  /**
   * One expert: {@code w2 · (silu(w1 · x) ⊙ (w3 · x))}.
   *
   * @param w1 gate projection [intermediate, hidden]
   * @param w2 down projection [hidden, intermediate]
   * @param w3 up projection [intermediate, hidden]
   */
  public record Expert(WeightMatrix w1, WeightMatrix w2, WeightMatrix w3) {

    private Expert map(String prefix, BiFunction<String, WeightMatrix, WeightMatrix> function) {
      return new Expert(
          function.apply(prefix + "w1.weight", w1),
          function.apply(prefix + "w2.weight", w2),
          function.apply(prefix + "w3.weight", w3));
    }
  }
}
