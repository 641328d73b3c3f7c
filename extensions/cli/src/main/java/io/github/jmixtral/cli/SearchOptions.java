package io.github.jmixtral.cli;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many texts are followed and printed for a prompt, and how they are sped up. */
final class SearchOptions {
  private static final List<String> NOT_PRINTED =
      List.of(
          "output_scores",
          "output_logits",
          "output_hidden_states",
          "output_attentions",
          "output_router_logits");

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
      description =
          "Guess up to N tokens at once where the text repeats itself: faster, the same text.")
  private Integer promptLookupNumTokens;

  @Option(
      names = "--guidance-scale",
      paramLabel = "X",
      description =
          "Above 1: lean away from what would follow without the prompt, or after the negative"
              + " one. Takes twice as long.")
  private Double guidanceScale;

  @Option(
      names = "--negative-prompt",
      paramLabel = "TEXT",
      description = "What --guidance-scale leans away from, in the place of an empty prompt.")
  private String negativePrompt;

  @Option(
      names = "--top-logprobs",
      paramLabel = "N",
      description =
          "With --json, add the log probabilities of each chosen id and of the N likeliest.")
  private Integer topLogprobs;

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
      if (guidanceScale != null) {
        result = result.withGuidanceScale(guidanceScale);
      }
      if (topLogprobs != null) {
        result = result.withTopLogprobs(topLogprobs);
      }
      requireOutputsThatArePrinted(result);
      return result;
    } catch (IllegalArgumentException failure) {
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
  }

  private static void requireOutputsThatArePrinted(GenerationConfig config) {
    for (String output : NOT_PRINTED) {
      if (config.setting(output, Boolean.class).orElse(false)) {
        throw new IllegalArgumentException(
            output + " is not printed; use --top-logprobs with --json instead");
      }
    }
  }

  /**
   * The negative prompt, if one was given.
   *
   * @param config nothing is inherited any more
   */
  Optional<Prompt> negativePrompt(GenerationConfig config, Supplier<Tokenizer> tokenizer) {
    if (negativePrompt == null) {
      return Optional.empty();
    }
    if (config.setting("guidance_scale", Double.class).orElse(1.0) == 1) {
      throw new ParameterException(spec.commandLine(), "--negative-prompt needs --guidance-scale");
    }
    return Optional.of(Prompt.ids(tokenizer.get().encode(negativePrompt, true)));
  }
}
