package io.github.jmixtral.cli;

import io.github.jmixtral.config.GenerationConfig;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many texts are followed and printed for a prompt, and how they are sped up. */
final class SearchOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--num-beams",
      paramLabel = "N",
      description = "Follow N texts at once and print the likeliest, at its end.")
  private Integer numBeams;

  @Option(
      names = "--length-penalty",
      paramLabel = "X",
      description = "With beams: above 0 favours long texts, below 0 short ones. Default: 1.")
  private Double lengthPenalty;

  @Option(
      names = "--num-return-sequences",
      paramLabel = "N",
      description = "Print N texts for a prompt, one after the other; with sampling or beams.")
  private Integer numReturnSequences;

  @Option(
      names = "--prompt-lookup-num-tokens",
      paramLabel = "N",
      description = "Guess N tokens at once where the text repeats itself: faster, the same text.")
  private Integer promptLookupNumTokens;

  SearchOptions() {}

  /** The given settings with those that were given here. */
  GenerationConfig over(GenerationConfig config) {
    try {
      GenerationConfig result = config;
      if (numBeams != null) {
        result = result.withNumBeams(numBeams);
      }
      if (lengthPenalty != null) {
        result = result.withLengthPenalty(lengthPenalty);
      }
      if (numReturnSequences != null) {
        result = result.withNumReturnSequences(numReturnSequences);
      }
      if (promptLookupNumTokens != null) {
        result = result.withPromptLookupNumTokens(promptLookupNumTokens);
      }
      return result;
    } catch (IllegalArgumentException failure) {
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
  }
}
