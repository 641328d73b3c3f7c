package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.tensor.RearrangedRows;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Finds the weights of a Mixtral under the tensor names of Mistral AI's own releases. Queries and
 * keys rotate neighbouring elements there, and their rows are put into the Hub's order. How the
 * experts lie is decided by the names that are there:
 *
 * <pre>
 *   apart     feed_forward.gate.weight, feed_forward.experts.E.w1/w2/w3.weight
 *   stacked   block_sparse_moe.gate.weight, block_sparse_moe.w1/w2/w3 [E · F, H], each block of w2 transposed
 * </pre>
 */
final class RawWeightsReader {
  private final NamedTensors<TensorEntry> tensors;
  private final MixtralConfig config;

  RawWeightsReader(Path folder, Map<String, TensorEntry> tensors, MixtralConfig config) {
    this.tensors = new NamedTensors<>(folder, tensors);
    this.config = config;
  }

  /** Whether all experts of a layer lie in one tensor. */
  boolean isStacked() {
    return tensors.has("layers.0.block_sparse_moe.w1");
  }

  /** All weights; every tensor is accounted for. */
  MixtralWeights read() {
    int hidden = config.hiddenSize();
    WeightMatrix embedTokens = matrix("tok_embeddings.weight", config.vocabSize(), hidden);
    List<MixtralWeights.Layer> layers = new ArrayList<>();
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      layers.add(readLayer("layers." + layer + "."));
    }
    float[] norm = vector("norm.weight", hidden);
    boolean tied = config.tieWordEmbeddings() && !tensors.has("output.weight");
    WeightMatrix output = tied ? embedTokens : matrix("output.weight", config.vocabSize(), hidden);
    // Wavelengths follow from the configuration.
    tensors.refuseExtras("params.json", name -> name.endsWith("rope.freqs"));
    return new MixtralWeights(
        embedTokens, List.copyOf(layers), norm, new MixtralWeights.Head.LanguageModel(output));
  }

  private MixtralWeights.Layer readLayer(String layer) {
    int hidden = config.hiddenSize();
    int queryRows = config.numAttentionHeads() * config.headDim();
    int keyValueRows = config.numKeyValueHeads() * config.headDim();
    String gate = layer + (isStacked() ? "block_sparse_moe" : "feed_forward") + ".gate.weight";
    return new MixtralWeights.Layer(
        vector(layer + "attention_norm.weight", hidden),
        rotated(layer + "attention.wq.weight", queryRows, hidden),
        rotated(layer + "attention.wk.weight", keyValueRows, hidden),
        matrix(layer + "attention.wv.weight", keyValueRows, hidden),
        matrix(layer + "attention.wo.weight", hidden, queryRows),
        vector(layer + "ffn_norm.weight", hidden),
        matrix(gate, config.numLocalExperts(), hidden),
        isStacked() ? readStackedExperts(layer) : readExperts(layer));
  }

  private List<MixtralWeights.Expert> readExperts(String layer) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    List<MixtralWeights.Expert> experts = new ArrayList<>();
    for (int expert = 0; expert < config.numLocalExperts(); expert++) {
      String name = layer + "feed_forward.experts." + expert + ".";
      experts.add(
          new MixtralWeights.Expert(
              matrix(name + "w1.weight", intermediate, hidden),
              matrix(name + "w2.weight", hidden, intermediate),
              matrix(name + "w3.weight", intermediate, hidden)));
    }
    return List.copyOf(experts);
  }

  private List<MixtralWeights.Expert> readStackedExperts(String layer) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    int count = config.numLocalExperts();
    List<Long> shape = List.of((long) count * intermediate, (long) hidden);
    TensorEntry w1 = tensors.take(layer + "block_sparse_moe.w1", shape);
    TensorEntry w2 = tensors.take(layer + "block_sparse_moe.w2", shape);
    TensorEntry w3 = tensors.take(layer + "block_sparse_moe.w3", shape);
    List<MixtralWeights.Expert> experts = new ArrayList<>();
    for (int expert = 0; expert < count; expert++) {
      experts.add(
          new MixtralWeights.Expert(
              FloatTensors.matrix(w1, block(w1, expert), intermediate, hidden),
              RearrangedRows.ofTransposed(
                  block(w2, expert), FloatTensors.format(w2), hidden, intermediate),
              FloatTensors.matrix(w3, block(w3, expert), intermediate, hidden)));
    }
    return List.copyOf(experts);
  }

  private MemorySegment block(TensorEntry stack, int expert) {
    long bytes = stack.data().byteSize() / config.numLocalExperts();
    return stack.data().asSlice(expert * bytes, bytes);
  }

  private WeightMatrix rotated(String name, int rows, int cols) {
    TensorEntry tensor = tensors.take(name, List.of((long) rows, (long) cols));
    FloatFormat format = FloatTensors.format(tensor);
    return RearrangedRows.ofNeighbourRotation(tensor.data(), format, rows, cols, config.headDim());
  }

  private WeightMatrix matrix(String name, int rows, int cols) {
    TensorEntry tensor = tensors.take(name, List.of((long) rows, (long) cols));
    return FloatTensors.matrix(tensor, tensor.data(), rows, cols);
  }

  private float[] vector(String name, int size) {
    return FloatTensors.vector(tensors.take(name, List.of((long) size)));
  }
}
