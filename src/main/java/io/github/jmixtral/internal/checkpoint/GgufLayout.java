package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufMetadata;
import io.github.jmixtral.internal.format.GgufTensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A GGUF file, as llama.cpp reads it: weights, configuration and tokenizer in one.
 *
 * @param path the file, any part of a split one, or the folder that was given
 * @param file the file itself
 */
public record GgufLayout(Path path, Path file) implements CheckpointLayout {

  /** The layout of a GGUF file, or of a folder that holds one and no other weights. */
  public static Optional<GgufLayout> of(Path path) {
    return GgufFile.find(path).map(file -> new GgufLayout(path, file));
  }

  @Override
  public MixtralConfig config() {
    try (Arena arena = Arena.ofConfined()) {
      return GgufConfig.read(GgufFile.open(file, arena));
    }
  }

  @Override
  public StoredWeights weights(MixtralConfig config, Arena arena) {
    GgufFile opened = GgufFile.open(file, arena);
    MixtralWeights weights = new GgufWeightsReader(opened, config).read();
    SortedMap<String, CheckpointContents.Share> formats = new TreeMap<>();
    for (GgufTensor tensor : opened.tensors().values()) {
      long parameters = tensor.shape().stream().reduce(1L, (a, b) -> a * b);
      formats.merge(
          tensor.type().name(),
          new CheckpointContents.Share(1, parameters, tensor.data().byteSize()),
          CheckpointContents.Share::plus);
    }
    List<Path> files =
        opened.tensors().values().stream().map(GgufTensor::file).distinct().sorted().toList();
    return new StoredWeights(
        weights,
        new CheckpointContents("gguf", files, formats),
        opened.tensors().values().stream().map(GgufTensor::data).toList());
  }

  @Override
  public boolean hasWeights() {
    return true;
  }

  @Override
  public List<Path> weightFiles() {
    return List.of(file);
  }

  @Override
  public Optional<Path> tokenizerFile() {
    try (Arena arena = Arena.ofConfined()) {
      boolean found = GgufMetadata.of(GgufFile.open(file, arena)).hasTokenizer();
      return found ? Optional.of(file) : Optional.empty();
    }
  }

  @Override
  public Optional<GenerationConfig> generationConfig() {
    return Optional.empty();
  }
}
