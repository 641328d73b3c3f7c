package io.github.jmixtral.config;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
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

  /** Our keys of config.json and those of params.json, for messages. */
  private static final Map<String, String> SPELLINGS =
      Map.ofEntries(
          Map.entry("hidden_size", "dim"),
          Map.entry("num_hidden_layers", "n_layers"),
          Map.entry("intermediate_size", "hidden_dim"),
          Map.entry("num_attention_heads", "n_heads"),
          Map.entry("num_key_value_heads", "n_kv_heads"),
          Map.entry("rms_norm_eps", "norm_eps"),
          Map.entry("num_local_experts", "moe: num_experts"),
          Map.entry("num_experts_per_tok", "moe: num_experts_per_tok"));

  private final JsonObject json;

  private ParamsJson(JsonObject json) {
    this.json = json;
  }

  static MixtralConfig read(Path file) {
    String name = file.getFileName().toString();
    JsonNode root = JsonFile.read(file);
    if (!(root instanceof ObjectNode object)) {
      throw new MalformedFileException(name, "a JSON object", Excerpt.line(root.toString()));
    }
    if (object.has("hidden_size")) {
      return MixtralConfigJson.ofParams(name, object);
    }
    MixtralConfig.Builder values = new ParamsJson(new JsonObject(name, object)).readValues();
    MixtralConfigRules.check(
        values,
        (key, expected, found) ->
            new MalformedFileException(
                name + ": " + SPELLINGS.getOrDefault(key, key), expected, found));
    return values.buildChecked();
  }

  private MixtralConfig.Builder readValues() {
    for (String key : FOREIGN) {
      if (json.has(key) && !json.isNull(key)) {
        throw new UnsupportedCheckpointException(
            json.place(key), "no such key in a Mixtral", "one");
      }
    }
    JsonObject moe =
        json.object("moe")
            .orElseThrow(
                () ->
                    new UnsupportedCheckpointException(
                        json.place("moe"),
                        "the experts of a Mixtral",
                        "no such key, a model without experts"));
    int dim = json.requiredInteger("dim");
    int heads = json.requiredInteger("n_heads");
    MixtralConfig.Builder values = MixtralConfig.builder();
    return values
        .vocabSize(json.requiredInteger("vocab_size"))
        .hiddenSize(dim)
        .intermediateSize(json.requiredInteger("hidden_dim"))
        .numHiddenLayers(json.requiredInteger("n_layers"))
        .numAttentionHeads(heads)
        .numKeyValueHeads(json.integer("n_kv_heads").orElse(heads))
        .headDim(json.integer("head_dim"))
        .numLocalExperts(moe.requiredInteger("num_experts"))
        .numExpertsPerTok(moe.requiredInteger("num_experts_per_tok"))
        .maxPositionEmbeddings(positions(dim))
        .rmsNormEps(json.number("norm_eps").orElse(values.rmsNormEps))
        .ropeTheta(json.number("rope_theta").orElse(values.ropeTheta))
        .slidingWindow(json.integer("sliding_window"))
        .tieWordEmbeddings(json.flag("tied_embeddings").orElse(false));
  }

  static ObjectNode write(MixtralConfig config) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("dim", config.hiddenSize());
    root.put("n_layers", config.numHiddenLayers());
    root.put("head_dim", config.headDim());
    root.put("hidden_dim", config.intermediateSize());
    root.put("n_heads", config.numAttentionHeads());
    root.put("n_kv_heads", config.numKeyValueHeads());
    root.put("norm_eps", config.rmsNormEps());
    root.put("vocab_size", config.vocabSize());
    root.put("rope_theta", config.ropeTheta());
    root.put("max_position_embeddings", config.maxPositionEmbeddings());
    config.slidingWindow().ifPresent(window -> root.put("sliding_window", window));
    if (config.tieWordEmbeddings()) {
      root.put("tied_embeddings", true);
    }
    root.putObject("moe")
        .put("num_experts", config.numLocalExperts())
        .put("num_experts_per_tok", config.numExpertsPerTok());
    return root;
  }

  private int positions(int dim) {
    for (String key : List.of("max_position_embeddings", "max_seq_len")) {
      OptionalInt stored = json.integer(key);
      if (stored.isPresent()) {
        return stored.getAsInt();
      }
    }
    return POSITIONS.getOrDefault(dim, OTHER_POSITIONS);
  }
}
