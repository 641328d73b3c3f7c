package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.tokenizer.Tokenizer;
import picocli.CommandLine.Option;

/** How a plain text becomes ids: the options of commands that take one. */
final class TextOptions {
  @Option(
      names = "--parse-special-tokens",
      negatable = true,
      description = {
        "Whether the text of a special token, such as </s>, becomes the token's id. Default: as the"
            + " reference of the file does, yes for a tokenizer.json and GGUF, no for a"
            + " tokenizer.model."
      })
  private Boolean parseSpecialTokens;

  TextOptions() {}

  LoadOptions over(LoadOptions options) {
    return parseSpecialTokens == null
        ? options
        : options.withParseSpecialTokens(parseSpecialTokens);
  }

  Tokenizer over(Tokenizer tokenizer) {
    return parseSpecialTokens == null
        ? tokenizer
        : tokenizer.withParseSpecialTokens(parseSpecialTokens);
  }
}
