package io.github.jmixtral.tokenizer;

import java.nio.file.Path;
import java.util.Optional;

/** Where a tokenizer comes from, so that it can be written elsewhere. */
sealed interface TokenizerSource permits TokenizerFolder, GgufTokenizer {

  /** Whether BOS is put in front of texts, as the folder says; empty if the file alone decides. */
  Optional<Boolean> addsBos(TokenizerConfig config);

  /** Whether EOS is put behind texts, as the folder says; empty if the file alone decides. */
  Optional<Boolean> addsEos(TokenizerConfig config);

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
