package io.github.jmixtral;

import io.github.jmixtral.config.LoadOptions;
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
 *
 * @param model where the model is
 * @param fault what {@link #require} throws where none was found
 */
record ModelTokenizer(Path model, Optional<Tokenizer> found, Optional<JmixtralException> fault) {

  static ModelTokenizer of(CheckpointLayout layout, LoadOptions options) {
    try {
      Optional<Tokenizer> found =
          layout
              .tokenizer()
              .map(
                  tokenizer ->
                      options
                          .parseSpecialTokens()
                          .map(tokenizer::withParseSpecialTokens)
                          .orElse(tokenizer));
      return new ModelTokenizer(layout.path(), found, Optional.empty());
    } catch (JmixtralException fault) {
      LoggerFactory.getLogger(ModelTokenizer.class)
          .warn("{}; the model takes token ids only", fault.getMessage());
      return new ModelTokenizer(layout.path(), Optional.empty(), Optional.of(fault));
    }
  }

  /**
   * The tokenizer.
   *
   * @throws JmixtralException what is wrong with the tokenizer
   * @throws MissingFileException if the model has none
   */
  Tokenizer require() {
    if (fault.isPresent()) {
      throw fault.get();
    }
    return found.orElseThrow(
        () ->
            new MissingFileException(
                model.toString(),
                "the folder has no tokenizer.json or tokenizer.model; add one, or use token ids"
                    + " instead of texts"));
  }

  /**
   * Writes the tokenizer, if there is one, into the folder of a model.
   *
   * @param others writes the rest before; not called if the tokenizer does not fit the folder
   */
  void savePretrained(Path target, Runnable others) {
    found.ifPresent(tokenizer -> tokenizer.requireSavable(target));
    others.run();
    found.ifPresent(tokenizer -> tokenizer.savePretrained(target));
  }
}
