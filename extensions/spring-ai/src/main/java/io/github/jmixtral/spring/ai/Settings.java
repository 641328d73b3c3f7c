package io.github.jmixtral.spring.ai;

import io.github.jmixtral.config.GenerationConfig;

/** Options of Spring AI as settings of the library. */
final class Settings {
  /** Below it a temperature of the library is no longer one, and takes the likeliest. */
  private static final double LEAST_TEMPERATURE = 1e-30;

  private Settings() {}

  /**
   * The settings of options.
   *
   * @param room how many new tokens the context has room for behind the prompt
   * @throws IllegalArgumentException if a value is out of its range
   */
  static GenerationConfig of(JmixtralChatOptions options, int room) {
    GenerationConfig config = sampling(options);
    Double frequencyPenalty = options.getFrequencyPenalty();
    if (frequencyPenalty != null) {
      config = config.withFrequencyPenalty(frequencyPenalty);
    }
    Double presencePenalty = options.getPresencePenalty();
    if (presencePenalty != null) {
      config = config.withPresencePenalty(presencePenalty);
    }
    if (options.getStopSequences() != null && !options.getStopSequences().isEmpty()) {
      config =
          config
              .withStopStrings(options.getStopSequences().toArray(String[]::new))
              .withIncludeStopString(false);
    }
    Integer maxTokens = options.getMaxTokens();
    if (maxTokens != null) {
      config = config.withMaxNewTokens(room < 1 ? maxTokens : Math.min(maxTokens, room));
    }
    return config;
  }

  private static GenerationConfig sampling(JmixtralChatOptions options) {
    GenerationConfig config = options.getGenerationConfig();
    Double temperature = options.getTemperature();
    Integer topK = options.getTopK();
    Double topP = options.getTopP();
    if (temperature != null) {
      boolean samples = !(temperature >= 0 && temperature < LEAST_TEMPERATURE);
      config = config.withDoSample(samples);
      config = samples ? config.withTemperature(temperature) : config;
    } else if ((topK != null || topP != null) && config.doSample().isEmpty()) {
      config = config.withDoSample(true);
    }
    config = topK == null ? config : config.withTopK(topK);
    return topP == null ? config : config.withTopP(topP);
  }
}
