package io.github.jmixtral.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
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
    GenerationConfig config = GenerationConfig.defaults();
    assertEquals(OptionalInt.empty(), config.maxNewTokens());
    assertEquals(OptionalDouble.empty(), config.temperature());
    assertEquals(OptionalLong.empty(), config.seed());
    assertEquals(Optional.empty(), config.doSample());
    assertEquals(Optional.empty(), config.stopStrings());
  }

  @Test
  void withersReturnChangedCopies() {
    GenerationConfig config = GenerationConfig.defaults().withTopK(7);
    GenerationConfig changed = config.withTopK(8);
    assertEquals(OptionalInt.of(7), config.topK());
    assertEquals(OptionalInt.of(8), changed.topK());
    assertEquals(OptionalInt.empty(), GenerationConfig.defaults().topK());
  }

  @Test
  void setSettingsWinOverTheBaseAndUnsetOnesInherit() {
    GenerationConfig base =
        GenerationConfig.defaults().withTopK(20).withTemperature(0.6).withDoSample(true);
    GenerationConfig call = GenerationConfig.defaults().withTopK(0).withDoSample(false);
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
    assertEquals(Optional.of(List.of(2)), config.eosTokenIds());
    assertEquals(OptionalInt.of(0), config.padTokenId());
    assertEquals(OptionalInt.empty(), config.topK());
  }

  @Test
  void everySettingSurvivesSavingAndLoading() {
    GenerationConfig config =
        GenerationConfig.defaults()
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
            .withNoRepeatNgramSize(3)
            .withBadWordsIds(List.of(List.of(7), List.of(8, 9)))
            .withSuppressTokens(List.of(5))
            .withBeginSuppressTokens(List.of(5, 6))
            .withSequenceBias(List.of(new SequenceBias(List.of(1, 2), -2.5)))
            .withExponentialDecayLengthPenalty(new ExponentialDecay(3, 1.1))
            .withForcedBosTokenId(1)
            .withForcedEosTokenIds(List.of(2))
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
            .withEosTokenIds(List.of(2, 3))
            .withPadTokenId(0);
    Path created = folder.resolve("new/one");
    config.savePretrained(created);
    assertEquals(config, GenerationConfig.fromPretrained(created));
  }

  @Test
  void everySettingIsSetByItsName() {
    assertEquals(
        GenerationConfig.defaults()
            .withTopK(4)
            .withEarlyStopping(EarlyStopping.NEVER)
            .withStopStrings("[", "end")
            .withBadWordsIds(List.of(List.of(7), List.of(8, 9))),
        GenerationConfig.defaults()
            .withSetting("top_k", "3")
            .withSetting("top_k", "4")
            .withSetting("early_stopping", "never")
            .withSetting("stop_strings", "[\"[\", \"end\"]")
            .withSetting("bad_words_ids", "[[7], [8, 9]]"));
    assertEquals(
        GenerationConfig.defaults().withStopStrings("\"open"),
        GenerationConfig.defaults().withSetting("stop_strings", "\"open"));
    assertRefused(
        "setting: expected a name of generation_config.json that jmixtral has, found topK",
        () -> GenerationConfig.defaults().withSetting("topK", "3"));
    assertRefused(
        "top_p: expected a number 0 … 1, found 1.5",
        () -> GenerationConfig.defaults().withSetting("top_p", "1.5"));
    assertRefused(
        "top_p: expected a number 0 … 1, found null",
        () -> GenerationConfig.defaults().withSetting("top_p", "null"));
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
    PrintStream console = System.err;
    var log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      GenerationConfig.fromPretrained(folder);
    } finally {
      System.setErr(console);
    }
    return log.toString(StandardCharsets.UTF_8);
  }

  @Test
  void beamsAndOutputsHaveTheReferencesDefaults() {
    GenerationConfig config = GenerationConfig.defaults();
    assertEquals(new BeamSettings(1, 1, EarlyStopping.HEURISTIC, 1), config.beams());
    assertEquals(
        new OutputSettings(false, false, false, false, false, OptionalInt.empty()),
        config.outputs());
    assertFalse(config.outputs().any());
  }

  @ParameterizedTest
  @CsvSource({"true, WHEN_FULL", "false, HEURISTIC", "'\"never\"', NEVER"})
  void earlyStoppingIsTrueFalseOrNever(String json, EarlyStopping expected) throws IOException {
    write("{\"early_stopping\": " + json + "}");
    GenerationConfig config = GenerationConfig.fromPretrained(folder);
    assertEquals(expected, config.beams().earlyStopping());
    config.savePretrained(folder);
    assertEquals(
        "{\"early_stopping\":" + json + "}",
        Files.readString(folder.resolve("generation_config.json")).replaceAll("\\s", ""));
  }

  @Test
  void earlyStoppingRefusesAnyOtherWord() throws IOException {
    write("{\"early_stopping\": \"soon\"}");
    MalformedFileException failure =
        assertThrows(MalformedFileException.class, () -> GenerationConfig.fromPretrained(folder));
    assertTrue(failure.getMessage().contains("expected true, false or \"never\""));
  }

  @Test
  void nullIsUnset() throws IOException {
    write("{\"top_k\": null, \"eos_token_id\": null}");
    assertEquals(GenerationConfig.defaults(), GenerationConfig.fromPretrained(folder));
  }

  @Test
  void oneEosIdMayStandForAList() throws IOException {
    write("{\"eos_token_id\": 2}");
    assertEquals(Optional.of(List.of(2)), GenerationConfig.fromPretrained(folder).eosTokenIds());
    write("{\"eos_token_id\": [2, 32000]}");
    assertEquals(
        Optional.of(List.of(2, 32000)), GenerationConfig.fromPretrained(folder).eosTokenIds());
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
        "eos_token_id|[2,-1]|an id of at least 0, or a list of ids",
        "eos_token_id|[[2]]|an id of at least 0, or a list of ids",
        "stop_strings|[\"\"]|a list of non-empty texts",
        "stop_strings|7|a list of non-empty texts",
        "bad_words_ids|[[]]|a list of non-empty lists of ids",
        "sequence_bias|[[[],1.0]]|a list of [list of ids, number]",
        "sequence_bias|[[[1]]]|a list of [list of ids, number]",
        "exponential_decay_length_penalty|[1]|[new tokens of at least 0, factor above 0]",
        "seed|1.5|a whole number"
      })
  void aWrongValueInTheFileIsNamed(String key, String value, String expected) throws IOException {
    write("{\"" + key + "\": " + value + "}");
    var failure =
        assertThrows(MalformedFileException.class, () -> GenerationConfig.fromPretrained(folder));
    String start = "generation_config.json: " + key + ": expected " + expected + ", found ";
    assertTrue(failure.getMessage().startsWith(start), failure.getMessage());
    assertTrue(failure.getMessage().length() > start.length(), failure.getMessage());
  }

  @Test
  void aNumberOfHundredsOfDigitsIsRefusedOrNamedInAWarning() throws IOException {
    String digits = "9".repeat(400);
    aWrongValueInTheFileIsNamed("temperature", digits, "a number above 0, at least 1e-30");
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
        "epsilon_cutoff|2|a number 0 … 1|2.0",
        "eta_cutoff|2|a number 0 … 1|2.0"
      })
  void whatCountsOnlyForSamplingIsCheckedWhenSampling(
      String key, String value, String expected, String found) throws IOException {
    write("{\"do_sample\": false, \"" + key + "\": " + value + "}");
    GenerationConfig config = GenerationConfig.fromPretrained(folder);
    config.requireValidForSampling();
    var failure =
        assertThrows(
            IllegalArgumentException.class,
            () -> config.withDoSample(true).requireValidForSampling());
    assertEquals(key + ": expected " + expected + ", found " + found, failure.getMessage());
  }

  @Test
  void messagesStayShortWhateverTheFileSays() throws IOException {
    write("{\"eos_token_id\": \"" + "x".repeat(1_000_000) + "\"}");
    var failure =
        assertThrows(MalformedFileException.class, () -> GenerationConfig.fromPretrained(folder));
    assertTrue(failure.getMessage().length() < 400, () -> failure.getMessage().length() + "");
    var refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> GenerationConfig.defaults().withSuppressTokens(Collections.nCopies(100_000, -1)));
    assertTrue(refusal.getMessage().length() < 400, () -> refusal.getMessage().length() + "");
  }

  @Test
  void aFileThatHoldsNoObjectIsRefused() throws IOException {
    write("[1]");
    var failure =
        assertThrows(MalformedFileException.class, () -> GenerationConfig.fromPretrained(folder));
    assertTrue(
        failure.getMessage().startsWith("generation_config.json: expected a JSON object"),
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
    GenerationConfig config = GenerationConfig.defaults();
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
        "stop_strings: expected a list of non-empty texts, found []",
        () -> config.withStopStrings(""));
    assertRefused(
        "eos_token_id: expected an id of at least 0, or a list of ids, found [-2]",
        () -> config.withEosTokenId(-2));
  }

  @Test
  void theModelsConfigGivesItsTokenIds() {
    MixtralConfig model = MixtralConfig.fromPretrained(Fixtures.folder("full-f32"));
    assertEquals(
        GenerationConfig.defaults().withBosTokenId(1).withEosTokenId(2).withPadTokenId(0),
        GenerationConfig.ofModel(model));
  }

  private void write(String json) throws IOException {
    Files.writeString(folder.resolve("generation_config.json"), json);
  }

  private static void assertRefused(String message, Supplier<GenerationConfig> wither) {
    var failure = assertThrows(IllegalArgumentException.class, wither::get);
    assertEquals(message, failure.getMessage());
  }
}
