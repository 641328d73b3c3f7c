package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the answers of a batch depend on beside its lines. */
final class BatchIdentity {
  /** Too large to be read for this alone: their sizes have to do. */
  private static final Pattern WEIGHTS = Pattern.compile(".*\\.(safetensors|gguf|bin|pt|pth)");

  /** Settings, tokenizers and templates. */
  private static final Pattern TEXTS = Pattern.compile(".*\\.(json|jinja|model|model\\.v[0-9]+)");

  /** Templates may lie in a folder of their own. */
  private static final int DEPTH = 2;

  private BatchIdentity() {}

  /**
   * Distinguishes runs of different models, or with options that change answers: name and
   * configuration, the sizes of the model's weights and the contents of its other files, and how
   * weights and cache are stored. Neither the number of threads nor that of requests at once
   * changes an answer, nor do files of other kinds in the model's folder.
   */
  static String of(Path folder, String name, LoadOptions options) {
    return String.join(
        "\n",
        name,
        MixtralConfig.fromPretrained(folder).toString(),
        String.join("\n", files(folder)),
        options.activations()
            + " "
            + options.cacheFormat()
            + " "
            + options.slidingWindow()
            + " "
            + options.inexactWeights());
  }

  /** A line for each file. */
  private static List<String> files(Path path) {
    if (!Files.isDirectory(path)) {
      return List.of(Long.toString(path.toFile().length()));
    }
    try (Stream<Path> files = Files.walk(path.toRealPath(), DEPTH)) {
      return files
          .filter(Files::isRegularFile)
          .map(path.toRealPath()::relativize)
          .map(Path::toString)
          .filter(name -> WEIGHTS.matcher(name).matches() || TEXTS.matcher(name).matches())
          .sorted()
          .map(name -> name + " " + content(path.resolve(name)))
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static String content(Path file) {
    try {
      return WEIGHTS.matcher(file.toString()).matches()
          ? Long.toString(Files.size(file))
          : HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (IOException failure) {
      throw new UncheckedIOException(file + ": cannot be read", failure);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
