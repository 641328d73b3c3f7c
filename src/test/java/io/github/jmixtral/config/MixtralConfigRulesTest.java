package io.github.jmixtral.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A config.json for each rule that breaks this rule and no other. */
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
      malformed(Map.of(key, ""), key + ": expected an integer, found no such key");
      malformed(Map.of(key, "null"), key + ": expected an integer, found null");
    }
    malformed(Map.of("model_type", ""), "model_type: expected a string, found no such key");
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
        Map.of("rope_scaling", "{'type':'linear','factor':2.0}"),
        "rope_scaling: rope_type: expected 'default', found 'linear'");
    unsupported(
        Map.of("rope_scaling", "{'rope_type':'yarn','factor':2.0}"),
        "rope_scaling: rope_type: expected 'default', found 'yarn'");
    unsupported(
        Map.of("rope_parameters", "{'rope_type':'llama3','rope_theta':1e6}"),
        "rope_parameters: rope_type: expected 'default', found 'llama3'");
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
            "max_position_embeddings",
            "sliding_window",
            "bos_token_id",
            "eos_token_id",
            "pad_token_id",
            "num_labels")) {
      malformed(Map.of(key, "'64'"), key + ": expected an integer, found \"64\"");
      malformed(Map.of(key, "64.0"), key + ": expected an integer, found 64.0");
      malformed(Map.of(key, "true"), key + ": expected an integer, found true");
      malformed(Map.of(key, "{}"), key + ": expected an integer, found {}");
      malformed(
          Map.of(key, "2147483648"), key + ": expected an integer below 2^31, found 2147483648");
      malformed(Map.of(key, "1" + "0".repeat(30)), key + ": expected an integer below 2^31");
    }
    malformed(Map.of("eos_token_id", "[1,'2']"), "eos_token_id: expected an integer, found \"2\"");
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
            "num_experts_per_tok",
            "max_position_embeddings",
            "sliding_window")) {
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
    malformed(Map.of("router_aux_loss_coef", "1e999"), "router_aux_loss_coef: expected a finite");
    String digits = "9".repeat(400);
    malformed(Map.of("rope_theta", digits), "rope_theta: expected a positive number");
    malformed(Map.of("router_aux_loss_coef", digits), "router_aux_loss_coef: expected a finite");
  }

  @Test
  void notANumberIsNotJson() throws IOException {
    for (String value : List.of("NaN", "Infinity", "-Infinity")) {
      String message = messageOf(MalformedFileException.class, Map.of("rms_norm_eps", value));
      assertTrue(message.startsWith("config.json: line 1, column "), message);
      assertTrue(message.contains("well-formed JSON"), message);
    }
  }

  @Test
  void idsAreNotNegative() throws IOException {
    for (String key : List.of("bos_token_id", "eos_token_id", "pad_token_id")) {
      malformed(Map.of(key, "-1"), key + ": expected an id, not negative, found -1");
    }
    malformed(Map.of("eos_token_id", "[2,-5]"), "eos_token_id: expected an id, not negative");
  }

  @Test
  void flagsAndTextsHaveTheirType() throws IOException {
    malformed(
        Map.of("tie_word_embeddings", "1"), "tie_word_embeddings: expected true or false, found 1");
    malformed(
        Map.of("output_router_logits", "'no'"),
        "output_router_logits: expected true or false, found \"no\"");
    malformed(Map.of("torch_dtype", "16"), "torch_dtype: expected a string, found 16");
    malformed(Map.of("dtype", "[]"), "dtype: expected a string, found []");
    malformed(Map.of("architectures", "'x'"), "architectures: expected an array of strings");
    malformed(Map.of("architectures", "[1]"), "architectures: expected a string, found 1");
    malformed(Map.of("problem_type", "{}"), "problem_type: expected a string, found {}");
  }

  @Test
  void labelsAreNumberedFromZeroWithoutAGap() throws IOException {
    malformed(Map.of("id2label", "{'1':'a'}"), "id2label: expected the labels 0 to 0, found");
    malformed(Map.of("id2label", "{'0':'a','2':'b'}"), "id2label: expected the labels 0 to 1");
    malformed(Map.of("id2label", "{'x':'a'}"), "id2label: expected label numbers as keys, found");
    malformed(Map.of("id2label", "{'00':'a'}"), "id2label: expected label numbers as keys, found");
    malformed(Map.of("id2label", "{'0':1}"), "id2label: 0: expected a string, found 1");
    malformed(Map.of("id2label", "{}"), "id2label: expected 1 to 1000000 labels, found 0");
    malformed(Map.of("id2label", "[]"), "id2label: expected a JSON object, found []");
  }

  @Test
  void aHugeNumberOfLabelsIsRefusedBeforeTheyAreNamed() throws IOException {
    malformed(Map.of("num_labels", "2000000000"), "num_labels: expected 1 to 1000000, found");
    malformed(Map.of("num_labels", "0"), "num_labels: expected 1 to 1000000, found 0");
  }

  @Test
  void aConfigurationIsAnObject() throws IOException {
    Files.writeString(folder.resolve("config.json"), "[1]");
    MalformedFileException failure =
        assertThrows(MalformedFileException.class, () -> MixtralConfig.fromPretrained(folder));
    assertEquals("config.json: expected a JSON object, found [1]", failure.getMessage());
  }

  private void malformed(Map<String, String> changes, String message) throws IOException {
    String found = messageOf(MalformedFileException.class, changes);
    assertTrue(found.startsWith("config.json: " + message), found);
    assertTrue(found.contains(", found "), found);
  }

  private void unsupported(Map<String, String> changes, String message) throws IOException {
    assertEquals(
        "config.json: " + message, messageOf(UnsupportedCheckpointException.class, changes));
  }

  /** A good configuration with keys replaced, or removed by an empty text. */
  private <E extends JmixtralException> String messageOf(
      Class<E> expected, Map<String, String> changes) throws IOException {
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
    return assertThrows(expected, () -> MixtralConfig.fromPretrained(folder)).getMessage();
  }
}
