package io.github.jmixtral.config;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** The settings of a {@link GenerationConfig}: their names in JSON and their values. */
enum Setting {
  MAX_NEW_TOKENS("max_new_tokens", SettingType.wholeNumber(1)),
  MAX_LENGTH("max_length", SettingType.wholeNumber(1)),
  MIN_NEW_TOKENS("min_new_tokens", SettingType.wholeNumber(0)),
  MIN_LENGTH("min_length", SettingType.wholeNumber(0)),
  MAX_TIME("max_time", SettingType.positive()),
  STOP_STRINGS("stop_strings", SettingType.texts()),
  DO_SAMPLE("do_sample", SettingType.flag()),
  NUM_BEAMS("num_beams", SettingType.wholeNumber(1)),
  LENGTH_PENALTY("length_penalty", SettingType.number("a number", value -> true)),
  EARLY_STOPPING("early_stopping", SettingType.earlyStopping()),
  NUM_RETURN_SEQUENCES("num_return_sequences", SettingType.wholeNumber(1)),
  SEED("seed", SettingType.anyWholeNumber()),
  TEMPERATURE(
      "temperature",
      SettingType.number(
          "a number above 0, at least 1e-30", value -> value >= Limits.LEAST_TEMPERATURE)),
  TOP_K("top_k", SettingType.wholeNumber(0)),
  TOP_P("top_p", SettingType.fraction()),
  MIN_P("min_p", SettingType.fraction()),
  TYPICAL_P("typical_p", SettingType.number("a number above 0, at most 1", Setting::isShare)),
  EPSILON_CUTOFF("epsilon_cutoff", SettingType.fraction()),
  ETA_CUTOFF("eta_cutoff", SettingType.fraction()),
  GUIDANCE_SCALE("guidance_scale", SettingType.number("a number", value -> true)),
  REPETITION_PENALTY("repetition_penalty", SettingType.positive()),
  NO_REPEAT_NGRAM_SIZE("no_repeat_ngram_size", SettingType.wholeNumber(0)),
  BAD_WORDS_IDS("bad_words_ids", SettingType.tokenIdLists()),
  SUPPRESS_TOKENS("suppress_tokens", SettingType.tokenIds()),
  BEGIN_SUPPRESS_TOKENS("begin_suppress_tokens", SettingType.tokenIds()),
  SEQUENCE_BIAS("sequence_bias", SettingType.sequenceBiases()),
  EXPONENTIAL_DECAY_LENGTH_PENALTY(
      "exponential_decay_length_penalty", SettingType.exponentialDecay()),
  FORCED_BOS_TOKEN_ID("forced_bos_token_id", SettingType.tokenId()),
  FORCED_EOS_TOKEN_ID("forced_eos_token_id", SettingType.oneOrMoreTokenIds()),
  REMOVE_INVALID_VALUES("remove_invalid_values", SettingType.flag()),
  RENORMALIZE_LOGITS("renormalize_logits", SettingType.flag()),
  PROMPT_LOOKUP_NUM_TOKENS("prompt_lookup_num_tokens", SettingType.wholeNumber(0)),
  MAX_MATCHING_NGRAM_SIZE("max_matching_ngram_size", SettingType.wholeNumber(1)),
  NUM_EXPERTS_PER_TOK("num_experts_per_tok", SettingType.wholeNumber(1)),
  OUTPUT_SCORES("output_scores", SettingType.flag()),
  OUTPUT_LOGITS("output_logits", SettingType.flag()),
  OUTPUT_HIDDEN_STATES("output_hidden_states", SettingType.flag()),
  OUTPUT_ATTENTIONS("output_attentions", SettingType.flag()),
  OUTPUT_ROUTER_LOGITS("output_router_logits", SettingType.flag()),
  TOP_LOGPROBS("top_logprobs", SettingType.wholeNumber(0)),
  BOS_TOKEN_ID("bos_token_id", SettingType.tokenId()),
  EOS_TOKEN_ID("eos_token_id", SettingType.oneOrMoreTokenIds()),
  PAD_TOKEN_ID("pad_token_id", SettingType.tokenId());

  /** What counts only when the next token is drawn at random. */
  static final Set<Setting> FOR_SAMPLING =
      EnumSet.of(TEMPERATURE, TOP_K, TOP_P, MIN_P, TYPICAL_P, EPSILON_CUTOFF, ETA_CUTOFF);

  private static final class Limits {
    /** Logits divided by it stay finite floats; a little less would be 0 as a float. */
    static final double LEAST_TEMPERATURE = 1e-30;
  }

  private final String jsonName;
  private final SettingType<?> type;

  Setting(String jsonName, SettingType<?> type) {
    this.jsonName = jsonName;
    this.type = type;
  }

  static Optional<Setting> ofJsonName(String name) {
    for (Setting setting : values()) {
      if (setting.jsonName.equals(name)) {
        return Optional.of(setting);
      }
    }
    return Optional.empty();
  }

  String jsonName() {
    return jsonName;
  }

  /**
   * Reads a value from JSON. What counts only for sampling may be out of range: files that never
   * sample say {@code "temperature": 0.0}.
   *
   * @param fileName the file's name, for the message
   * @throws MalformedFileException when it is of the wrong kind or out of range
   */
  Object read(JsonNode node, String fileName) {
    return valueIn(type, node, FOR_SAMPLING.contains(this))
        .orElseThrow(
            () ->
                new MalformedFileException(
                    fileName + ": " + jsonName, type.expected(), Excerpt.line(node.toString())));
  }

  /**
   * Reads a value from JSON that a caller gave.
   *
   * @throws IllegalArgumentException when it is of the wrong kind or out of range
   */
  Object read(JsonNode node) {
    return valueIn(type, node, false).orElseThrow(() -> refusal(node.toString()));
  }

  /**
   * Checks a value that a caller gave.
   *
   * @throws IllegalArgumentException when it is out of range
   */
  void check(Object value) {
    if (!isValid(type, value)) {
      throw refusal(value.toString());
    }
  }

  private IllegalArgumentException refusal(String found) {
    return new IllegalArgumentException(
        jsonName + ": expected " + type.expected() + ", found " + Excerpt.line(found));
  }

  JsonNode write(Object value) {
    return write(type, value);
  }

  private static <T> Optional<T> valueIn(SettingType<T> type, JsonNode node, boolean anyRange) {
    return Optional.ofNullable(type.read().apply(node))
        .filter(value -> anyRange || type.isValid().test(value));
  }

  // The withers of GenerationConfig are typed: a setting only ever meets values of its own type.
  @SuppressWarnings("unchecked")
  private static <T> boolean isValid(SettingType<T> type, Object value) {
    return type.isValid().test((T) value);
  }

  @SuppressWarnings("unchecked")
  private static <T> JsonNode write(SettingType<T> type, Object value) {
    return type.write().apply((T) value);
  }

  private static boolean isShare(double value) {
    return value > 0 && value <= 1;
  }
}
