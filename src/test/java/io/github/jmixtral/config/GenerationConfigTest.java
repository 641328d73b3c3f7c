package io.github.jmixtral.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@RunsOnce
class GenerationConfigTest {
  @TempDir Path folder;

  @Test
  void defaultsHaveNothingSet() {
    GenerationConfig config = GenerationConfig.inherit();
    assertEquals(OptionalInt.empty(), config.maxNewTokens());
    assertEquals(OptionalDouble.empty(), config.temperature());
    assertEquals(OptionalLong.empty(), config.seed());
    assertEquals(Optional.empty(), config.doSample());
    assertEquals(Optional.empty(), config.stopStrings());
  }

  @Test
  void withersReturnChangedCopies() {
    GenerationConfig config = GenerationConfig.inherit().withTopK(7);
    GenerationConfig changed = config.withTopK(8);
    assertEquals(OptionalInt.of(7), config.topK());
    assertEquals(OptionalInt.of(8), changed.topK());
    assertEquals(OptionalInt.empty(), GenerationConfig.inherit().topK());
  }

  @Test
  void setSettingsWinOverTheBaseAndUnsetOnesInherit() {
    GenerationConfig base =
        GenerationConfig.inherit().withTopK(20).withTemperature(0.6).withDoSample(true);
    GenerationConfig call = GenerationConfig.inherit().withTopK(0).withDoSample(false);
    GenerationConfig effective = call.over(base);
    assertEquals(OptionalInt.of(0), effective.topK());
    assertEquals(Optional.of(false), effective.doSample());
    assertEquals(OptionalDouble.of(0.6), effective.temperature());
    assertEquals(OptionalDouble.empty(), effective.topP());
  }

  @Test
  void theFixturesFileIsRead() {
    GenerationConfig config = GenerationConfig.fromPretrained(Fixtures.folder("full-f32"));
    assertEquals(OptionalInt.of(1), config.bosTokenId());
    assertArrayEquals(new int[] {2}, config.eosTokenIds().orElseThrow());
    assertEquals(OptionalInt.of(0), config.padTokenId());
    assertEquals(OptionalInt.empty(), config.topK());
  }

  @Test
  void everySettingSurvivesSavingAndLoading() {
    GenerationConfig config =
        GenerationConfig.inherit()
            .withMaxNewTokens(5)
            .withMaxLength(50)
            .withMinNewTokens(2)
            .withMinLength(3)
            .withMaxTime(1.5)
            .withStopStrings("\n\n", "ende \"gut\" ünd 🦆")
            .withDoSample(true)
            .withSeed(Long.MIN_VALUE)
            .withTemperature(0.7)
            .withTopK(40)
            .withTopP(0.9)
            .withMinP(0.05)
            .withTypicalP(0.8)
            .withEpsilonCutoff(3e-4)
            .withEtaCutoff(4e-3)
            .withRepetitionPenalty(1.2)
            .withFrequencyPenalty(0.5)
            .withPresencePenalty(-0.5)
            .withNoRepeatNgramSize(3)
            .withBadWordsIds(new int[] {7}, new int[] {8, 9})
            .withSuppressTokens(5)
            .withBeginSuppressTokens(5, 6)
            .withSequenceBias(new SequenceBias(-2.5, 1, 2))
            .withExponentialDecayLengthPenalty(3, 1.1)
            .withForcedBosTokenId(1)
            .withForcedEosTokenIds(2)
            .withRemoveInvalidValues(true)
            .withNumBeams(4)
            .withLengthPenalty(-0.5)
            .withEarlyStopping(EarlyStopping.NEVER)
            .withNumReturnSequences(3)
            .withGuidanceScale(1.5)
            .withPromptLookupNumTokens(10)
            .withMaxMatchingNgramSize(3)
            .withNumExpertsPerTok(1)
            .withOutputScores(true)
            .withOutputLogits(true)
            .withOutputHiddenStates(true)
            .withOutputAttentions(true)
            .withOutputRouterLogits(false)
            .withTopLogprobs(5)
            .withRenormalizeLogits(false)
            .withBosTokenId(1)
            .withEosTokenIds(2, 3)
            .withPadTokenId(0);
    Path created = folder.resolve("new/one");
    config.savePretrained(created);
    assertEquals(config, GenerationConfig.fromPretrained(created));
  }

