package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.internal.format.ModelFiles;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.format.TensorFolder;
import io.github.jmixtral.internal.format.TorchFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder as Mistral AI releases it: {@code params.json}, {@code tokenizer.model} or {@code
 * tokenizer.model.v3}, and the weights in {@code consolidated.safetensors}, {@code
 * consolidated.00.pth} or several {@code consolidated.NN.pt}.
 *
 * @param path the folder
 */
public record RawLayout(Path path) implements CheckpointLayout {
  /** The weights, where they are not pickled. */
  public static final String SINGLE_FILE = "consolidated.safetensors";

  /** Endings of the files of weights; where there are several, the first one counts. */
  private static final List<String> ENDINGS = List.of(".safetensors", ".pth", ".pt");

  /** Whether a folder holds a raw release and not the Hub's files, which count where both are. */
  static boolean isIn(Path folder) {
    boolean described =
        Files.exists(folder.resolve(ModelFiles.PARAMS))
            && !Files.exists(folder.resolve(ModelFiles.CONFIG));
    return described || !TensorFolder.hasWeights(folder) && !weightFiles(folder).isEmpty();
  }

  /** Copies of a release on the Hub may have its config.json alone. */
  @Override
  public MixtralConfig config() {
    Path params = path.resolve(ModelFiles.PARAMS);
    return Files.exists(params) || !Files.exists(path.resolve(ModelFiles.CONFIG))
        ? MixtralConfig.fromPretrained(params)
        : MixtralConfig.fromPretrained(path);
  }

  @Override
  public StoredWeights weights(MixtralConfig config, Arena arena) {
    Map<String, TensorEntry> tensors = new LinkedHashMap<>();
    for (Path file : weightFiles()) {
      Map<String, TensorEntry> opened =
          file.toString().endsWith(ENDINGS.getFirst())
              ? SafetensorsFile.open(file, arena).tensors()
              : TorchFile.open(file, arena);
      opened.values().forEach(tensor -> addOnce(tensor, tensors));
    }
    RawWeightsReader reader = new RawWeightsReader(path, tensors, config);
    MixtralWeights weights = reader.read();
    String name = reader.isStacked() ? "raw-stacked" : "raw";
    return new StoredWeights(
        weights,
        CheckpointContents.of(name, tensors.values(), weights),
        tensors.values().stream().map(TensorEntry::data).toList());
  }

  /** Files of the same names would be the parts of a model that is split across machines. */
  private static void addOnce(TensorEntry tensor, Map<String, TensorEntry> tensors) {
    TensorEntry other = tensors.put(tensor.name(), tensor);
    if (other != null) {
      throw new MalformedFileException(
          tensor.place(), "the tensor is in " + other.file() + ", too");
    }
  }

  @Override
  public List<Path> weightFiles() {
    List<Path> files = weightFiles(path);
    if (files.isEmpty()) {
      throw new MissingFileException(
          path.toString(), "the folder has no weights: no consolidated.safetensors, .pth or .pt");
    }
    return files;
  }

  @Override
  public boolean hasWeights() {
    return !weightFiles(path).isEmpty();
  }

  private static List<Path> weightFiles(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> consolidated =
          files
              .filter(file -> file.getFileName().toString().startsWith("consolidated"))
              .filter(Files::isRegularFile)
              .sorted()
              .toList();
      return ENDINGS.stream()
          .map(ending -> consolidated.stream().filter(f -> f.toString().endsWith(ending)).toList())
          .filter(found -> !found.isEmpty())
          .findFirst()
          .orElse(List.of());
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be listed", failure);
    }
  }

  @Override
  public Optional<Path> tokenizerFile() {
    return ModelFiles.tokenizer(path);
  }

  @Override
  public Optional<GenerationConfig> generationConfig() {
    return HubLayout.generationConfig(path);
  }
}
