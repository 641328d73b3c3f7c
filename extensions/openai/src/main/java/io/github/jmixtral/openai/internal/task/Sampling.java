package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How the next token is chosen. What a request leaves open, the model's {@code
 * generation_config.json} says, and what that leaves open is as the OpenAI API has it: drawn at
 * random at temperature 1 from all tokens.
 */
public final class Sampling {
  private static final double MOST_TEMPERATURE = 2;
  private static final double MOST_PENALTY = 2;

  /** Below it a temperature of the library is no longer one, and takes the likeliest. */
  private static final double LEAST_TEMPERATURE = 1e-30;

  private Sampling() {}

  /**
   * The settings of a request.
   *
   * @param inherited the model's own settings
   * @throws ApiException if a field is not valid
   */
  public static GenerationConfig read(Fields fields, GenerationConfig inherited) {
    GenerationConfig config = GenerationConfig.inherit();
    OptionalDouble temperature = fields.number("temperature", 0, MOST_TEMPERATURE);
    if (temperature.isPresent()) {
      boolean samples = temperature.getAsDouble() >= LEAST_TEMPERATURE;
      config = config.withDoSample(samples);
      config = samples ? config.withTemperature(temperature.getAsDouble()) : config;
    } else if (inherited.doSample().isEmpty()) {
      config = config.withDoSample(true);
    }
    config = withCuts(fields, config, inherited);
    config = withPenalties(fields, config);
    OptionalLong seed = fields.longInteger("seed");
    seed = seed.isPresent() ? seed : fields.longInteger("random_seed");
    return seed.isPresent() ? config.withSeed(seed.getAsLong()) : config;
  }

  private static GenerationConfig withCuts(
      Fields fields, GenerationConfig unset, GenerationConfig inherited) {
    GenerationConfig config = unset;
    OptionalInt topK = fields.integer("top_k", -1, Integer.MAX_VALUE);
    if (topK.isPresent()) {
      config = config.withTopK(Math.max(0, topK.getAsInt()));
    } else if (inherited.topK().isEmpty()) {
      config = config.withTopK(0);
    }
    OptionalDouble topP = fields.number("top_p", 0, 1);
    config = topP.isPresent() ? config.withTopP(topP.getAsDouble()) : config;
    OptionalDouble minP = fields.number("min_p", 0, 1);
    config = minP.isPresent() ? config.withMinP(minP.getAsDouble()) : config;
    OptionalDouble typicalP = fields.number("typical_p", 0, 1);
    return typicalP.isPresent() && typicalP.getAsDouble() > 0
        ? config.withTypicalP(typicalP.getAsDouble())
        : config;
  }

  private static GenerationConfig withPenalties(Fields fields, GenerationConfig unset) {
    GenerationConfig config = unset;
    for (String name : new String[] {"repetition_penalty", "repeat_penalty"}) {
      OptionalDouble penalty = fields.number(name, 0, Double.MAX_VALUE);
      if (penalty.isPresent()) {
        if (penalty.getAsDouble() == 0) {
          throw Refusal.value(fields.place(name), "must be above 0; 1 is none");
        }
        config = config.withRepetitionPenalty(penalty.getAsDouble());
      }
    }
    OptionalDouble frequency = fields.number("frequency_penalty", -MOST_PENALTY, MOST_PENALTY);
    config = frequency.isPresent() ? config.withFrequencyPenalty(frequency.getAsDouble()) : config;
    OptionalDouble presence = fields.number("presence_penalty", -MOST_PENALTY, MOST_PENALTY);
    return presence.isPresent() ? config.withPresencePenalty(presence.getAsDouble()) : config;
  }
}
