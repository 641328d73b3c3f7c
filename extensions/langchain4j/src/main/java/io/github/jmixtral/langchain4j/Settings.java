package io.github.jmixtral.langchain4j;

import io.github.jmixtral.config.GenerationConfig;
import java.util.List;

/** Parameters of LangChain4j as settings of the library. */
final class Settings {
  /** Below it a temperature of the library is no longer one, and takes the likeliest. */
  private static final double LEAST_TEMPERATURE = 1e-30;

  private Settings() {}

  /**
   * The settings of parameters.
   *
   * @param room how many new tokens the context has room for behind the prompt
   * @throws IllegalArgumentException if a value is out of its range
   */
  static GenerationConfig of(JmixtralChatRequestParameters parameters, int room) {
    GenerationConfig config = sampling(parameters);
    Double frequencyPenalty = parameters.frequencyPenalty();
    if (frequencyPenalty != null) {
      config = config.withFrequencyPenalty(frequencyPenalty);
    }
    Double presencePenalty = parameters.presencePenalty();
    if (presencePenalty != null) {
      config = config.withPresencePenalty(presencePenalty);
    }
    List<String> stopSequences = parameters.stopSequences();
    if (!stopSequences.isEmpty()) {
      config =
          config.withStopStrings(stopSequences.toArray(String[]::new)).withIncludeStopString(false);
    }
    Integer maxOutputTokens = parameters.maxOutputTokens();
    if (maxOutputTokens != null) {
      config =
          config.withMaxNewTokens(room < 1 ? maxOutputTokens : Math.min(maxOutputTokens, room));
    }
    return config;
  }

  private static GenerationConfig sampling(JmixtralChatRequestParameters parameters) {
    GenerationConfig given = parameters.generationConfig();
    GenerationConfig config = given == null ? GenerationConfig.inherit() : given;
    Double temperature = parameters.temperature();
    Integer topK = parameters.topK();
    Double topP = parameters.topP();
    Double minP = parameters.minP();
    if (temperature != null) {
      boolean samples = !(temperature >= 0 && temperature < LEAST_TEMPERATURE);
      config = config.withDoSample(samples);
      config = samples ? config.withTemperature(temperature) : config;
    } else if ((topK != null || topP != null || minP != null) && config.doSample().isEmpty()) {
      config = config.withDoSample(true);
    }
    config = topK == null ? config : config.withTopK(topK);
    config = topP == null ? config : config.withTopP(topP);
    config = minP == null ? config : config.withMinP(minP);
    Long seed = parameters.seed();
    return seed == null ? config : config.withSeed(seed);
  }
}
