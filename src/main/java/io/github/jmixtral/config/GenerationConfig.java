package io.github.jmixtral.config;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.ModelFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How to generate: the settings of the reference's {@code GenerationConfig} (transformers 5), under
 * its names in camelCase. Immutable; a wither returns a changed copy.
 *
 * <p>A setting is set or unset, and an unset one inherits: what a call sets wins over the model's
 * {@code generation_config.json}, which wins over the defaults named at each wither. So a call sets
 * only what it wants changed:
 *
 * <pre>{@code
 * GenerationConfig.inherit().withDoSample(true).withTemperature(0.7)
 * }</pre>
 *
 * <p>Each wither checks its value and throws an {@link IllegalArgumentException} that names the
 * setting, what it expects and what it found. The accessors return what is set here, and are empty
 * for what is not; {@link #setting} reads those that have no accessor of their own. Keys of a
 * {@code generation_config.json} that jmixtral does not know are kept and saved again.
 *
 * @since 0.1.0
 */
public final class GenerationConfig {
  private static final Logger LOGGER = LoggerFactory.getLogger(GenerationConfig.class);

  private static final GenerationConfig INHERIT = new GenerationConfig(Map.of());

  /** In order; never changed. */
  private final Map<String, Value> values;

  /**
   * A value as it stands, or would stand, in a file.
   *
   * @param json its JSON
   * @param file where it was read, to be named in an error when the value is needed; null when a
   *     caller gave it: then it has been checked already
   */
  private record Value(JsonNode json, @Nullable String file) {}

  private GenerationConfig(Map<String, Value> values) {
    this.values = values;
  }

  /** Nothing set: every setting inherits. */
  public static GenerationConfig inherit() {
    return INHERIT;
  }

  /**
   * Reads {@code generation_config.json} of a model folder. Settings of the reference that jmixtral
   * does not have are kept and not obeyed; those that would change what is generated, such as a
   * watermark, are named in a warning. A value of the wrong kind or out of range is named in a
   * warning, too, and an error only for a generation that needs it. A negative id stands for none.
   *
   * @throws io.github.jmixtral.error.MissingFileException when the folder has none
   * @throws MalformedFileException when it holds no JSON object
   */
  public static GenerationConfig fromPretrained(Path folder) {
    Objects.requireNonNull(folder, "folder");
    Path file = folder.resolve(ModelFiles.GENERATION_CONFIG);
    Map<String, Value> values = new LinkedHashMap<>();
    Map<String, JsonNode> foreign = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : JsonFile.readObject(file).properties()) {
      String name = property.getKey();
      JsonNode json = property.getValue();
      Optional<Setting<?>> setting = Setting.find(name);
      if (setting.isEmpty()) {
        foreign.put(name, json);
      } else if (setting.get().isUnset(json)) {
        continue;
      } else if (setting.get().isDoubtful(json)) {
        warnOf(setting.get(), json, file);
      }
      values.put(name, new Value(json, file.toString()));
    }
    List<String> wanted = ForeignSettings.askedFor(foreign);
    if (!wanted.isEmpty()) {
      LOGGER.warn(
          "{}: jmixtral does not have these settings and generates without them: {}",
          file,
          String.join(", ", wanted));
    }
    return new GenerationConfig(values);
  }

  private static void warnOf(Setting<?> setting, JsonNode json, Path file) {
    try {
      setting.read(json, file.toString());
    } catch (MalformedFileException fault) {
      LOGGER.warn("{}; only what needs this setting fails", fault.getMessage());
    }
  }

  /**
   * Writes {@code generation_config.json} with everything that is set; the next {@link
   * #fromPretrained} gives an equal configuration.
   *
   * @param folder created when absent
   * @throws java.io.UncheckedIOException when the folder can't be written
   */
  public void savePretrained(Path folder) {
    Objects.requireNonNull(folder, "folder");
    JsonFile.writeInto(folder, ModelFiles.GENERATION_CONFIG, toJson());
  }

  private ObjectNode toJson() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    values.forEach((name, value) -> root.set(name, value.json()));
    return root;
  }

  /**
   * Sets any setting by its name in {@code generation_config.json}, to a value as it would stand
   * there: {@code withSetting("bad_words_ids", "[[7], [8, 9]]")}. What is no JSON is a text: {@code
   * withSetting("early_stopping", "never")}.
   *
   * @throws IllegalArgumentException when jmixtral has no such setting, or it takes no such value
   */
  public GenerationConfig withSetting(String name, String json) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(json, "json");
    return withSetting(named(name), jsonOrText(json));
  }

  private <T> GenerationConfig withSetting(Setting<T> setting, JsonNode json) {
    return with(setting, setting.read(json));
  }

  private static JsonNode jsonOrText(String json) {
    try {
      return JsonFile.parse("value", json.getBytes(StandardCharsets.UTF_8));
    } catch (MalformedFileException _) {
      return JsonNodeFactory.instance.stringNode(json);
    }
  }

  /**
   * What is set under a name of {@code generation_config.json}.
   *
   * @param type the class of the setting's values: {@code Boolean}, {@code Integer}, {@code Long}
   *     for the seed, {@code Double} for other numbers, {@code String[]} for stop strings, {@code
   *     int[]} for ids, {@code int[][]} for bad words, or the class that its wither takes; {@code
   *     double[]}, start and factor, for the exponential decay
   * @throws IllegalArgumentException when jmixtral has no such setting, or one of another type
   * @throws MalformedFileException when the value was read from a file, and is of the wrong kind or
   *     out of range
   */
  public <T> Optional<T> setting(String name, Class<T> type) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    Setting<?> setting = named(name);
    if (setting.javaType() != type) {
      throw new IllegalArgumentException(
          "%s: values of this setting are of type %s, not %s"
              .formatted(name, setting.javaType().getSimpleName(), type.getSimpleName()));
    }
    return value(setting).map(type::cast);
  }

  private static Setting<?> named(String name) {
    return Setting.find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "jmixtral has no setting "
                        + Excerpt.quote(name)
                        + "; the names are those of generation_config.json"));
  }

  /** The settings of this configuration where set, else those of the base. */
  public GenerationConfig over(GenerationConfig base) {
    Objects.requireNonNull(base, "base");
    Map<String, Value> merged = new LinkedHashMap<>(base.values);
    merged.putAll(values);
    return new GenerationConfig(merged);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GenerationConfig that && toJson().equals(that.toJson());
  }

  @Override
  public int hashCode() {
    return toJson().hashCode();
  }

  @Override
  public String toString() {
    return "GenerationConfig" + toJson();
  }

  /**
   * Sets the maximum number of new tokens, at least 1; wins over {@link #withMaxLength}. Unset:
   * 256, or in a chat as many as fit into the model's context and the request's share of the cache
   * budget.
   */
  public GenerationConfig withMaxNewTokens(int maxNewTokens) {
    return with(Setting.MAX_NEW_TOKENS, maxNewTokens);
  }

  /** {@return the maximum number of new tokens} */
  public OptionalInt maxNewTokens() {
    return integer(Setting.MAX_NEW_TOKENS);
  }

  /** Sets the maximum number of ids of prompt and new text together, at least 1. */
  public GenerationConfig withMaxLength(int maxLength) {
    return with(Setting.MAX_LENGTH, maxLength);
  }

  /**
   * Sets the number of new tokens before which no end-of-sequence id may be chosen; 0 for none.
   * Wins over {@link #withMinLength}.
   */
  public GenerationConfig withMinNewTokens(int minNewTokens) {
    return with(Setting.MIN_NEW_TOKENS, minNewTokens);
  }

  /**
   * Sets the number of ids of prompt and new text before which no end-of-sequence id may be chosen;
   * 0 for none. Counts only where {@link #withMinNewTokens} is unset.
   */
  public GenerationConfig withMinLength(int minLength) {
    return with(Setting.MIN_LENGTH, minLength);
  }

  /** Sets the time in seconds after which the generation ends with the next token; above 0. */
  public GenerationConfig withMaxTime(double maxTime) {
    return with(Setting.MAX_TIME, maxTime);
  }

  /**
   * Sets texts at which the generation ends, wherever the borders of tokens fall; none may be
   * empty. The stop string stays at the end of the result unless {@link #withIncludeStopString}
   * says otherwise. No argument: none.
   */
  public GenerationConfig withStopStrings(String... stopStrings) {
    return with(Setting.STOP_STRINGS, stopStrings);
  }

  /**
   * False to cut the text in front of the stop string that ended it, with what else its last token
   * carries; the ids stay. True (and unset) keeps both, as the reference does, where a stop string
   * may also begin in the prompt.
   */
  public GenerationConfig withIncludeStopString(boolean includeStopString) {
    return with(Setting.INCLUDE_STOP_STRING, includeStopString);
  }

  /** {@return the texts that end a generation} */
  public Optional<List<String>> stopStrings() {
    return value(Setting.STOP_STRINGS).map(List::of);
  }

  /**
   * True to draw the next token at random, false (and unset) to take the likeliest. Temperature,
   * top-k and the other cuts count only when sampling.
   */
  public GenerationConfig withDoSample(boolean doSample) {
    return with(Setting.DO_SAMPLE, doSample);
  }

  /** {@return whether the next token is drawn at random} */
  public Optional<Boolean> doSample() {
    return value(Setting.DO_SAMPLE);
  }

  /**
   * Follows this many texts at once and returns the likeliest (beam search); at least 1. With
   * {@link #withDoSample} their continuations are drawn instead. Unset: 1, no beam search.
   */
  public GenerationConfig withNumBeams(int numBeams) {
    return with(Setting.NUM_BEAMS, numBeams);
  }

  /** {@return the number of texts that beam search follows} */
  public OptionalInt numBeams() {
    return integer(Setting.NUM_BEAMS);
  }

  /**
   * Beam search scores a text by the sum of its log probabilities divided by its number of new ids
   * to this power: above 0 favours long texts, below 0 short ones. Unset: 1.
   */
  public GenerationConfig withLengthPenalty(double lengthPenalty) {
    return with(Setting.LENGTH_PENALTY, lengthPenalty);
  }

  /** Sets when beam search ends before the length does. Unset: {@link EarlyStopping#HEURISTIC}. */
  public GenerationConfig withEarlyStopping(EarlyStopping earlyStopping) {
    return with(Setting.EARLY_STOPPING, earlyStopping);
  }

  /**
   * Sets the number of texts that are returned for each prompt, where the call returns a list; at
   * least 1. Only with sampling, or up to the number of beams. Unset: 1.
   */
  public GenerationConfig withNumReturnSequences(int numReturnSequences) {
    return with(Setting.NUM_RETURN_SEQUENCES, numReturnSequences);
  }

  /** {@return the number of texts for each prompt} */
  public OptionalInt numReturnSequences() {
    return integer(Setting.NUM_RETURN_SEQUENCES);
  }

  /**
   * Makes sampling repeatable: the same seed, settings, prompt and version of jmixtral give the
   * same ids. The i-th text of a call that returns several draws with this seed + i, i from 0.
   * Unset: different ids each time. jmixtral's own setting; the reference has a global seed.
   */
  public GenerationConfig withSeed(long seed) {
    return with(Setting.SEED, seed);
  }

  /** {@return the seed of sampling} */
  public OptionalLong seed() {
    return value(Setting.SEED).map(OptionalLong::of).orElseGet(OptionalLong::empty);
  }

  /**
   * Divides the logits by this number, at least 1e-30: below 1 sharpens the distribution, above 1
   * flattens it. For no randomness at all use {@code withDoSample(false)}.
   */
  public GenerationConfig withTemperature(double temperature) {
    return with(Setting.TEMPERATURE, temperature);
  }

  /** {@return what the logits are divided by} */
  public OptionalDouble temperature() {
    return number(Setting.TEMPERATURE);
  }

  /** Keeps the k likeliest tokens; 0 keeps all. Unset: 50. */
  public GenerationConfig withTopK(int topK) {
    return with(Setting.TOP_K, topK);
  }

  /** {@return how many of the likeliest tokens are kept} */
  public OptionalInt topK() {
    return integer(Setting.TOP_K);
  }

  /** Keeps the likeliest tokens whose probabilities reach this sum; 0 … 1, 1 keeps all. */
  public GenerationConfig withTopP(double topP) {
    return with(Setting.TOP_P, topP);
  }

  /** {@return the sum of probabilities of the tokens that are kept} */
  public OptionalDouble topP() {
    return number(Setting.TOP_P);
  }

  /**
   * Removes tokens less likely than this share of the likeliest one's probability; 0 … 1, 0 keeps
   * all.
   */
  public GenerationConfig withMinP(double minP) {
    return with(Setting.MIN_P, minP);
  }

  /**
   * Keeps the tokens whose information is nearest to the entropy until their probabilities reach
   * this sum (locally typical sampling, Meister et al. 2022); above 0, at most 1, 1 keeps all.
   */
  public GenerationConfig withTypicalP(double typicalP) {
    return with(Setting.TYPICAL_P, typicalP);
  }

  /**
   * Removes tokens less likely than this; 0 … 1, both ends keep all. The reference suggests 3e-4 …
   * 9e-4.
   */
  public GenerationConfig withEpsilonCutoff(double epsilonCutoff) {
    return with(Setting.EPSILON_CUTOFF, epsilonCutoff);
  }

  /**
   * As {@link #withEpsilonCutoff}, with a threshold that sinks where the distribution is flat; 0 …
   * 1, both ends keep all. The reference suggests 3e-4 … 4e-3.
   */
  public GenerationConfig withEtaCutoff(double etaCutoff) {
    return with(Setting.ETA_CUTOFF, etaCutoff);
  }

  /**
   * Sets the strength of classifier-free guidance: moves the next token away from what would follow
   * without the prompt, or after a negative one; 1 for none, larger is stronger. Every token takes
   * two passes.
   */
  public GenerationConfig withGuidanceScale(double guidanceScale) {
    return with(Setting.GUIDANCE_SCALE, guidanceScale);
  }

  /**
   * Guesses up to this many next tokens from where the text's last ids stood before, and checks
   * them in one pass: the same text in fewer passes where it repeats itself. Where guesses turn out
   * wrong, fewer are made. 0 for none. Beams, guidance and outputs of the model's inside go on
   * without guesses.
   */
  public GenerationConfig withPromptLookupNumTokens(int promptLookupNumTokens) {
    return with(Setting.PROMPT_LOOKUP_NUM_TOKENS, promptLookupNumTokens);
  }

  /** Sets the maximum n-gram length that a prompt lookup searches for, at least 1. Unset: 2. */
  public GenerationConfig withMaxMatchingNgramSize(int maxMatchingNgramSize) {
    return with(Setting.MAX_MATCHING_NGRAM_SIZE, maxMatchingNgramSize);
  }

  /**
   * Sets the number of experts that each token goes through, in place of the model's own: fewer are
   * faster and less accurate. jmixtral's own setting.
   */
  public GenerationConfig withNumExpertsPerTok(int numExpertsPerTok) {
    return with(Setting.NUM_EXPERTS_PER_TOK, numExpertsPerTok);
  }

  /** True to keep the processed logits of every step. */
  public GenerationConfig withOutputScores(boolean outputScores) {
    return with(Setting.OUTPUT_SCORES, outputScores);
  }

  /** True to keep the logits of every step as the model gave them. */
  public GenerationConfig withOutputLogits(boolean outputLogits) {
    return with(Setting.OUTPUT_LOGITS, outputLogits);
  }

  /** True to keep the hidden states of every step. */
  public GenerationConfig withOutputHiddenStates(boolean outputHiddenStates) {
    return with(Setting.OUTPUT_HIDDEN_STATES, outputHiddenStates);
  }

  /** True to keep the attention probabilities of every step. */
  public GenerationConfig withOutputAttentions(boolean outputAttentions) {
    return with(Setting.OUTPUT_ATTENTIONS, outputAttentions);
  }

  /** True to keep the router logits of every step. */
  public GenerationConfig withOutputRouterLogits(boolean outputRouterLogits) {
    return with(Setting.OUTPUT_ROUTER_LOGITS, outputRouterLogits);
  }

  /**
   * Keeps the log probabilities that the model gave the chosen id and this many likeliest ones, at
   * least 0. Unset: none are kept. jmixtral's own setting.
   */
  public GenerationConfig withTopLogprobs(int topLogprobs) {
    return with(Setting.TOP_LOGPROBS, topLogprobs);
  }

  /**
   * Takes this from the logit of an id for each time it stands in the new text; the prompt does not
   * count. 0 for none, below 0 rewards repetition; OpenAI allows −2 … 2. The reference has no such
   * setting.
   */
  public GenerationConfig withFrequencyPenalty(double frequencyPenalty) {
    return with(Setting.FREQUENCY_PENALTY, frequencyPenalty);
  }

  /**
   * As {@link #withFrequencyPenalty}, taken once from each id that stands in the new text, however
   * often.
   */
  public GenerationConfig withPresencePenalty(double presencePenalty) {
    return with(Setting.PRESENCE_PENALTY, presencePenalty);
  }

  /**
   * Makes each id that already stands in prompt or text less likely (above 1) or likelier (below
   * 1); above 0, 1 for none.
   */
  public GenerationConfig withRepetitionPenalty(double repetitionPenalty) {
    return with(Setting.REPETITION_PENALTY, repetitionPenalty);
  }

  /** Forbids that a run of this many ids occurs twice, prompt included; 0 for no such rule. */
  public GenerationConfig withNoRepeatNgramSize(int noRepeatNgramSize) {
    return with(Setting.NO_REPEAT_NGRAM_SIZE, noRepeatNgramSize);
  }

  /** Forbids sequences of ids, each of at least one id of the vocabulary. */
  public GenerationConfig withBadWordsIds(int[]... badWordsIds) {
    return with(Setting.BAD_WORDS_IDS, badWordsIds);
  }

  /** Forbids ids. */
  public GenerationConfig withSuppressTokens(int... suppressTokens) {
    return with(Setting.SUPPRESS_TOKENS, suppressTokens);
  }

  /** Forbids ids as the first new token. */
  public GenerationConfig withBeginSuppressTokens(int... beginSuppressTokens) {
    return with(Setting.BEGIN_SUPPRESS_TOKENS, beginSuppressTokens);
  }

  /**
   * Adds biases to the logits of ids that would complete a sequence of ids. A sequence of one id is
   * biased always, as by OpenAI's {@code logit_bias}.
   */
  public GenerationConfig withSequenceBias(SequenceBias... sequenceBias) {
    return with(Setting.SEQUENCE_BIAS, sequenceBias);
  }

  /**
   * Makes the end of sequence likelier with every new token after a start.
   *
   * @param start number of new tokens after which it begins, at least 0
   * @param factor the growth per token, above 0; below 1 the end becomes less likely
   */
  public GenerationConfig withExponentialDecayLengthPenalty(int start, double factor) {
    return with(Setting.EXPONENTIAL_DECAY_LENGTH_PENALTY, new double[] {start, factor});
  }

  /** Sets the id that must follow a prompt of a single id. */
  public GenerationConfig withForcedBosTokenId(int forcedBosTokenId) {
    return with(Setting.FORCED_BOS_TOKEN_ID, forcedBosTokenId);
  }

  /** Sets the ids of which the last token that the length allows must be one. */
  public GenerationConfig withForcedEosTokenIds(int... forcedEosTokenIds) {
    return with(Setting.FORCED_EOS_TOKEN_ID, forcedEosTokenIds);
  }

  /** True to replace NaN and infinite logits by finite numbers before a token is chosen. */
  public GenerationConfig withRemoveInvalidValues(boolean removeInvalidValues) {
    return with(Setting.REMOVE_INVALID_VALUES, removeInvalidValues);
  }

  /** True to turn the processed logits into log probabilities that sum to 1. Changes no choice. */
  public GenerationConfig withRenormalizeLogits(boolean renormalizeLogits) {
    return with(Setting.RENORMALIZE_LOGITS, renormalizeLogits);
  }

  /** Sets the begin-of-sequence id: the prompt of a generation without one. */
  public GenerationConfig withBosTokenId(int bosTokenId) {
    return with(Setting.BOS_TOKEN_ID, bosTokenId);
  }

  /** {@return the begin-of-sequence id} */
  public OptionalInt bosTokenId() {
    return integer(Setting.BOS_TOKEN_ID);
  }

  /** Sets the ids that end a generation. No argument: none does. */
  public GenerationConfig withEosTokenIds(int... eosTokenIds) {
    return with(Setting.EOS_TOKEN_ID, eosTokenIds);
  }

  /** {@return the ids that end a generation} */
  public Optional<int[]> eosTokenIds() {
    return value(Setting.EOS_TOKEN_ID);
  }

  /**
   * Sets the id that fills up shorter texts of a batch, for callers who pad: a generation's own
   * prompts and texts keep their lengths.
   */
  public GenerationConfig withPadTokenId(int padTokenId) {
    return with(Setting.PAD_TOKEN_ID, padTokenId);
  }

  /** {@return the id that fills up shorter texts} */
  public OptionalInt padTokenId() {
    return integer(Setting.PAD_TOKEN_ID);
  }

  private <T> GenerationConfig with(Setting<T> setting, T value) {
    Map<String, Value> changed = new LinkedHashMap<>(values);
    changed.put(setting.name(), new Value(setting.write(value), null));
    return new GenerationConfig(changed);
  }

  private <T> Optional<T> value(Setting<T> setting) {
    Value value = values.get(setting.name());
    return value == null
        ? Optional.empty()
        : Optional.of(
            value.file() == null
                ? setting.read(value.json())
                : setting.read(value.json(), value.file()));
  }

  private OptionalInt integer(Setting<Integer> setting) {
    return value(setting).map(OptionalInt::of).orElseGet(OptionalInt::empty);
  }

  private OptionalDouble number(Setting<Double> setting) {
    return value(setting).map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
  }
}
