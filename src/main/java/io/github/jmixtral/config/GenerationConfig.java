package io.github.jmixtral.config;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * How to generate: the settings of the reference's {@code GenerationConfig} (transformers 5), under
 * its names in camelCase. Immutable; a wither returns a changed copy.
 *
 * <p>A setting is set or unset, and an unset one inherits: what a call sets wins over the model's
 * {@code generation_config.json}, that wins over the defaults named at each wither. So a call says
 * only what it wants changed:
 *
 * <pre>{@code
 * GenerationConfig.defaults().withDoSample(true).withTemperature(0.7)
 * }</pre>
 *
 * <p>Each wither checks its value and throws an {@link IllegalArgumentException} that names the
 * setting, what it expects and what it found. Keys of a {@code generation_config.json} that
 * jmixtral does not know are kept and saved again.
 */
public final class GenerationConfig {
  /** The file's name in a model folder. */
  public static final String FILE_NAME = "generation_config.json";

  private static final Logger LOG = LoggerFactory.getLogger(GenerationConfig.class);

  private static final GenerationConfig DEFAULTS = new GenerationConfig(SettingValues.NONE);

  private final SettingValues values;

  private GenerationConfig(SettingValues values) {
    this.values = values;
  }

  /** Nothing set: every setting inherits. */
  public static GenerationConfig defaults() {
    return DEFAULTS;
  }

  /**
   * Reads {@code generation_config.json} of a model folder. Settings of the reference that jmixtral
   * does not have are kept and not obeyed; those that would change what is generated, such as a
   * watermark, are named in a warning.
   *
   * @throws io.github.jmixtral.error.MissingFileException when the folder has none
   * @throws MalformedFileException when it is damaged, or a setting has the wrong kind of value or
   *     one out of range; the range of what counts only for sampling is left to {@link
   *     #requireValidForSampling}
   */
  public static GenerationConfig fromPretrained(Path folder) {
    SettingValues values = SettingValues.read(folder.resolve(FILE_NAME));
    List<String> foreign = ForeignSettings.askedFor(values.unknown());
    if (!foreign.isEmpty()) {
      LOG.warn(
          "{}: jmixtral does not have these settings and generates without them: {}",
          FILE_NAME,
          String.join(", ", foreign));
    }
    return new GenerationConfig(values);
  }

  /** The token ids that a {@code config.json} names, for folders that say nothing else. */
  public static GenerationConfig ofModel(MixtralConfig config) {
    GenerationConfig result = DEFAULTS;
    if (config.bosTokenId().isPresent()) {
      result = result.withBosTokenId(config.bosTokenId().getAsInt());
    }
    if (!config.eosTokenIds().isEmpty()) {
      result = result.withEosTokenIds(config.eosTokenIds());
    }
    if (config.padTokenId().isPresent()) {
      result = result.withPadTokenId(config.padTokenId().getAsInt());
    }
    return result;
  }

  /**
   * Writes {@code generation_config.json} with everything that is set; the next {@link
   * #fromPretrained} gives an equal configuration.
   *
   * @throws java.io.UncheckedIOException when the folder can't be written
   */
  public void savePretrained(Path folder) {
    values.write(folder.resolve(FILE_NAME));
  }

