package io.github.jmixtral;

import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * The tokenizer of a model, if it has one that can be read. What is wrong with it matters when a
 * text comes: ids need none.
 */
final class LoadedTokenizer {
  private final Optional<Tokenizer> found;
  private final Optional<JmixtralException> fault;

  private LoadedTokenizer(Optional<Tokenizer> found, Optional<JmixtralException> fault) {
    this.found = found;
    this.fault = fault;
  }

  static LoadedTokenizer of(CheckpointLayout layout) {
    try {
      return new LoadedTokenizer(layout.tokenizer(), Optional.empty());
    } catch (JmixtralException fault) {
      LoggerFactory.getLogger(LoadedTokenizer.class)
          .warn("{}; the model takes token ids only", fault.getMessage());
      return new LoadedTokenizer(Optional.empty(), Optional.of(fault));
    }
  }

  Optional<Tokenizer> found() {
    return found;
  }

  /**
   * The tokenizer.
   *
   * @param folder where the model is, for the message
   * @throws JmixtralException what is wrong with the tokenizer
   * @throws MissingFileException if the model has none
   */
  Tokenizer require(Path folder) {
    if (fault.isPresent()) {
      throw fault.get();
    }
    return found.orElseThrow(
        () ->
            new MissingFileException(
                folder.toString(),
                "tokenizer.json or tokenizer.model, which texts need (token ids work without)"));
  }
}