  @Test
  void everySettingIsSetByItsName() {
    assertEquals(
        GenerationConfig.inherit()
            .withTopK(4)
            .withEarlyStopping(EarlyStopping.NEVER)
            .withStopStrings("[", "end")
            .withBadWordsIds(new int[] {7}, new int[] {8, 9}),
        GenerationConfig.inherit()
            .withSetting("top_k", "3")
            .withSetting("top_k", "4")
            .withSetting("early_stopping", "never")
            .withSetting("stop_strings", "[\"[\", \"end\"]")
            .withSetting("bad_words_ids", "[[7], [8, 9]]"));
    assertEquals(
        GenerationConfig.inherit().withStopStrings("\"open"),
        GenerationConfig.inherit().withSetting("stop_strings", "\"open"));
    assertRefused(
        "jmixtral has no setting 'topK'; the names are those of generation_config.json",
        () -> GenerationConfig.inherit().withSetting("topK", "3"));
    assertRefused(
        "top_p: expected a number 0 … 1, found 1.5",
        () -> GenerationConfig.inherit().withSetting("top_p", "1.5"));
    assertRefused(
        "top_p: expected a number 0 … 1, found null",
        () -> GenerationConfig.inherit().withSetting("top_p", "null"));
  }

  @Test
  void unknownKeysAreKeptAndSavedAgain() throws IOException {
    write("{\"top_k\": 3, \"penalty_alpha\": 1, \"x\": {\"y\": [1, null]}, \"version\": \"5.0\"}");
    GenerationConfig.fromPretrained(folder).withTopK(4).savePretrained(folder);
    String saved = Files.readString(folder.resolve("generation_config.json"));
    assertEquals(
        "{\"top_k\":4,\"penalty_alpha\":1,\"x\":{\"y\":[1,null]},\"version\":\"5.0\"}",
        saved.replaceAll("\\s", ""));
  }

  @Test
  void settingsThatWouldChangeTheResultAndAreNotThereAreNamedOnce() throws IOException {
    write(
        "{\"num_beams\": 4, \"guidance_scale\": 3.0, \"num_return_sequences\": 2,"
            + " \"penalty_alpha\": 0.6, \"encoder_repetition_penalty\": 1.3,"
            + " \"prompt_lookup_num_tokens\": 10, \"watermarking_config\": {\"bias\": 2},"
            + " \"token_healing\": true, \"length_penalty\": 2.0, \"use_cache\": false}");
    String log = logOfLoading();
    assertEquals(1, log.lines().count(), log);
    assertTrue(
        log.contains(
            "generation_config.json: jmixtral does not have these settings and generates without"
                + " them: penalty_alpha, encoder_repetition_penalty, watermarking_config,"
                + " token_healing"),
        log);
    assertFalse(log.contains("length_penalty"), log);
  }

  @Test
  void neutralValuesOfSettingsThatAreNotThereNeedNoWarning() throws IOException {
    write(
        "{\"num_beams\": 1, \"guidance_scale\": 1, \"num_return_sequences\": 1,"
            + " \"penalty_alpha\": null, \"encoder_repetition_penalty\": 1.0,"
            + " \"encoder_no_repeat_ngram_size\": 0, \"token_healing\": false,"
            + " \"force_words_ids\": [], \"num_assistant_tokens\": 20,"
            + " \"transformers_version\": \"5.0.0\", \"_from_model_config\": true}");
    assertEquals("", logOfLoading());
  }

  private String logOfLoading() {
    return LogCapture.of(() -> GenerationConfig.fromPretrained(folder));
  }

  @ParameterizedTest
  @CsvSource({"true, WHEN_FULL", "false, HEURISTIC", "'\"never\"', NEVER"})
  void earlyStoppingIsTrueFalseOrNever(String json, EarlyStopping expected) throws IOException {
    write("{\"early_stopping\": " + json + "}");
    GenerationConfig config = GenerationConfig.fromPretrained(folder);
    assertEquals(Optional.of(expected), config.setting("early_stopping", EarlyStopping.class));
    config.savePretrained(folder);
    assertEquals(
        "{\"early_stopping\":" + json + "}",
        Files.readString(folder.resolve("generation_config.json")).replaceAll("\\s", ""));
  }

  @Test
  void earlyStoppingRefusesAnyOtherWord() throws IOException {
    write("{\"early_stopping\": \"soon\"}");
    GenerationConfig config = GenerationConfig.fromPretrained(folder);
    MalformedFileException failure =
        assertThrows(
            MalformedFileException.class,
            () -> config.setting("early_stopping", EarlyStopping.class));
    assertTrue(failure.getMessage().contains("expected true, false or \"never\""));
  }

  @Test
  void nullIsUnset() throws IOException {
    write("{\"top_k\": null, \"eos_token_id\": null}");
    assertEquals(GenerationConfig.inherit(), GenerationConfig.fromPretrained(folder));
  }

