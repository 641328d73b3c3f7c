package io.github.jmixtral.config;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;

/**
 * Settings of the reference's {@code GenerationConfig} that change what is generated and that
 * jmixtral does not have: other ways of decoding, and processors that need what is not there.
 */
final class ForeignSettings {
  /**
   * The values at which a setting changes nothing, beside null and false. What only counts together
   * with another of these settings ({@code diversity_penalty} with beam groups, say) is left out.
   */
  private static final Map<String, List<Double>> NEUTRAL =
      Map.ofEntries(
          Map.entry("num_beam_groups", List.of(1.0)),
          Map.entry("penalty_alpha", List.of(0.0)),
          Map.entry("dola_layers", List.of()),
          Map.entry("constraints", List.of()),
          Map.entry("force_words_ids", List.of()),
          Map.entry("forced_decoder_ids", List.of()),
          Map.entry("encoder_repetition_penalty", List.of(1.0)),
          Map.entry("encoder_no_repeat_ngram_size", List.of(0.0)),
          Map.entry("top_h", List.of()),
          Map.entry("token_healing", List.of()),
          Map.entry("watermarking_config", List.of()),
          Map.entry("assistant_early_exit", List.of(0.0)));

  private ForeignSettings() {}

  /** The keys of a file, in its order, that ask for something else than jmixtral does. */
  static List<String> askedFor(Map<String, JsonNode> unknown) {
    return unknown.entrySet().stream()
        .filter(entry -> NEUTRAL.containsKey(entry.getKey()))
        .filter(entry -> !isNeutral(entry.getKey(), entry.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static boolean isNeutral(String key, JsonNode value) {
    return value.isNull()
        || value.isBoolean() && !value.booleanValue()
        || value.isArray() && value.isEmpty()
        || value.isNumber()
            && Objects.requireNonNull(NEUTRAL.get(key)).contains(value.asDouble(Double.NaN));
  }
}
