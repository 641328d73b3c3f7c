package io.github.jmixtral.cli;

import io.github.jmixtral.config.GenerationConfig;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * How the next token is chosen and when the text ends. What is not given inherits from the model's
 * {@code generation_config.json}, except that a flag that only makes sense for sampling turns
 * sampling on.
 */
final class SamplingOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description =
          "Most new tokens. Default: the model's setting, else 256 (chat: to the end of the"
              + " context).")
  private Integer maxNewTokens;

  @Option(
      names = "--min-new-tokens",
      paramLabel = "N",
      description = "Tokens before which the text must not end.")
  private Integer minNewTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Sample, below 1 more carefully, above 1 more wildly; 0 is --greedy.")
  private Double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Sample among the K likeliest tokens; 0 for all. Default when sampling: 50.")
  private Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Sample among the likeliest tokens whose probabilities reach P.")
  private Double topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Sample among tokens at least P times as likely as the likeliest.")
  private Double minP;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Sample repeatably. Default: differently each time.")
  private Long seed;

  @Option(
      names = "--greedy",
      description = "Take the likeliest token each time, whatever else is said.")
  private boolean greedy;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      description = "Above 1 makes tokens that occurred less likely.")
  private Double repetitionPenalty;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End after this text; may be given several times.")
  private List<String> stopStrings = List.of();

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description = {
        "Any setting by its name in generation_config.json, with a value as it would stand there;"
            + " wins over the other flags. Such as --set no_repeat_ngram_size=3,"
            + " --set bad_words_ids=[[7],[8,9]]."
      })
  private List<String> settings = List.of();

  SamplingOptions() {}

  /** The settings that were given. */
  GenerationConfig config() {
    try {
      GenerationConfig config = lengths(sampling(GenerationConfig.inherit()));
      for (String setting : settings) {
        int end = setting.indexOf('=');
        if (end < 0) {
          throw WrongValue.of(spec, "--set", "NAME=VALUE", setting);
        }
        config = config.withSetting(setting.substring(0, end), setting.substring(end + 1));
      }
      return config.doSample().isEmpty() && asksForSampling(config)
          ? config.withDoSample(true)
          : config;
    } catch (IllegalArgumentException failure) {
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
  }

  private GenerationConfig sampling(GenerationConfig config) {
    GenerationConfig result = config;
    boolean coldest = temperature != null && temperature == 0;
    if (greedy || coldest) {
      result = result.withDoSample(false);
    }
    if (temperature != null && !coldest) {
      result = result.withTemperature(temperature);
    }
    if (topK != null) {
      result = result.withTopK(topK);
    }
    if (topP != null) {
      result = result.withTopP(topP);
    }
    if (minP != null) {
      result = result.withMinP(minP);
    }
    if (seed != null) {
      result = result.withSeed(seed);
    }
    return result;
  }

  /** Whether something is set that only makes sense for sampling. */
  private static boolean asksForSampling(GenerationConfig config) {
    return config.seed().isPresent()
        || config.topK().isPresent()
        || Stream.of("temperature", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")
            .anyMatch(setting -> config.setting(setting, Double.class).isPresent());
  }

  private GenerationConfig lengths(GenerationConfig config) {
    GenerationConfig result = config;
    if (maxNewTokens != null) {
      result = result.withMaxNewTokens(maxNewTokens);
    }
    if (minNewTokens != null) {
      result = result.withMinNewTokens(minNewTokens);
    }
    if (repetitionPenalty != null) {
      result = result.withRepetitionPenalty(repetitionPenalty);
    }
    if (!stopStrings.isEmpty()) {
      result = result.withStopStrings(stopStrings.toArray(String[]::new));
    }
    return result;
  }
}
