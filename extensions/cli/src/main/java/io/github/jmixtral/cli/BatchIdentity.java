package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the answers of a batch depend on beside its lines. */
final class BatchIdentity {
  private BatchIdentity() {}

  /**
   * Distinguishes runs of different models, or with options that change answers: name and
   * configuration, the sizes of the model's files, and how weights and cache are stored. Neither
   * the number of threads nor that of requests at once changes an answer.
   */
  static String of(Path folder, String name, LoadOptions options) {
    return String.join(
        "\n",
        name,
        MixtralConfig.fromPretrained(folder).toString(),
        String.join("\n", sizes(folder)),
        options.activations()
            + " "
            + options.cacheFormat()
            + " "
            + options.slidingWindow()
            + " "
            + options.inexactWeights());
  }

  /** Files of lines are not the model's. */
  private static List<String> sizes(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of(Long.toString(folder.toFile().length()));
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> Files.isRegularFile(file) && !file.toString().endsWith(".jsonl"))
          .map(file -> file.getFileName() + " " + file.toFile().length())
          .sorted()
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
