package io.github.jmixtral.config;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.JsonFile;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A setting of a {@link GenerationConfig}: its name in {@code generation_config.json} and its type.
 *
 * @param <T> the type of its values
 */
final class Setting<T> {
  private static final Map<String, Setting<?>> BY_NAME = new LinkedHashMap<>();

  /** Logits divided by it stay finite floats; a little less would be 0 as a float. */
  private static final double LEAST_TEMPERATURE = 1e-30;

  static final Setting<Integer> MAX_NEW_TOKENS =
      named("max_new_tokens", SettingType.wholeNumber(1));
  static final Setting<Integer> MAX_LENGTH = named("max_length", SettingType.wholeNumber(1));
  static final Setting<Integer> MIN_NEW_TOKENS =
      named("min_new_tokens", SettingType.wholeNumber(0));
  static final Setting<Integer> MIN_LENGTH = named("min_length", SettingType.wholeNumber(0));
  static final Setting<Double> MAX_TIME = named("max_time", SettingType.positive());
  static final Setting<String[]> STOP_STRINGS = named("stop_strings", SettingType.texts());
  static final Setting<Boolean> INCLUDE_STOP_STRING =
      named("include_stop_string", SettingType.flag());
  static final Setting<Boolean> DO_SAMPLE = named("do_sample", SettingType.flag());
  static final Setting<Integer> NUM_BEAMS = named("num_beams", SettingType.wholeNumber(1));
  static final Setting<Double> LENGTH_PENALTY = named("length_penalty", SettingType.anyNumber());
  static final Setting<EarlyStopping> EARLY_STOPPING =
      named("early_stopping", SettingType.earlyStopping());
  static final Setting<Integer> NUM_RETURN_SEQUENCES =
      named("num_return_sequences", SettingType.wholeNumber(1));
  static final Setting<Long> SEED = named("seed", SettingType.anyWholeNumber());
  static final Setting<Double> TEMPERATURE =
      forSampling(
          "temperature",
          SettingType.number(
              "a number above 0, at least 1e-30", value -> value >= LEAST_TEMPERATURE));
  static final Setting<Integer> TOP_K = forSampling("top_k", SettingType.wholeNumber(0));
  static final Setting<Double> TOP_P = forSampling("top_p", SettingType.fraction());
  static final Setting<Double> MIN_P = forSampling("min_p", SettingType.fraction());
  static final Setting<Double> TYPICAL_P =
      forSampling(
          "typical_p",
          SettingType.number("a number above 0, at most 1", value -> value > 0 && value <= 1));
  static final Setting<Double> EPSILON_CUTOFF =
      forSampling("epsilon_cutoff", SettingType.fraction());
  static final Setting<Double> ETA_CUTOFF = forSampling("eta_cutoff", SettingType.fraction());
  static final Setting<Double> GUIDANCE_SCALE = named("guidance_scale", SettingType.anyNumber());
  static final Setting<Double> REPETITION_PENALTY =
      named("repetition_penalty", SettingType.positive());
  static final Setting<Double> FREQUENCY_PENALTY =
      named("frequency_penalty", SettingType.anyNumber());
  static final Setting<Double> PRESENCE_PENALTY =
      named("presence_penalty", SettingType.anyNumber());
  static final Setting<Integer> NO_REPEAT_NGRAM_SIZE =
      named("no_repeat_ngram_size", SettingType.wholeNumber(0));
  static final Setting<int[][]> BAD_WORDS_IDS = named("bad_words_ids", SettingType.tokenIdLists());
  static final Setting<int[]> SUPPRESS_TOKENS = named("suppress_tokens", SettingType.tokenIds());
  static final Setting<int[]> BEGIN_SUPPRESS_TOKENS =
      named("begin_suppress_tokens", SettingType.tokenIds());
  static final Setting<SequenceBias[]> SEQUENCE_BIAS =
      named("sequence_bias", SettingType.sequenceBiases());
  static final Setting<double[]> EXPONENTIAL_DECAY_LENGTH_PENALTY =
      named("exponential_decay_length_penalty", SettingType.exponentialDecay());
  static final Setting<Integer> FORCED_BOS_TOKEN_ID = id("forced_bos_token_id");
  static final Setting<int[]> FORCED_EOS_TOKEN_ID =
      named("forced_eos_token_id", SettingType.oneOrMoreTokenIds());
  static final Setting<Boolean> REMOVE_INVALID_VALUES =
      named("remove_invalid_values", SettingType.flag());
  static final Setting<Boolean> RENORMALIZE_LOGITS =
      named("renormalize_logits", SettingType.flag());
  static final Setting<Integer> PROMPT_LOOKUP_NUM_TOKENS =
      named("prompt_lookup_num_tokens", SettingType.wholeNumber(0));
  static final Setting<Integer> MAX_MATCHING_NGRAM_SIZE =
      named("max_matching_ngram_size", SettingType.wholeNumber(1));
  static final Setting<Integer> NUM_EXPERTS_PER_TOK =
      named("num_experts_per_tok", SettingType.wholeNumber(1));
  static final Setting<Boolean> OUTPUT_SCORES = named("output_scores", SettingType.flag());
  static final Setting<Boolean> OUTPUT_LOGITS = named("output_logits", SettingType.flag());
  static final Setting<Boolean> OUTPUT_HIDDEN_STATES =
      named("output_hidden_states", SettingType.flag());
  static final Setting<Boolean> OUTPUT_ATTENTIONS = named("output_attentions", SettingType.flag());
  static final Setting<Boolean> OUTPUT_ROUTER_LOGITS =
      named("output_router_logits", SettingType.flag());
  static final Setting<Integer> TOP_LOGPROBS = named("top_logprobs", SettingType.wholeNumber(0));
  static final Setting<Integer> BOS_TOKEN_ID = id("bos_token_id");
  static final Setting<int[]> EOS_TOKEN_ID = named("eos_token_id", SettingType.oneOrMoreTokenIds());
  static final Setting<Integer> PAD_TOKEN_ID = id("pad_token_id");

