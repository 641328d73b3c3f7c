package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.ArrayList;
import java.util.List;

/** Finds the weights of a Mixtral under the names of {@link GgufNames}. */
final class GgufWeightsReader {
  private final GgufTensors tensors;
  private final MixtralConfig config;

  GgufWeightsReader(GgufFile file, MixtralConfig config) {
    this.tensors = new GgufTensors(file);
    this.config = config;
  }

  /** All weights; every tensor of the file is accounted for. */
  MixtralWeights read() {
    int hidden = config.hiddenSize();
    WeightMatrix embedTokens = tensors.matrix(GgufNames.EMBEDDING, config.vocabSize(), hidden);
    List<MixtralWeights.Layer> layers = new ArrayList<>();
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      layers.add(readLayer(GgufNames.layer(layer)));
    }
    float[] norm = tensors.vector(GgufNames.NORM, hidden);
    WeightMatrix head =
        tensors.has(GgufNames.HEAD)
            ? tensors.matrix(GgufNames.HEAD, config.vocabSize(), hidden)
            : embedTokens;
    tensors.refuseExtras();
    return new MixtralWeights(
        embedTokens, List.copyOf(layers), norm, new MixtralWeights.Head.LanguageModel(head));
  }

  private MixtralWeights.Layer readLayer(String layer) {
    int hidden = config.hiddenSize();
    int headDim = config.headDim();
    int keyValueHeads = config.numKeyValueHeads();
    return new MixtralWeights.Layer(
        tensors.vector(layer + GgufNames.ATTENTION_NORM, hidden),
        tensors.rotated(layer + GgufNames.QUERY, config.numAttentionHeads(), headDim, hidden),
        tensors.rotated(layer + GgufNames.KEY, keyValueHeads, headDim, hidden),
        tensors.matrix(layer + GgufNames.VALUE, keyValueHeads * headDim, hidden),
        tensors.matrix(layer + GgufNames.OUTPUT, hidden, config.numAttentionHeads() * headDim),
        tensors.vector(layer + GgufNames.EXPERTS_NORM, hidden),
        tensors.matrix(layer + GgufNames.ROUTER, config.numLocalExperts(), hidden),
        readExperts(layer));
  }

  private List<MixtralWeights.Expert> readExperts(String layer) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    List<WeightMatrix> gate = projection(layer + GgufNames.GATE, intermediate, hidden);
    List<WeightMatrix> down = projection(layer + GgufNames.DOWN, hidden, intermediate);
    List<WeightMatrix> up = projection(layer + GgufNames.UP, intermediate, hidden);
    List<MixtralWeights.Expert> experts = new ArrayList<>();
    for (int expert = 0; expert < config.numLocalExperts(); expert++) {
      experts.add(new MixtralWeights.Expert(gate.get(expert), down.get(expert), up.get(expert)));
    }
    return List.copyOf(experts);
  }

  /** One of the three matrices of each expert, stacked or, in older files, apart. */
  private List<WeightMatrix> projection(String name, int rows, int cols) {
    if (!tensors.has(GgufNames.single(name, 0))) {
      return tensors.stack(GgufNames.stack(name), config.numLocalExperts(), rows, cols);
    }
    List<WeightMatrix> experts = new ArrayList<>();
    for (int expert = 0; expert < config.numLocalExperts(); expert++) {
      experts.add(tensors.matrix(GgufNames.single(name, expert), rows, cols));
    }
    return experts;
  }
}
