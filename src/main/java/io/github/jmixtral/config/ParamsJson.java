package io.github.jmixtral.config;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code params.json}, the configuration in Mistral AI's own releases, in its two spellings: {@code
 * dim}, {@code n_layers}, {@code moe} …, or the keys of config.json.
 */
final class ParamsJson {
  /** How many positions the releases were trained on, by their width; the file does not say. */
  private static final Map<Integer, Integer> POSITIONS = Map.of(4096, 32_768, 6144, 65_536);

  private static final int OTHER_POSITIONS = 32_768;

  /** What would change the arithmetic, in later models of the same maker. */
  private static final List<String> FOREIGN = List.of("quantization", "yarn", "lora", "mla");

  /** Keys of config.json and those of params.json. */
  private static final Map<String, String> SPELLINGS =
      Map.ofEntries(
          Map.entry("vocab_size", "vocab_size"),
          Map.entry("hidden_size", "dim"),
          Map.entry("intermediate_size", "hidden_dim"),
          Map.entry("num_hidden_layers", "n_layers"),
          Map.entry("num_attention_heads", "n_heads"),
          Map.entry("num_key_value_heads", "n_kv_heads"),
          Map.entry("head_dim", "head_dim"),
          Map.entry("rms_norm_eps", "norm_eps"),
          Map.entry("rope_theta", "rope_theta"),
          Map.entry("sliding_window", "sliding_window"),
          Map.entry("tie_word_embeddings", "tied_embeddings"));

  private static final Map<String, String> SPELLINGS_IN_MOE =
      Map.of(
          "num_local_experts", "num_experts",
          "num_experts_per_tok", "num_experts_per_tok");

  private ParamsJson() {}

  /** What the file says, in the keys of config.json. */
  static JsonObject inOurKeys(String file, ObjectNode root) {
    if (root.has("hidden_size")) {
      // That it describes a Mixtral goes without saying there.
      root.putIfAbsent("model_type", JsonNodeFactory.instance.stringNode(MixtralConfig.MODEL_TYPE));
      return JsonObject.of(file, root);
    }
    JsonObject json = JsonObject.of(file, root);
    for (String key : FOREIGN) {
      if (json.has(key) && !json.isNull(key)) {
        throw new UnsupportedCheckpointException(
            json.place(key), "a Mixtral has no such key; this is another model");
      }
    }
    if (!json.has("moe")) {
      throw new UnsupportedCheckpointException(
          file, "the key moe is missing; the model has no experts, which a Mixtral has");
    }
    JsonObject moe = json.object("moe").orElseThrow();
    ObjectNode ours = JsonNodeFactory.instance.objectNode();
    ours.put("model_type", MixtralConfig.MODEL_TYPE);
    ours.putArray("architectures").add("MixtralForCausalLM");
    SPELLINGS.forEach((key, theirs) -> copy(json, theirs, ours, key));
    SPELLINGS_IN_MOE.forEach((key, theirs) -> copy(moe, theirs, ours, key));
    ours.putIfAbsent("num_key_value_heads", JsonNodeFactory.instance.nullNode());
    ours.put("max_position_embeddings", positions(json));
    moe.requiredInteger("num_experts");
    moe.requiredInteger("num_experts_per_tok");
    return JsonObject.of(file, ours, ParamsJson::spelling);
  }

  private static void copy(JsonObject from, String key, ObjectNode to, String name) {
    if (from.has(key) && !from.isNull(key)) {
      to.set(name, from.node().get(key));
    }
  }

  private static String spelling(String key) {
    String inMoe = SPELLINGS_IN_MOE.get(key);
    return inMoe == null ? SPELLINGS.getOrDefault(key, key) : "moe: " + inMoe;
  }

  private static int positions(JsonObject json) {
    for (String key : List.of("max_position_embeddings", "max_seq_len")) {
      OptionalInt stored = json.integer(key);
      if (stored.isPresent()) {
        return stored.getAsInt();
      }
    }
    return POSITIONS.getOrDefault(json.integer("dim").orElse(0), OTHER_POSITIONS);
  }
}
