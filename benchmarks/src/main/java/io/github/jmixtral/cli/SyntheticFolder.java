package io.github.jmixtral.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Two layers of the width of Mixtral 8x7B with random 4-bit weights: 1.8 GB. */
final class SyntheticFolder {
  /** Where they are put, and found again: below the project's root. */
  static final String DEFAULT = "benchmarks/target/two-layers";

  private SyntheticFolder() {}

  /** The folder, which is written where it is missing. */
  static Path prepare(String name) {
    Path folder = Path.of(name);
    if (!Files.exists(folder)) {
      Terminal terminal =
          new Terminal(
              InputStream.nullInputStream(),
              OutputStream.nullOutputStream(),
              new PrintStream(System.err, true, StandardCharsets.UTF_8),
              false,
              Optional.empty());
      int exitCode = Main.run(terminal, "synthesize", name, "--layers", "2", "--recipe", "q4-all");
      if (exitCode != Main.GOOD) {
        throw new IllegalStateException(name + ": cannot be written");
      }
    }
    return folder;
  }
}
