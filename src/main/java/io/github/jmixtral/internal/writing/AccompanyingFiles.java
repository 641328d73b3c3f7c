package io.github.jmixtral.internal.writing;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.format.ModelFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a folder holds beside weights and their configuration. */
public final class AccompanyingFiles {
  private static final String GENERATION_CONFIG = ModelFiles.GENERATION_CONFIG;

  /** Copied as they are. */
  private static final List<String> FILES =
      List.of(
          GENERATION_CONFIG,
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "chat_template.jinja",
          "additional_chat_templates/tool_use.jinja",
          "chat_template.json");

  private AccompanyingFiles() {}

  /**
   * Writes tokenizer and generation settings of a checkpoint into a folder: the files as they are,
   * and what is kept in another way under the usual names.
   */
  public static void write(CheckpointLayout layout, MixtralConfig config, Path folder) {
    for (String name : FILES) {
      Path file = layout.path().resolve(name);
      if (Files.isRegularFile(file)) {
        try {
          Path copy = folder.resolve(name);
          Files.createDirectories(copy.getParent());
          Files.copy(file, copy);
        } catch (IOException failure) {
          throw new UncheckedIOException(file + ": cannot be copied", failure);
        }
      }
    }
    if (ModelFiles.tokenizer(folder).isEmpty()) {
      layout.tokenizer().ifPresent(tokenizer -> tokenizer.savePretrained(folder));
    }
    if (!Files.exists(folder.resolve(GENERATION_CONFIG))) {
      layout.generationSettings(config).savePretrained(folder);
    }
  }
}
