package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * How a checkpoint lies on disk: where its configuration, weights, tokenizer and generation
 * settings are found, and under which names. Nothing is opened until it is asked for.
 */
public sealed interface CheckpointLayout permits HubLayout, RawLayout, GgufLayout {

  /**
   * The layout of what lies at a path, decided by the files that are there.
   *
   * @throws MissingFileException when nothing is there
   * @throws UnsupportedCheckpointException when it is a file, and no GGUF file
   */
  static CheckpointLayout of(Path path) {
    Optional<GgufLayout> gguf = GgufLayout.of(path);
    if (gguf.isPresent()) {
      return gguf.get();
    }
    if (!Files.exists(path)) {
      throw new MissingFileException(
          path.toString(), "there is no such checkpoint folder or GGUF file");
    }
    if (!Files.isDirectory(path)) {
      throw new UnsupportedCheckpointException(
          path.toString(), "this is neither a checkpoint folder nor a GGUF file");
    }
    return RawLayout.isIn(path) ? new RawLayout(path) : new HubLayout(path);
  }

  /** The folder or file. */
  Path path();

  /**
   * The configuration as it is stored.
   *
   * @throws io.github.jmixtral.error.JmixtralException when it is missing, damaged or describes
   *     another model
   */
  MixtralConfig config();

  /**
   * The weights, where the files are mapped.
   *
   * @param config says which tensors there must be, and their shapes
   * @param arena how long the files stay mapped
   * @throws io.github.jmixtral.error.JmixtralException when a file breaks a rule of its format, or
   *     the tensors are not those that the configuration asks for
   */
  StoredWeights weights(MixtralConfig config, Arena arena);

  /**
   * The files that hold the weights, whether or not they are there; of a split GGUF file, its first
   * part.
   *
   * @throws io.github.jmixtral.error.JmixtralException when nothing says which files these are
   */
  List<Path> weightFiles();

  /** Whether there are any weights, whole or not. */
  boolean hasWeights();

  /** The index that maps tensors to files, if there is one. */
  default Optional<Path> indexFile() {
    return Optional.empty();
  }

  /** The file that the tokenizer is read from, if there is one. */
  Optional<Path> tokenizerFile();

  /**
   * The tokenizer, if there is one.
   *
   * @throws io.github.jmixtral.error.JmixtralException when its file is damaged
   */
  default Optional<Tokenizer> tokenizer() {
    return tokenizerFile().map(Tokenizer::fromPretrained);
  }

  /**
   * The generation settings that are stored, if there are any.
   *
   * @throws io.github.jmixtral.error.JmixtralException when their file is damaged
   */
  Optional<GenerationConfig> generationConfig();

  /**
   * The settings that a model generates with: those that are stored, and the ids of its
   * configuration. Where the file of the former is damaged, that is named in the log, and it is as
   * if there were none.
   */
  default GenerationConfig generationSettings(MixtralConfig config) {
    GenerationConfig settings = GenerationConfig.inherit().withEosTokenIds(config.eosTokenIds());
    if (config.bosTokenId().isPresent()) {
      settings = settings.withBosTokenId(config.bosTokenId().getAsInt());
    }
    if (config.padTokenId().isPresent()) {
      settings = settings.withPadTokenId(config.padTokenId().getAsInt());
    }
    try {
      return generationConfig().orElse(GenerationConfig.inherit()).over(settings);
    } catch (MalformedFileException | UncheckedIOException fault) {
      LoggerFactory.getLogger(CheckpointLayout.class)
          .warn("{}; generating with the ids of the configuration alone", fault.getMessage());
      return settings;
    }
  }
}
