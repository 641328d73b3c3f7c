package io.github.jmixtral.internal.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of a model's folder besides its weights. */
public final class ModelFiles {
  public static final String CONFIG = "config.json";
  public static final String PARAMS = "params.json";
  public static final String GENERATION_CONFIG = "generation_config.json";
  public static final String TOKENIZER_JSON = "tokenizer.json";
  public static final String TOKENIZER_MODEL = "tokenizer.model";

  /** Mistral AI's later releases name their tokenizer's version behind the usual name. */
  private static final Pattern VERSIONED = Pattern.compile("tokenizer\\.model\\.v[0-9]+");

  private ModelFiles() {}

  /** The vocabulary of a folder's tokenizer; of several versions the latest. */
  public static Optional<Path> tokenizer(Path folder) {
    return Stream.of(TOKENIZER_JSON, TOKENIZER_MODEL)
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .or(() -> versionedTokenizer(folder));
  }

  private static Optional<Path> versionedTokenizer(Path folder) {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> VERSIONED.matcher(file.getFileName().toString()).matches())
          .filter(Files::isRegularFile)
          .max(Comparator.naturalOrder());
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be listed", failure);
    }
  }
}
