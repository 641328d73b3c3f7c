package io.github.jmixtral.benchmarks.model;

import io.github.jmixtral.cli.synthesis.SyntheticCheckpoint;
import io.github.jmixtral.cli.synthesis.SyntheticShape;
import io.github.jmixtral.config.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Two layers of the width of Mixtral 8x7B with random 4-bit weights: 1.8 GB. */
final class SyntheticFolder {
  /** Where they are put, and found again: below the project's root. */
  static final String DEFAULT = "benchmarks/target/two-layers";

  private static final int LAYERS = 2;

  private SyntheticFolder() {}

  /** The folder, which is written where it is missing. */
  static Path prepare(String name) {
    Path folder = Path.of(name);
    if (!Files.exists(folder)) {
      System.err.println(name + ": is being written, 1.8 GB");
      new SyntheticCheckpoint(
              SyntheticShape.MIXTRAL_8X7B.config(LAYERS), Optional.of(Recipe.Q4_ALL), 0)
          .write(folder, _ -> {}, _ -> {});
    }
    return folder;
  }
}