  @Test
  void oneEosIdMayStandForAList() throws IOException {
    write("{\"eos_token_id\": 2}");
    assertEnds(2);
    write("{\"eos_token_id\": [2, 32000]}");
    assertEnds(2, 32000);
    write("{\"eos_token_id\": [2, -1]}");
    assertEnds(2);
    write("{\"eos_token_id\": -1}");
    assertEnds();
  }

  @Test
  void wholeNumbersServeWhereFractionsAreExpected() throws IOException {
    write("{\"temperature\": 1, \"top_p\": 1}");
    assertEquals(OptionalDouble.of(1), GenerationConfig.fromPretrained(folder).temperature());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max_new_tokens|0|a whole number of at least 1",
        "max_new_tokens|2.5|a whole number of at least 1",
        "max_new_tokens|99999999999|a whole number of at least 1",
        "temperature|\"warm\"|a number above 0, at least 1e-30",
        "temperature|1e999|a number above 0, at least 1e-30",
        "top_p|\"most\"|a number 0 … 1",
        "max_time|0|a number above 0",
        "typical_p|true|a number above 0, at most 1",
        "do_sample|1|true or false",
        "eos_token_id|[[2]]|an id of at least 0, or a list of ids",
        "stop_strings|[\"\"]|a list of texts that are not empty",
        "stop_strings|7|a list of texts that are not empty",
        "bad_words_ids|[[]]|a list of non-empty lists of ids",
        "sequence_bias|[[[],1.0]]|a list of [list of ids, number]",
        "sequence_bias|[[[1]]]|a list of [list of ids, number]",
        "exponential_decay_length_penalty|[1]|[new tokens of at least 0, factor above 0]",
        "seed|1.5|a whole number"
      })
  void aWrongValueInTheFileIsNamedInAWarningAndAnErrorWhereItIsNeeded(
      String key, String value, String expected) throws IOException {
    write("{\"" + key + "\": " + value + ", \"bos_token_id\": 7}");
    String start = folder + "/generation_config.json: " + key + ": expected " + expected;
    String log = logOfLoading();
    assertTrue(log.contains(start + ", found "), log);
    assertEquals(1, log.lines().count(), log);
    GenerationConfig config = GenerationConfig.fromPretrained(folder);
    assertEquals(OptionalInt.of(7), config.bosTokenId());
    Class<?> type = Setting.find(key).orElseThrow().javaType();
    var failure = assertThrows(MalformedFileException.class, () -> config.setting(key, type));
    assertTrue(failure.getMessage().startsWith(start + ", found "), failure.getMessage());
    assertTrue(failure.getMessage().length() > start.length() + 8, failure.getMessage());
  }

  @Test
  void aCallMaySetWhatIsWrongInTheFile() throws IOException {
    write("{\"top_k\": \"many\", \"temperature\": 0.5}");
    GenerationConfig file = GenerationConfig.fromPretrained(folder);
    GenerationConfig call = GenerationConfig.inherit().withTopK(3).over(file);
    assertEquals(OptionalInt.of(3), call.topK());
    assertEquals(OptionalDouble.of(0.5), call.temperature());
    assertThrows(MalformedFileException.class, file::topK);
  }

  @Test
  void aNumberOfHundredsOfDigitsIsRefusedOrNamedInAWarning() throws IOException {
    String digits = "9".repeat(400);
    aWrongValueInTheFileIsNamedInAWarningAndAnErrorWhereItIsNeeded(
        "temperature", digits, "a number above 0, at least 1e-30");
    write("{\"encoder_repetition_penalty\": " + digits + "}");
    String log = logOfLoading();
    assertTrue(log.contains("encoder_repetition_penalty"), log);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "temperature|0.0|a number above 0, at least 1e-30|0.0",
        "temperature|1e-50|a number above 0, at least 1e-30|1.0E-50",
        "top_k|-1|a whole number of at least 0|-1",
        "top_p|1.5|a number 0 … 1|1.5",
        "min_p|-0.5|a number 0 … 1|-0.5",
        "typical_p|0.0|a number above 0, at most 1|0.0",
        "epsilon_cutoff|2|a number 0 … 1|2",
        "eta_cutoff|2|a number 0 … 1|2"
      })
  void whatCountsOnlyForSamplingIsCheckedWhenItIsRead(
      String key, String value, String expected, String found) throws IOException {
    write("{\"" + key + "\": " + value + "}");
    assertEquals("", logOfLoading());
    GenerationConfig config = GenerationConfig.fromPretrained(folder);
    Class<?> type = Setting.find(key).orElseThrow().javaType();
    var failure = assertThrows(MalformedFileException.class, () -> config.setting(key, type));
    assertEquals(
        "%s/generation_config.json: %s: expected %s, found %s"
            .formatted(folder, key, expected, found),
        failure.getMessage());
  }

  @Test
  void messagesStayShortWhateverTheFileSays() throws IOException {
    write("{\"eos_token_id\": \"" + "x".repeat(1_000_000) + "\"}");
    GenerationConfig config = GenerationConfig.fromPretrained(folder);
    var failure = assertThrows(MalformedFileException.class, config::eosTokenIds);
    assertTrue(failure.getMessage().length() < 600, () -> failure.getMessage().length() + "");
    int[] many = new int[100_000];
    Arrays.fill(many, -1);
    var refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> GenerationConfig.inherit().withSuppressTokens(many));
    assertTrue(refusal.getMessage().length() < 400, () -> refusal.getMessage().length() + "");
  }

  @Test
  void aFileThatHoldsNoObjectIsRefused() throws IOException {
    write("[1]");
    var failure =
        assertThrows(MalformedFileException.class, () -> GenerationConfig.fromPretrained(folder));
    assertTrue(
        failure.getMessage().contains("generation_config.json: expected a JSON object"),
        failure.getMessage());
  }

  @Test
  void aMissingFileIsNamed() {
    var failure =
        assertThrows(MissingFileException.class, () -> GenerationConfig.fromPretrained(folder));
    assertTrue(failure.getMessage().contains("generation_config.json"), failure.getMessage());
  }

  @Test
  void withersRefuseValuesOutOfRange() {
    GenerationConfig config = GenerationConfig.inherit();
    assertRefused(
        "temperature: expected a number above 0, at least 1e-30, found 0.0",
        () -> config.withTemperature(0));
    assertRefused(
        "temperature: expected a number above 0, at least 1e-30, found NaN",
        () -> config.withTemperature(Double.NaN));
    assertRefused(
        "temperature: expected a number above 0, at least 1e-30, found 1.0E-50",
        () -> config.withTemperature(1e-50));
    assertRefused(
        "top_k: expected a whole number of at least 0, found -1", () -> config.withTopK(-1));
    assertRefused(
        "max_new_tokens: expected a whole number of at least 1, found 0",
        () -> config.withMaxNewTokens(0));
    assertRefused("min_p: expected a number 0 … 1, found 1.01", () -> config.withMinP(1.01));
    assertRefused(
        "stop_strings: expected a list of texts that are not empty, found [\"\"]",
        () -> config.withStopStrings(""));
    assertRefused(
        "eos_token_id: expected an id of at least 0, or a list of ids, found -2",
        () -> config.withEosTokenIds(-2));
  }

  @Test
  void negativeIdsStandForNone() throws IOException {
    write("{\"pad_token_id\": -1, \"bos_token_id\": -1, \"suppress_tokens\": [-1, 5]}");
    assertEquals("", logOfLoading());
    GenerationConfig config = GenerationConfig.fromPretrained(folder);
    assertEquals(OptionalInt.empty(), config.padTokenId());
    assertEquals(OptionalInt.empty(), config.bosTokenId());
    assertArrayEquals(new int[] {5}, config.setting("suppress_tokens", int[].class).orElseThrow());
  }

  @Test
  void wholeNumbersMayBeWrittenWithAFraction() throws IOException {
    write("{\"max_length\": 20.0, \"eos_token_id\": [2.0], \"seed\": 1e3}");
    GenerationConfig config = GenerationConfig.fromPretrained(folder);
    assertEquals(Optional.of(20), config.setting("max_length", Integer.class));
    assertEquals(OptionalLong.of(1000), config.seed());
    assertEnds(2);
  }

  @Test
  void aSettingIsReadByItsNameAndType() {
    GenerationConfig config =
        GenerationConfig.inherit()
            .withExponentialDecayLengthPenalty(3, 1.1)
            .withSequenceBias(new SequenceBias(2.5, 7, 8));
    assertArrayEquals(
        new double[] {3, 1.1},
        config.setting("exponential_decay_length_penalty", double[].class).orElseThrow());
    assertArrayEquals(
        new SequenceBias[] {new SequenceBias(2.5, 7, 8)},
        config.setting("sequence_bias", SequenceBias[].class).orElseThrow());
    assertRefused(
        "top_k: values of this setting are of type Integer, not Double",
        () -> config.withTopK((int) (double) config.setting("top_k", Double.class).orElse(1.0)));
  }

  private void assertEnds(int... ids) {
    assertArrayEquals(ids, GenerationConfig.fromPretrained(folder).eosTokenIds().orElseThrow());
  }

  private void write(String json) throws IOException {
    Files.writeString(folder.resolve("generation_config.json"), json);
  }

  private static void assertRefused(String message, Supplier<GenerationConfig> wither) {
    var failure = assertThrows(IllegalArgumentException.class, wither::get);
    assertEquals(message, failure.getMessage());
  }
}
