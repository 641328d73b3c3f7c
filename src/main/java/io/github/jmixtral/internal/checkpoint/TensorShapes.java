package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import java.util.ArrayList;
import java.util.List;

/** The tensors of a language model under the Hub's older names, in the model's order. */
public final class TensorShapes {

  /** A tensor that a configuration asks for. */
  public sealed interface Tensor {
    /** Its name. */
    String name();

    /** A weight matrix. */
    record Matrix(String name, int rows, int cols) implements Tensor {}

    /** The weight of an RMSNorm. */
    record Norm(String name, int size) implements Tensor {}
  }

  private final List<Tensor> tensors = new ArrayList<>();

  private TensorShapes() {}

  /** The tensors of a model with a language-model head. */
  public static List<Tensor> of(MixtralConfig config) {
    TensorShapes shapes = new TensorShapes();
    int hidden = config.hiddenSize();
    shapes.matrix("model." + HubWeightsReader.EMBEDDING, config.vocabSize(), hidden);
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      shapes.layer("model.layers." + layer + ".", config);
    }
    shapes.norm("model.norm.weight", hidden);
    if (!config.tieWordEmbeddings()) {
      shapes.matrix(HubWeightsReader.LANGUAGE_MODEL_HEAD, config.vocabSize(), hidden);
    }
    return List.copyOf(shapes.tensors);
  }

  private void layer(String prefix, MixtralConfig config) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    int queryRows = config.numAttentionHeads() * config.headDim();
    int keyValueRows = config.numKeyValueHeads() * config.headDim();
    norm(prefix + "input_layernorm.weight", hidden);
    matrix(prefix + "self_attn.q_proj.weight", queryRows, hidden);
    matrix(prefix + "self_attn.k_proj.weight", keyValueRows, hidden);
    matrix(prefix + "self_attn.v_proj.weight", keyValueRows, hidden);
    matrix(prefix + "self_attn.o_proj.weight", hidden, queryRows);
    norm(prefix + "post_attention_layernorm.weight", hidden);
    matrix(prefix + "block_sparse_moe.gate.weight", config.numLocalExperts(), hidden);
    for (int expert = 0; expert < config.numLocalExperts(); expert++) {
      String name = prefix + "block_sparse_moe.experts." + expert + ".";
      matrix(name + "w1.weight", intermediate, hidden);
      matrix(name + "w2.weight", hidden, intermediate);
      matrix(name + "w3.weight", intermediate, hidden);
    }
  }

  private void matrix(String name, int rows, int cols) {
    tensors.add(new Tensor.Matrix(name, rows, cols));
  }

  private void norm(String name, int size) {
    tensors.add(new Tensor.Norm(name, size));
  }
}