  /**
   * Sets any setting by its name in {@code generation_config.json}, to a value as it would stand
   * there: {@code withSetting("bad_words_ids", "[[7], [8, 9]]")}. What is no JSON is a text: {@code
   * withSetting("early_stopping", "never")}.
   *
   * @throws IllegalArgumentException when jmixtral has no such setting, or it takes no such value
   */
  public GenerationConfig withSetting(String name, String json) {
    Setting setting =
        Setting.ofJsonName(name)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "setting: expected a name of generation_config.json that jmixtral has,"
                            + " found "
                            + Excerpt.line(name)));
    return with(setting, setting.read(jsonOrText(name, json)));
  }

  private static JsonNode jsonOrText(String name, String json) {
    try {
      return JsonFile.parse(name, json.getBytes(StandardCharsets.UTF_8));
    } catch (MalformedFileException _) {
      return JsonNodeFactory.instance.stringNode(json);
    }
  }

  /** The settings of this configuration where set, else those of the base. */
  public GenerationConfig over(GenerationConfig base) {
    return new GenerationConfig(values.over(base.values));
  }

  /**
   * Checks the settings that count only for sampling, which a file may have out of range as long as
   * nobody samples. Generating calls this.
   *
   * @throws IllegalArgumentException when {@link #doSample} is true and one is out of range; it
   *     names setting, range and value
   */
  public void requireValidForSampling() {
    if (doSample().orElse(false)) {
      Setting.FOR_SAMPLING.forEach(
          setting -> value(setting).ifPresent(value -> setting.check(value)));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GenerationConfig that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return "GenerationConfig" + values.known();
  }

  /**
   * Most new tokens, at least 1; wins over {@link #withMaxLength}. Unset: 256, or in a chat as many
   * as fit into the model's context.
   */
  public GenerationConfig withMaxNewTokens(int maxNewTokens) {
    return with(Setting.MAX_NEW_TOKENS, maxNewTokens);
  }

  /** What {@link #withMaxNewTokens} set. */
  public OptionalInt maxNewTokens() {
    return integer(Setting.MAX_NEW_TOKENS);
  }

  /** Most ids of prompt and new text together, at least 1. */
  public GenerationConfig withMaxLength(int maxLength) {
    return with(Setting.MAX_LENGTH, maxLength);
  }

  /** What {@link #withMaxLength} set. */
  public OptionalInt maxLength() {
    return integer(Setting.MAX_LENGTH);
  }

  /**
   * New tokens before which no end-of-sequence id may be chosen; 0 for none. Wins over {@link
   * #withMinLength}.
   */
  public GenerationConfig withMinNewTokens(int minNewTokens) {
    return with(Setting.MIN_NEW_TOKENS, minNewTokens);
  }

  /** What {@link #withMinNewTokens} set. */
  public OptionalInt minNewTokens() {
    return integer(Setting.MIN_NEW_TOKENS);
  }

  /**
   * Ids of prompt and new text before which no end-of-sequence id may be chosen; 0 for none. Counts
   * only where {@link #withMinNewTokens} is unset.
   */
  public GenerationConfig withMinLength(int minLength) {
    return with(Setting.MIN_LENGTH, minLength);
  }

  /** What {@link #withMinLength} set. */
  public OptionalInt minLength() {
    return integer(Setting.MIN_LENGTH);
  }

  /** Seconds after which the generation ends with the token under way; above 0. */
  public GenerationConfig withMaxTime(double maxTime) {
    return with(Setting.MAX_TIME, maxTime);
  }

  /** What {@link #withMaxTime} set. */
  public OptionalDouble maxTime() {
    return number(Setting.MAX_TIME);
  }

  /**
   * Texts at which the generation ends, wherever the borders of tokens fall; none may be empty. The
   * stop string stays at the end of the result. An empty list: none.
   */
  public GenerationConfig withStopStrings(List<String> stopStrings) {
    return with(Setting.STOP_STRINGS, List.copyOf(stopStrings));
  }

  /** As {@link #withStopStrings(List)}. */
  public GenerationConfig withStopStrings(String... stopStrings) {
    return withStopStrings(List.of(stopStrings));
  }

  /** What {@link #withStopStrings} set. */
  public Optional<List<String>> stopStrings() {
    return value(Setting.STOP_STRINGS);
  }

  /**
   * True to draw the next token at random, false (and unset) to take the likeliest. Temperature,
   * top-k and the other cuts count only when sampling.
   */
  public GenerationConfig withDoSample(boolean doSample) {
    return with(Setting.DO_SAMPLE, doSample);
  }

  /** What {@link #withDoSample} set. */
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

  /**
   * Beam search scores a text by the sum of its log probabilities divided by its number of new ids
   * to this power: above 0 favours long texts, below 0 short ones. Unset: 1.
   */
  public GenerationConfig withLengthPenalty(double lengthPenalty) {
    return with(Setting.LENGTH_PENALTY, lengthPenalty);
  }

  /** When beam search ends before the length does. Unset: {@link EarlyStopping#HEURISTIC}. */
  public GenerationConfig withEarlyStopping(EarlyStopping earlyStopping) {
    return with(Setting.EARLY_STOPPING, earlyStopping);
  }

  /**
   * Texts that are returned for each prompt, where the call returns a list; at least 1. Only with
   * sampling, or up to the number of beams. Unset: 1.
   */
  public GenerationConfig withNumReturnSequences(int numReturnSequences) {
    return with(Setting.NUM_RETURN_SEQUENCES, numReturnSequences);
  }

  /** Beams and sequences, with the defaults where unset. */
  public BeamSettings beams() {
    return new BeamSettings(
        integer(Setting.NUM_BEAMS).orElse(1),
        number(Setting.LENGTH_PENALTY).orElse(1),
        this.<EarlyStopping>value(Setting.EARLY_STOPPING).orElse(EarlyStopping.HEURISTIC),
        integer(Setting.NUM_RETURN_SEQUENCES).orElse(1));
  }

  /**
   * Makes sampling repeatable: the same seed, settings, prompt and version of jmixtral give the
   * same ids. The i-th text of a call that returns several draws with this seed + i, i from 0.
   * Unset: different ids each time. jmixtral's own setting; the reference has a global seed.
   */
  public GenerationConfig withSeed(long seed) {
    return with(Setting.SEED, seed);
  }

  /** What {@link #withSeed} set. */
  public OptionalLong seed() {
    return longInteger(Setting.SEED);
  }

  /**
   * Divides the logits; at least 1e-30. Below 1 is more careful, above 1 wilder. For no randomness
   * at all use {@code withDoSample(false)}.
   */
  public GenerationConfig withTemperature(double temperature) {
    return with(Setting.TEMPERATURE, temperature);
  }

  /** What {@link #withTemperature} set. */
  public OptionalDouble temperature() {
    return number(Setting.TEMPERATURE);
  }

  /** Keeps the k likeliest tokens; 0 keeps all. Unset: 50. */
  public GenerationConfig withTopK(int topK) {
    return with(Setting.TOP_K, topK);
  }

  /** What {@link #withTopK} set. */
  public OptionalInt topK() {
    return integer(Setting.TOP_K);
  }

  /** Keeps the likeliest tokens whose probabilities reach this sum; 0 … 1, 1 keeps all. */
  public GenerationConfig withTopP(double topP) {
    return with(Setting.TOP_P, topP);
  }

  /** What {@link #withTopP} set. */
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

  /** What {@link #withMinP} set. */
  public OptionalDouble minP() {
    return number(Setting.MIN_P);
  }

  /**
   * Keeps the tokens whose surprise is nearest to the expected one until their probabilities reach
   * this sum; above 0, at most 1, 1 keeps all.
   */
  public GenerationConfig withTypicalP(double typicalP) {
    return with(Setting.TYPICAL_P, typicalP);
  }

  /** What {@link #withTypicalP} set. */
  public OptionalDouble typicalP() {
    return number(Setting.TYPICAL_P);
  }

  /**
   * Removes tokens less likely than this; 0 … 1, both ends keep all. The reference suggests 3e-4 …
   * 9e-4.
   */
  public GenerationConfig withEpsilonCutoff(double epsilonCutoff) {
    return with(Setting.EPSILON_CUTOFF, epsilonCutoff);
  }

  /** What {@link #withEpsilonCutoff} set. */
  public OptionalDouble epsilonCutoff() {
    return number(Setting.EPSILON_CUTOFF);
  }

  /**
   * As {@link #withEpsilonCutoff}, with a bar that sinks where the model is unsure; 0 … 1, both
   * ends keep all. The reference suggests 3e-4 … 4e-3.
   */
  public GenerationConfig withEtaCutoff(double etaCutoff) {
    return with(Setting.ETA_CUTOFF, etaCutoff);
  }

  /** What {@link #withEtaCutoff} set. */
  public OptionalDouble etaCutoff() {
    return number(Setting.ETA_CUTOFF);
  }

  /**
   * Classifier-free guidance: moves the next token away from what would follow without the prompt,
   * or after a negative one; 1 for none, larger is stronger. Every token costs two.
   */
  public GenerationConfig withGuidanceScale(double guidanceScale) {
    return with(Setting.GUIDANCE_SCALE, guidanceScale);
  }

  /** What {@link #withGuidanceScale} set. */
  public OptionalDouble guidanceScale() {
    return number(Setting.GUIDANCE_SCALE);
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

  /** What {@link #withPromptLookupNumTokens} set. */
  public OptionalInt promptLookupNumTokens() {
    return integer(Setting.PROMPT_LOOKUP_NUM_TOKENS);
  }

  /** Most last ids that a prompt lookup searches for, at least 1. Unset: 2. */
  public GenerationConfig withMaxMatchingNgramSize(int maxMatchingNgramSize) {
    return with(Setting.MAX_MATCHING_NGRAM_SIZE, maxMatchingNgramSize);
  }

  /** What {@link #withMaxMatchingNgramSize} set. */
  public OptionalInt maxMatchingNgramSize() {
    return integer(Setting.MAX_MATCHING_NGRAM_SIZE);
  }

  /**
   * Experts that each token goes through, instead of the model's own number: fewer are faster, and
   * worse. jmixtral's own setting.
   */
  public GenerationConfig withNumExpertsPerTok(int numExpertsPerTok) {
    return with(Setting.NUM_EXPERTS_PER_TOK, numExpertsPerTok);
  }

  /** What {@link #withNumExpertsPerTok} set. */
  public OptionalInt numExpertsPerTok() {
    return integer(Setting.NUM_EXPERTS_PER_TOK);
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

  /** What a generation keeps, with the defaults where unset. */
  public OutputSettings outputs() {
    return new OutputSettings(
        isOn(Setting.OUTPUT_SCORES),
        isOn(Setting.OUTPUT_LOGITS),
        isOn(Setting.OUTPUT_HIDDEN_STATES),
        isOn(Setting.OUTPUT_ATTENTIONS),
        isOn(Setting.OUTPUT_ROUTER_LOGITS),
        integer(Setting.TOP_LOGPROBS));
  }

  /**
   * Makes each id that already stands in prompt or text less likely (above 1) or likelier (below
   * 1); above 0, 1 for none.
   */
  public GenerationConfig withRepetitionPenalty(double repetitionPenalty) {
    return with(Setting.REPETITION_PENALTY, repetitionPenalty);
  }

  /** What {@link #withRepetitionPenalty} set. */
  public OptionalDouble repetitionPenalty() {
    return number(Setting.REPETITION_PENALTY);
  }

  /** No run of this many ids may occur twice, prompt included; 0 for no such rule. */
  public GenerationConfig withNoRepeatNgramSize(int noRepeatNgramSize) {
    return with(Setting.NO_REPEAT_NGRAM_SIZE, noRepeatNgramSize);
  }

  /** What {@link #withNoRepeatNgramSize} set. */
  public OptionalInt noRepeatNgramSize() {
    return integer(Setting.NO_REPEAT_NGRAM_SIZE);
  }

  /** Sequences of ids that must not be generated, each of at least one id of the vocabulary. */
  public GenerationConfig withBadWordsIds(List<List<Integer>> badWordsIds) {
    return with(Setting.BAD_WORDS_IDS, badWordsIds.stream().map(List::copyOf).toList());
  }

  /** What {@link #withBadWordsIds} set. */
  public Optional<List<List<Integer>>> badWordsIds() {
    return value(Setting.BAD_WORDS_IDS);
  }

  /** Ids that are never chosen. */
  public GenerationConfig withSuppressTokens(List<Integer> suppressTokens) {
    return with(Setting.SUPPRESS_TOKENS, List.copyOf(suppressTokens));
  }

  /** What {@link #withSuppressTokens} set. */
  public Optional<List<Integer>> suppressTokens() {
    return value(Setting.SUPPRESS_TOKENS);
  }

  /** Ids that are not chosen as the first new token. */
  public GenerationConfig withBeginSuppressTokens(List<Integer> beginSuppressTokens) {
    return with(Setting.BEGIN_SUPPRESS_TOKENS, List.copyOf(beginSuppressTokens));
  }

  /** What {@link #withBeginSuppressTokens} set. */
  public Optional<List<Integer>> beginSuppressTokens() {
    return value(Setting.BEGIN_SUPPRESS_TOKENS);
  }

  /** Biases added to the logits of ids that would complete a sequence of the vocabulary's ids. */
  public GenerationConfig withSequenceBias(List<SequenceBias> sequenceBias) {
    return with(Setting.SEQUENCE_BIAS, List.copyOf(sequenceBias));
  }

  /** What {@link #withSequenceBias} set. */
  public Optional<List<SequenceBias>> sequenceBias() {
    return value(Setting.SEQUENCE_BIAS);
  }

  /** Makes the end of sequence likelier with every token after a start. */
  public GenerationConfig withExponentialDecayLengthPenalty(
      ExponentialDecay exponentialDecayLengthPenalty) {
    return with(Setting.EXPONENTIAL_DECAY_LENGTH_PENALTY, exponentialDecayLengthPenalty);
  }

  /** What {@link #withExponentialDecayLengthPenalty} set. */
  public Optional<ExponentialDecay> exponentialDecayLengthPenalty() {
    return value(Setting.EXPONENTIAL_DECAY_LENGTH_PENALTY);
  }

  /** The id that must follow a prompt of a single id. */
  public GenerationConfig withForcedBosTokenId(int forcedBosTokenId) {
    return with(Setting.FORCED_BOS_TOKEN_ID, forcedBosTokenId);
  }

  /** What {@link #withForcedBosTokenId} set. */
  public OptionalInt forcedBosTokenId() {
    return integer(Setting.FORCED_BOS_TOKEN_ID);
  }

  /** The ids of which the last token that the length allows must be one. */
  public GenerationConfig withForcedEosTokenIds(List<Integer> forcedEosTokenIds) {
    return with(Setting.FORCED_EOS_TOKEN_ID, List.copyOf(forcedEosTokenIds));
  }

  /** What {@link #withForcedEosTokenIds} set. */
  public Optional<List<Integer>> forcedEosTokenIds() {
    return value(Setting.FORCED_EOS_TOKEN_ID);
  }

  /** True to replace NaN and infinite logits by finite numbers before a token is chosen. */
  public GenerationConfig withRemoveInvalidValues(boolean removeInvalidValues) {
    return with(Setting.REMOVE_INVALID_VALUES, removeInvalidValues);
  }

  /** What {@link #withRemoveInvalidValues} set. */
  public Optional<Boolean> removeInvalidValues() {
    return value(Setting.REMOVE_INVALID_VALUES);
  }

  /** True to turn the processed logits into log probabilities that sum to 1. Changes no choice. */
  public GenerationConfig withRenormalizeLogits(boolean renormalizeLogits) {
    return with(Setting.RENORMALIZE_LOGITS, renormalizeLogits);
  }

  /** What {@link #withRenormalizeLogits} set. */
  public Optional<Boolean> renormalizeLogits() {
    return value(Setting.RENORMALIZE_LOGITS);
  }

  /** The begin-of-sequence id: the prompt of a generation without one. */
  public GenerationConfig withBosTokenId(int bosTokenId) {
    return with(Setting.BOS_TOKEN_ID, bosTokenId);
  }

  /** What {@link #withBosTokenId} set. */
  public OptionalInt bosTokenId() {
    return integer(Setting.BOS_TOKEN_ID);
  }

  /** The ids that end a generation. An empty list: none does. */
  public GenerationConfig withEosTokenIds(List<Integer> eosTokenIds) {
    return with(Setting.EOS_TOKEN_ID, List.copyOf(eosTokenIds));
  }

  /** As {@link #withEosTokenIds} with a single id. */
  public GenerationConfig withEosTokenId(int eosTokenId) {
    return withEosTokenIds(List.of(eosTokenId));
  }

  /** What {@link #withEosTokenIds} set. */
  public Optional<List<Integer>> eosTokenIds() {
    return value(Setting.EOS_TOKEN_ID);
  }

  /**
   * The id that fills up shorter texts of a batch, for callers who pad: a generation's own prompts
   * and texts keep their lengths.
   */
  public GenerationConfig withPadTokenId(int padTokenId) {
    return with(Setting.PAD_TOKEN_ID, padTokenId);
  }

  /** What {@link #withPadTokenId} set. */
  public OptionalInt padTokenId() {
    return integer(Setting.PAD_TOKEN_ID);
  }

  private GenerationConfig with(Setting setting, Object value) {
    return new GenerationConfig(values.with(setting, value));
  }

  // The withers and Setting's types see to it that a setting's value is of its accessor's type.
  @SuppressWarnings("unchecked")
  private <T> Optional<T> value(Setting setting) {
    return Optional.ofNullable((T) values.known().get(setting));
  }

  private boolean isOn(Setting setting) {
    return this.<Boolean>value(setting).orElse(false);
  }

  private OptionalInt integer(Setting setting) {
    return this.<Integer>value(setting).map(OptionalInt::of).orElseGet(OptionalInt::empty);
  }

  private OptionalLong longInteger(Setting setting) {
    return this.<Long>value(setting).map(OptionalLong::of).orElseGet(OptionalLong::empty);
  }

  private OptionalDouble number(Setting setting) {
    return this.<Double>value(setting).map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
  }
}
