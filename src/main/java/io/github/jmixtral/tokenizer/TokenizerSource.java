package io.github.jmixtral.tokenizer;

import java.nio.file.Path;

/** Where a tokenizer comes from, so that it can be written elsewhere. */
sealed interface TokenizerSource permits TokenizerFolder, GgufTokenizer {

  /** Whether the file is named as a vocabulary of the second version of Mistral's chat format. */
  boolean isVersionTwo();

  /**
   * Checks that a folder can take the tokenizer.
   *
   * @throws IllegalArgumentException if the folder holds a file of another tokenizer that would not
   *     be overwritten
   */
  void requireFits(Path folder);

  /**
   * Writes the tokenizer's files to a folder.
   *
   * @throws IllegalArgumentException as {@link #requireFits}
   */
  void copyTo(Path folder);
}
