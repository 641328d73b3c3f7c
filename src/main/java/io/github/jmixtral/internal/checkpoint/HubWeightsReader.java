package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.encoding.QuantizationSettings;
import io.github.jmixtral.internal.format.TensorFolder;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the weights of a Mixtral under the Hub's tensor names. Which layout a layer has is decided
 * by the names that are there:
 *
 * <pre>
 *   transformers 4   block_sparse_moe.gate.weight, block_sparse_moe.experts.E.w1/w2/w3.weight
 *   transformers 5   mlp.gate.weight, mlp.experts.gate_up_proj [E, 2F, H], mlp.experts.down_proj [E, H, F]
 *   MLX              block_sparse_moe.gate.weight, block_sparse_moe.switch_mlp.gate_proj/down_proj/up_proj.weight
 * </pre>
 *
 * A model saved without a head has the same names without the prefix {@code model.}.
 */
public final class HubWeightsReader {
  public static final String EMBEDDING = "embed_tokens.weight";
  public static final String LANGUAGE_MODEL_HEAD = "lm_head.weight";
  public static final String CLASSIFIER_HEAD = "score.weight";

  private final CheckedTensors tensors;
  private final MixtralConfig config;
  private final String prefix;

  HubWeightsReader(TensorFolder folder, MixtralConfig config, QuantizationSettings settings) {
    this.tensors = new CheckedTensors(folder, settings);
    this.config = config;
    this.prefix = tensors.has(EMBEDDING) ? "" : "model.";
  }

  /** All weights; every tensor of the folder is accounted for. */
  MixtralWeights read() {
    int hidden = config.hiddenSize();
    WeightMatrix embedTokens = tensors.matrix(prefix + EMBEDDING, config.vocabSize(), hidden);
    List<MixtralWeights.Layer> layers = new ArrayList<>();
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      layers.add(readLayer(prefix + "layers." + layer + "."));
    }
    float[] norm = tensors.vector(prefix + "norm.weight", hidden);
    MixtralWeights.Head head = readHead(embedTokens);
    tensors.warnOfExtras();
    return new MixtralWeights(embedTokens, List.copyOf(layers), norm, head);
  }

  private MixtralWeights.Layer readLayer(String layer) {
    int hidden = config.hiddenSize();
    int queryRows = config.numAttentionHeads() * config.headDim();
    int keyValueRows = config.numKeyValueHeads() * config.headDim();
    boolean fused = tensors.has(layer + "mlp.gate.weight");
    String gate = layer + (fused ? "mlp" : "block_sparse_moe") + ".gate.weight";
    return new MixtralWeights.Layer(
        tensors.vector(layer + "input_layernorm.weight", hidden),
        tensors.matrix(layer + "self_attn.q_proj.weight", queryRows, hidden),
        tensors.matrix(layer + "self_attn.k_proj.weight", keyValueRows, hidden),
        tensors.matrix(layer + "self_attn.v_proj.weight", keyValueRows, hidden),
        tensors.matrix(layer + "self_attn.o_proj.weight", hidden, queryRows),
        tensors.vector(layer + "post_attention_layernorm.weight", hidden),
        tensors.matrix(gate, config.numLocalExperts(), hidden),
        fused ? readFusedExperts(layer) : readExperts(layer));
  }

  private List<MixtralWeights.Expert> readExperts(String layer) {
    String stacks = layer + "block_sparse_moe.switch_mlp.";
    return tensors.has(stacks + "gate_proj.weight")
        ? readStackedExperts(stacks)
        : readSeparateExperts(layer);
  }

  /** As MLX stacks them: w1, w2 and w3 under names of their own. */
  private List<MixtralWeights.Expert> readStackedExperts(String stacks) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    int count = config.numLocalExperts();
    List<WeightMatrix> gate =
        tensors.stack(stacks + "gate_proj.weight", count, intermediate, hidden);
    List<WeightMatrix> down =
        tensors.stack(stacks + "down_proj.weight", count, hidden, intermediate);
    List<WeightMatrix> up = tensors.stack(stacks + "up_proj.weight", count, intermediate, hidden);
    List<MixtralWeights.Expert> experts = new ArrayList<>();
    for (int expert = 0; expert < count; expert++) {
      experts.add(new MixtralWeights.Expert(gate.get(expert), down.get(expert), up.get(expert)));
    }
    return List.copyOf(experts);
  }

  private List<MixtralWeights.Expert> readSeparateExperts(String layer) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    List<MixtralWeights.Expert> experts = new ArrayList<>();
    for (int expert = 0; expert < config.numLocalExperts(); expert++) {
      String name = layer + "block_sparse_moe.experts." + expert + ".";
      experts.add(
          new MixtralWeights.Expert(
              tensors.matrix(name + "w1.weight", intermediate, hidden),
              tensors.matrix(name + "w2.weight", hidden, intermediate),
              tensors.matrix(name + "w3.weight", intermediate, hidden)));
    }
    return List.copyOf(experts);
  }

  /** In {@code gate_up_proj} each expert's w1 is followed by its w3. */
  private List<MixtralWeights.Expert> readFusedExperts(String layer) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    int count = config.numLocalExperts();
    List<WeightMatrix> gateAndUp =
        tensors.stack(layer + "mlp.experts.gate_up_proj", count, 2, intermediate, hidden);
    List<WeightMatrix> down =
        tensors.stack(layer + "mlp.experts.down_proj", count, 1, hidden, intermediate);
    List<MixtralWeights.Expert> experts = new ArrayList<>();
    for (int expert = 0; expert < count; expert++) {
      experts.add(
          new MixtralWeights.Expert(
              gateAndUp.get(2 * expert), down.get(expert), gateAndUp.get(2 * expert + 1)));
    }
    return List.copyOf(experts);
  }

  /**
   * The head that the names show. A language model may leave out a head that is tied to the
   * embedding; where both are stored the head counts, as in transformers 5.
   */
  private MixtralWeights.Head readHead(WeightMatrix embedTokens) {
    boolean classifier =
        config.architectures().contains("MixtralForSequenceClassification")
            || tensors.has(CLASSIFIER_HEAD) && !tensors.has(LANGUAGE_MODEL_HEAD);
    if (classifier) {
      return new MixtralWeights.Head.Classifier(
          tensors.matrix(CLASSIFIER_HEAD, config.numLabels(), config.hiddenSize()));
    }
    if (!tensors.has(LANGUAGE_MODEL_HEAD)) {
      if (config.tieWordEmbeddings()) {
        return new MixtralWeights.Head.LanguageModel(embedTokens);
      }
      if (prefix.isEmpty() || config.architectures().contains("MixtralModel")) {
        return new MixtralWeights.Head.None();
      }
    }
    return new MixtralWeights.Head.LanguageModel(
        tensors.matrix(LANGUAGE_MODEL_HEAD, config.vocabSize(), config.hiddenSize()));
  }
}
