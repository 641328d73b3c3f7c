package io.github.jmixtral.spring.boot;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.spring.ai.JmixtralChatOptions;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Options of chats that set none themselves.
 *
 * @param maxTokens Largest number of tokens of an answer. By default what the context has room for.
 * @param temperature Temperature of sampling; 0 takes the likeliest token. By default as the model
 *     says.
 * @param topK Number of the likeliest tokens that are sampled from, 0 for all.
 * @param topP Probability that the likeliest tokens that are sampled from have together.
 * @param minP Probability that a token needs, as a part of the likeliest one's.
 * @param frequencyPenalty Penalty for each time that a token occurred.
 * @param presencePenalty Penalty for tokens that occurred.
 * @param repetitionPenalty Divisor of the scores of tokens that occurred.
 * @param stopSequences Texts that end an answer and are no part of it.
 * @param seed Seed of sampling, for the same answer every time.
 * @param outputSchema JSON Schema that every answer fits.
 * @param toolChoice Whether tools may, must or must not be called: auto, none, required, or the
 *     name of a tool.
 * @param parallelToolCalls Whether an answer may hold several calls of tools.
 * @param settings Further settings of the library, by the names of generation_config.json with
 *     hyphens, such as no-repeat-ngram-size.
 * @since 0.1.0
 */
@ConfigurationProperties("spring.ai.jmixtral.chat")
public record JmixtralChatProperties(
    @Nullable Integer maxTokens,
    @Nullable Double temperature,
    @Nullable Integer topK,
    @Nullable Double topP,
    @Nullable Double minP,
    @Nullable Double frequencyPenalty,
    @Nullable Double presencePenalty,
    @Nullable Double repetitionPenalty,
    @Nullable List<String> stopSequences,
    @Nullable Long seed,
    @Nullable String outputSchema,
    @Nullable String toolChoice,
    @DefaultValue("true") boolean parallelToolCalls,
    @DefaultValue Map<String, String> settings) {

  /**
   * The options of a chat model.
   *
   * @throws IllegalArgumentException if a setting does not exist or a value is out of its range
   */
  JmixtralChatOptions options() {
    return JmixtralChatOptions.builder()
        .maxTokens(maxTokens)
        .temperature(temperature)
        .topK(topK)
        .topP(topP)
        .frequencyPenalty(frequencyPenalty)
        .presencePenalty(presencePenalty)
        .stopSequences(stopSequences)
        .outputSchema(outputSchema)
        .toolChoice(choice())
        .generationConfig(config())
        .build();
  }

  private GenerationConfig config() {
    GenerationConfig config = GenerationConfig.inherit();
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      config = config.withSetting(setting.getKey().replace('-', '_'), setting.getValue());
    }
    config = minP == null ? config : config.withMinP(minP);
    config = repetitionPenalty == null ? config : config.withRepetitionPenalty(repetitionPenalty);
    return seed == null ? config : config.withSeed(seed);
  }

  private @Nullable ToolChoice choice() {
    if (toolChoice == null) {
      return parallelToolCalls ? null : ToolChoice.auto().withParallelCalls(false);
    }
    ToolChoice choice =
        switch (toolChoice) {
          case "auto" -> ToolChoice.auto();
          case "none" -> ToolChoice.none();
          case "required" -> ToolChoice.required();
          default -> ToolChoice.tool(toolChoice);
        };
    return parallelToolCalls ? choice : choice.withParallelCalls(false);
  }
}