  private final String name;
  private final SettingType<T> type;
  private final Tolerance tolerance;

  /** Which values of a file do no harm though they are none of the type. */
  private enum Tolerance {
    NONE,
    NEGATIVE_IS_UNSET,
    ANY_RANGE_WITHOUT_SAMPLING
  }

  private Setting(String name, SettingType<T> type, Tolerance tolerance) {
    this.name = name;
    this.type = type;
    this.tolerance = tolerance;
    BY_NAME.put(name, this);
  }

  private static <T> Setting<T> named(String name, SettingType<T> type) {
    return new Setting<>(name, type, Tolerance.NONE);
  }

  /** A setting that counts only when the next token is drawn at random. */
  private static <T> Setting<T> forSampling(String name, SettingType<T> type) {
    return new Setting<>(name, type, Tolerance.ANY_RANGE_WITHOUT_SAMPLING);
  }

  /** A single id; a negative one in a file stands for none. */
  private static Setting<Integer> id(String name) {
    return new Setting<>(name, SettingType.tokenId(), Tolerance.NEGATIVE_IS_UNSET);
  }

  /** The setting of that name, if there is one. */
  static Optional<Setting<?>> find(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  String name() {
    return name;
  }

  Class<T> javaType() {
    return type.javaType();
  }

  /** Whether a file's value means that nothing is set: null, or a negative id. */
  boolean isUnset(JsonNode stored) {
    return stored.isNull() || tolerance == Tolerance.NEGATIVE_IS_UNSET && stored.asDouble(0) < 0;
  }

  /**
   * Whether a file's value deserves a warning: what counts only for sampling may be out of range,
   * as in files that say {@code "temperature": 0.0} and never sample.
   */
  boolean isDoubtful(JsonNode stored) {
    T value = type.read().apply(stored);
    return value == null
        || tolerance != Tolerance.ANY_RANGE_WITHOUT_SAMPLING && !type.isValid().test(value);
  }

  /**
   * The value that stands in a file.
   *
   * @throws MalformedFileException when it is of the wrong kind or out of range
   */
  T read(JsonNode stored, String file) {
    return valueIn(stored)
        .orElseThrow(
            () ->
                new MalformedFileException(
                    file + ": " + name, type.expected(), JsonFile.excerpt(stored)));
  }

  /**
   * The value that a caller gave as JSON.
   *
   * @throws IllegalArgumentException when it is of the wrong kind or out of range
   */
  T read(JsonNode given) {
    return valueIn(given).orElseThrow(() -> refusal(given));
  }

  private Optional<T> valueIn(JsonNode node) {
    return Optional.ofNullable(type.read().apply(node)).filter(type.isValid());
  }

  /**
   * The JSON of a value that a caller gave.
   *
   * @throws IllegalArgumentException when it is out of range
   */
  JsonNode write(T value) {
    JsonNode json = type.write().apply(Objects.requireNonNull(value, name));
    if (!type.isValid().test(value)) {
      throw refusal(json);
    }
    return json;
  }

  private IllegalArgumentException refusal(JsonNode found) {
    return new IllegalArgumentException(
        name + ": expected " + type.expected() + ", found " + JsonFile.excerpt(found));
  }

  @Override
  public String toString() {
    return name;
  }
}
