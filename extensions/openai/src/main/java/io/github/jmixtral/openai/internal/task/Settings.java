package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.Optional;
import java.util.OptionalInt;

/** The settings that all requests for texts have. */
public final class Settings {
  /** Tokens that a pass checks at most where a text is likely to repeat what was said. */
  private static final int GUESSED_TOKENS = 10;

  private static final double MILLIS_PER_SECOND = 1e3;

  private Settings() {}

  /**
   * What a request sets.
   *
   * @throws ApiException if a field is not valid
   */
  public static GenerationConfig read(Fields fields, Host host) {
    GenerationConfig inherited = host.generator().generationConfig();
    GenerationConfig config =
        TokenRules.read(
            fields,
            Sampling.read(fields, inherited),
            inherited,
            host.generator().config().vocabSize());
    config = Bans.read(fields, config, host);
    OptionalInt millis = fields.integer("t_max_predict_ms", -1, Integer.MAX_VALUE);
    if (millis.orElse(0) > 0) {
      config = config.withMaxTime(millis.getAsInt() / MILLIS_PER_SECOND);
    }
    Optional<Fields> prediction = fields.object("prediction");
    if (prediction.isEmpty()) {
      return config;
    }
    String type = prediction.get().requireText("type");
    if (!type.equals("content")) {
      throw Refusal.value(prediction.get().place("type"), "must be 'content'");
    }
    ContentParts.read(prediction.get().place("content"), prediction.get().require("content"));
    return config.withPromptLookupNumTokens(GUESSED_TOKENS);
  }
}
