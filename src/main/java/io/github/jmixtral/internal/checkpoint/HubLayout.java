package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.format.ModelFiles;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.format.TensorFolder;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A folder as the Hub lays it out: {@code config.json}, {@code model.safetensors} or shards with
 * their index (or what stands for them, as {@link TensorFolder} finds it), a tokenizer and
 * generation settings.
 *
 * @param path the folder
 */
record HubLayout(Path path) implements CheckpointLayout {

  @Override
  public MixtralConfig config() {
    return MixtralConfig.fromPretrained(path);
  }

  @Override
  public StoredWeights weights(MixtralConfig config, Arena arena) {
    TensorFolder folder = TensorFolder.open(path, arena);
    MixtralWeights weights =
        new HubWeightsReader(folder, config, QuantizationConfig.read(path)).read();
    Collection<TensorEntry> tensors = folder.tensors().values();
    return new StoredWeights(
        weights,
        CheckpointContents.of(name(tensors, weights), tensors, weights),
        tensors.stream().map(TensorEntry::data).toList());
  }

  private static String name(Collection<TensorEntry> tensors, MixtralWeights weights) {
    if (tensors.stream().anyMatch(tensor -> tensor.name().endsWith(".mlp.gate.weight"))) {
      return "hub-fused";
    }
    boolean tiles = weights.matrices().stream().anyMatch(WeightMatrix::isTiled);
    return tiles ? "quantized" : "hub";
  }

  @Override
  public List<Path> weightFiles() {
    return TensorFolder.files(path);
  }

  @Override
  public boolean hasWeights() {
    return TensorFolder.hasWeights(path);
  }

  @Override
  public Optional<Path> indexFile() {
    return TensorFolder.index(path);
  }

  @Override
  public Optional<Path> tokenizerFile() {
    return ModelFiles.tokenizer(path);
  }

  @Override
  public Optional<GenerationConfig> generationConfig() {
    return generationConfig(path);
  }

  /** The settings under the usual name. */
  static Optional<GenerationConfig> generationConfig(Path folder) {
    return Files.exists(folder.resolve(ModelFiles.GENERATION_CONFIG))
        ? Optional.of(GenerationConfig.fromPretrained(folder))
        : Optional.empty();
  }
}
