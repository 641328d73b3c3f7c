package io.github.jmixtral.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A config.json for each rule that breaks this rule and no other. */
@RunsOnce
class MixtralConfigRulesTest {
  private static final List<String> SIZES =
      List.of(
          "vocab_size",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads");

  @TempDir Path folder;

  @Test
  void aFolderWithoutConfigurationIsNamed() {
    MissingFileException missing =
        assertThrows(MissingFileException.class, () -> MixtralConfig.fromPretrained(folder));
    assertTrue(
        missing.getMessage().contains(folder.resolve("config.json").toString()),
        missing.getMessage());
  }

  @Test
  void whatShapesTheMatricesMustStandThere() throws IOException {
    for (String key : SIZES) {
      malformed(Map.of(key, ""), key + ": the key is missing; it should be an integer");
      malformed(Map.of(key, "null"), key + ": expected an integer, found null");
    }
    malformed(Map.of("model_type", ""), "model_type: the key is missing; it should be a string");
  }

  @Test
  void anotherModelIsNamed() throws IOException {
    unsupported(Map.of("model_type", "'llama'"), "model_type: expected 'mixtral', found 'llama'");
  }

  @Test
  void anotherActivationIsNamed() throws IOException {
    unsupported(Map.of("hidden_act", "'gelu'"), "hidden_act: expected 'silu', found 'gelu'");
  }

  @Test
  void anotherRotaryEmbeddingIsNamed() throws IOException {
    unsupported(
        Map.of("rope_scaling", "{'rope_type':'yarn','factor':2.0}"),
        "rope_scaling: rope_type: expected 'default' or 'linear', found 'yarn'");
    unsupported(
        Map.of("rope_parameters", "{'rope_type':'llama3','rope_theta':1e6}"),
        "rope_parameters: rope_type: expected 'default' or 'linear', found 'llama3'");
    unsupported(
        Map.of("rope_parameters", "{'rope_type':'default','partial_rotary_factor':0.5}"),
        "rope_parameters: partial_rotary_factor: expected 1, found 0.5");
    malformed(
        Map.of("rope_parameters", "{'rope_theta':'big'}"),
        "rope_parameters: rope_theta: expected a number, found \"big\"");
    malformed(
        Map.of("rope_scaling", "'linear'"),
        "rope_scaling: expected a JSON object, found \"linear\"");
  }

  @Test
  void integersAreIntegers() throws IOException {
    for (String key :
        List.of(
            "vocab_size",
            "num_key_value_heads",
            "head_dim",
            "num_local_experts",
            "num_experts_per_tok",
            "sliding_window")) {
      malformed(Map.of(key, "'64'"), key + ": expected an integer, found \"64\"");
      malformed(Map.of(key, "64.5"), key + ": expected an integer, found 64.5");
      malformed(Map.of(key, "true"), key + ": expected an integer, found true");
      malformed(Map.of(key, "{}"), key + ": expected an integer, found {}");
      malformed(
          Map.of(key, "2147483648"), key + ": expected an integer below 2^31, found 2147483648");
      malformed(Map.of(key, "1" + "0".repeat(30)), key + ": expected an integer below 2^31");
    }
  }

  @Test
  void sizesArePositive() throws IOException {
    for (String key :
        List.of(
            "vocab_size",
            "hidden_size",
            "intermediate_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "num_local_experts",
            "num_experts_per_tok")) {
      malformed(Map.of(key, "0"), key + ": expected a positive number, found 0");
      malformed(Map.of(key, "-8"), key + ": expected a positive number, found -8");
    }
  }

  @Test
  void sizesFitEachOther() throws IOException {
    malformed(
        Map.of("num_key_value_heads", "3"),
        "num_key_value_heads: expected a divisor of num_attention_heads, 4, found 3");
    malformed(
        Map.of("hidden_size", "66"),
        "hidden_size: expected a multiple of num_attention_heads, 4, where head_dim is absent,"
            + " found 66");
    malformed(Map.of("head_dim", "7"), "head_dim: expected an even number");
    malformed(
        Map.of("num_experts_per_tok", "9"),
        "num_experts_per_tok: expected at most num_local_experts, 8, found 9");
    malformed(
        Map.of("head_dim", "1073741824"),
        "num_attention_heads: expected at most 2^31 - 1 rows of all heads together");
  }

  @Test
  void realNumbersAreFiniteAndPositive() throws IOException {
    malformed(Map.of("rms_norm_eps", "'NaN'"), "rms_norm_eps: expected a number, found \"NaN\"");
    malformed(Map.of("rms_norm_eps", "0"), "rms_norm_eps: expected a positive number, found 0.0");
    malformed(Map.of("rms_norm_eps", "-1e-5"), "rms_norm_eps: expected a positive number");
    malformed(Map.of("rms_norm_eps", "1e999"), "rms_norm_eps: expected a positive number");
    malformed(Map.of("rope_theta", "0.0"), "rope_theta: expected a positive number, found 0.0");
    malformed(Map.of("rope_theta", "1e999"), "rope_theta: expected a positive number");
    String digits = "9".repeat(400);
    malformed(Map.of("rope_theta", digits), "rope_theta: expected a positive number");
  }

  @Test
  void notANumberIsNoSize() throws IOException {
    for (String value : List.of("NaN", "Infinity", "-Infinity")) {
      malformed(Map.of("rms_norm_eps", value), "rms_norm_eps: expected a positive number, found ");
      malformed(Map.of("hidden_size", value), "hidden_size: expected an integer, found " + value);
    }
    assertEquals(64, readWith(Map.of("something", "NaN")).hiddenSize());
  }

  @Test
  void jsonIsReadAsPythonReadsIt() throws IOException {
    assertEquals(64, readWith(Map.of("hidden_size", "64.0")).hiddenSize());
    assertEquals(64, readWith(Map.of("hidden_size", "32,'hidden_size':64")).hiddenSize());
    assertEquals(64, readWith(Map.of("hidden_act", "'swish'")).hiddenSize());
  }

  @Test
  void negativeIdsAndWindowsStandForNone() throws IOException {
    MixtralConfig config =
        readWith(Map.of("bos_token_id", "-1", "pad_token_id", "-1", "eos_token_id", "[2,-5]"));
    assertEquals(OptionalInt.empty(), config.bosTokenId());
    assertEquals(OptionalInt.empty(), config.padTokenId());
    assertArrayEquals(new int[] {2}, config.eosTokenIds());
    assertArrayEquals(new int[0], readWith(Map.of("eos_token_id", "-1")).eosTokenIds());
    assertEquals(OptionalInt.empty(), readWith(Map.of("sliding_window", "0")).slidingWindow());
    assertEquals(OptionalInt.empty(), readWith(Map.of("sliding_window", "-1")).slidingWindow());
  }

  @Test
  void flagsHaveTheirType() throws IOException {
    malformed(
        Map.of("tie_word_embeddings", "1"), "tie_word_embeddings: expected true or false, found 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bos_token_id|\"2\"|expected an integer, found \"2\"",
        "bos_token_id|2147483648|expected an integer below 2^31, found 2147483648",
        "eos_token_id|[1,\"2\"]|expected an integer, found \"2\"",
        "eos_token_id|{}|expected an integer, found {}",
        "pad_token_id|1.5|expected an integer, found 1.5",
        "router_aux_loss_coef|1e999|expected a finite number, found Infinity",
        "router_aux_loss_coef|\"x\"|expected a number, found \"x\"",
        "output_router_logits|\"no\"|expected true or false, found \"no\"",
        "torch_dtype|16|expected a string, found 16",
        "dtype|[]|expected a string, found []",
        "architectures|\"x\"|expected an array of strings, found \"x\"",
        "architectures|[1]|expected a string, found 1",
        "problem_type|{}|expected a string, found {}",
        "num_labels|\"3\"|expected an integer, found \"3\"",
        "num_labels|2000000000|expected 1 to 1000000, found 2000000000",
        "num_labels|0|expected 1 to 1000000, found 0",
        "id2label|{\"1\":\"a\"}|expected the labels 0 to 0, found the labels 1 to 1",
        "id2label|{\"0\":\"a\",\"2\":\"b\"}|expected the labels 0 to 1, found the labels 0 to 2",
        "id2label|{\"x\":\"a\"}|expected label numbers as keys, found 'x'",
        "id2label|{\"00\":\"a\"}|expected label numbers as keys, found '00'",
        "id2label|{}|expected 1 to 1000000 labels, found 0",
        "id2label|[]|expected a JSON object, found []",
      })
  void whatAModelRunsWithoutIsPassedOverWithAWarning(String key, String value, String problem)
      throws IOException {
    MixtralConfig sound = readWith(Map.of());
    String log = LogCapture.of(() -> assertEquals(2, readWith(Map.of(key, value)).numLabels()));
    assertEquals(1, log.lines().count(), log);
    assertTrue(
        log.contains(folder.resolve("config.json") + ": " + key + ": " + problem + "; "), log);
    assertEquals(sound.bosTokenId(), readWith(Map.of(key, value)).bosTokenId());
  }

  @Test
  void aConfigurationIsAnObject() throws IOException {
    Files.writeString(folder.resolve("config.json"), "[1]");
    MalformedFileException failure =
        assertThrows(MalformedFileException.class, () -> MixtralConfig.fromPretrained(folder));
    assertEquals(
        folder.resolve("config.json") + ": expected a JSON object, found [1]",
        failure.getMessage());
  }

  private void malformed(Map<String, String> changes, String message) throws IOException {
    String found = messageOf(MalformedFileException.class, changes);
    assertTrue(found.startsWith(folder.resolve("config.json") + ": " + message), found);
  }

  private void unsupported(Map<String, String> changes, String message) throws IOException {
    assertEquals(
        folder.resolve("config.json") + ": " + message,
        messageOf(UnsupportedCheckpointException.class, changes));
  }

  private <E extends JmixtralException> String messageOf(
      Class<E> expected, Map<String, String> changes) {
    return assertThrows(expected, () -> readWith(changes)).getMessage();
  }

  /** Reads a good configuration with keys replaced, or removed by an empty text. */
  private MixtralConfig readWith(Map<String, String> changes) throws IOException {
    Map<String, String> json = new LinkedHashMap<>();
    json.put("model_type", "'mixtral'");
    json.put("vocab_size", "100");
    json.put("hidden_size", "64");
    json.put("intermediate_size", "96");
    json.put("num_hidden_layers", "2");
    json.put("num_attention_heads", "4");
    json.put("num_key_value_heads", "2");
    json.putAll(changes);
    json.values().removeIf(String::isEmpty);
    StringBuilder text = new StringBuilder();
    json.forEach(
        (key, value) ->
            text.append(text.isEmpty() ? "{'" : ",'").append(key).append("':").append(value));
    Files.writeString(
        folder.resolve("config.json"), text.append('}').toString().replace('\'', '"'));
    return MixtralConfig.fromPretrained(folder);
  }
}
