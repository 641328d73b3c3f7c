package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.internal.format.ModelFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files of a tokenizer: its vocabulary and what stands beside it.
 *
 * @param vocabularyFile the file with the vocabulary
 */
record TokenizerFolder(Path vocabularyFile) implements TokenizerSource {
  static final String TOKENIZER_JSON = ModelFiles.TOKENIZER_JSON;
  static final String TOKENIZER_MODEL = ModelFiles.TOKENIZER_MODEL;
  static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";
  static final String ADDED_TOKENS = "added_tokens.json";
  static final String CHAT_TEMPLATE = "chat_template.jinja";
  static final String TOOL_USE_TEMPLATE = "additional_chat_templates/tool_use.jinja";

  private static final String VERSION_TWO = ".model.v2";

  private static final List<String> BESIDE =
      List.of(TOKENIZER_CONFIG, SPECIAL_TOKENS_MAP, ADDED_TOKENS, CHAT_TEMPLATE, TOOL_USE_TEMPLATE);

  /** Every file that a tokenizer may have. */
  static final List<String> FILES =
      Stream.concat(Stream.of(TOKENIZER_JSON, TOKENIZER_MODEL), BESIDE.stream()).toList();

  /** The tokenizer of a folder (a tokenizer.json wins), or the one in a file. */
  static TokenizerFolder of(Path folderOrFile) {
    if (Files.isRegularFile(folderOrFile)) {
      return new TokenizerFolder(folderOrFile.toAbsolutePath());
    }
    return ModelFiles.tokenizer(folderOrFile)
        .map(file -> new TokenizerFolder(file.toAbsolutePath()))
        .orElseThrow(
            () ->
                new MissingFileException(
                    folderOrFile.toString(),
                    "the folder has no " + TOKENIZER_JSON + " or " + TOKENIZER_MODEL));
  }

  boolean isJson() {
    return vocabularyFile.getFileName().toString().endsWith(".json");
  }

  /** Beside a tokenizer.json transformers 5 passes the setting over. */
  @Override
  public Optional<Boolean> addsBos(TokenizerConfig config) {
    return isJson() ? Optional.empty() : config.addBos();
  }

  @Override
  public Optional<Boolean> addsEos(TokenizerConfig config) {
    return isJson() ? Optional.empty() : config.addEos();
  }

  @Override
  public boolean isVersionTwo() {
    return vocabularyFile.getFileName().toString().endsWith(VERSION_TWO);
  }

  /** A file beside the vocabulary. */
  Optional<Path> beside(String name) {
    return Optional.of(vocabularyFile.resolveSibling(name)).filter(Files::isRegularFile);
  }

  @Override
  public void requireFits(Path folder) {
    String other = isJson() ? TOKENIZER_MODEL : TOKENIZER_JSON;
    requireNoOther(isJson() ? beside(TOKENIZER_MODEL) : Optional.empty(), folder.resolve(other));
    for (String name : BESIDE) {
      requireNoOther(beside(name), folder.resolve(name));
    }
  }

  static void requireNoOther(Optional<Path> from, Path to) {
    if (from.isEmpty() && Files.exists(to)) {
      throw new IllegalArgumentException(
          to + ": the file belongs to another tokenizer; delete it or name another folder");
    }
  }

  /**
   * Copies the files to a folder, the vocabulary under its usual name, which tells version 2 from
   * 3.
   *
   * @throws IllegalArgumentException if the folder holds a file of another tokenizer that would not
   *     be overwritten
   */
  @Override
  public void copyTo(Path folder) {
    requireFits(folder);
    String sentencePiece = isVersionTwo() ? TOKENIZER_MODEL + ".v2" : TOKENIZER_MODEL;
    String vocabularyName = isJson() ? TOKENIZER_JSON : sentencePiece;
    try {
      Files.createDirectories(folder);
      copy(Optional.of(vocabularyFile), folder.resolve(vocabularyName));
      if (isJson()) {
        // For other tools; we read the tokenizer.json.
        copy(beside(TOKENIZER_MODEL), folder.resolve(TOKENIZER_MODEL));
      }
      for (String name : BESIDE) {
        copy(beside(name), folder.resolve(name));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          folder + ": the tokenizer cannot be written: " + e.getMessage(), e);
    }
  }

  private static void copy(Optional<Path> from, Path to) throws IOException {
    if (from.isPresent() && (!Files.exists(to) || !Files.isSameFile(from.get(), to))) {
      Files.createDirectories(to.getParent());
      Path written = to.resolveSibling(to.getFileName() + ".part");
      Files.copy(from.get(), written, StandardCopyOption.REPLACE_EXISTING);
      Files.move(written, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
