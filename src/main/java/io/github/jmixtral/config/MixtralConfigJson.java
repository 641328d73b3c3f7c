package io.github.jmixtral.config;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code config.json} in both directions. */
final class MixtralConfigJson {
  private static final String MODEL_TYPE = "mixtral";
  private static final String ACTIVATION = "silu";
  private static final String ROPE_TYPE = "default";

  private final JsonObject json;

  private MixtralConfigJson(JsonObject json) {
    this.json = json;
  }

  static ObjectNode emptySource() {
    return JsonNodeFactory.instance.objectNode();
  }

  static MixtralConfig read(Path file) {
    JsonNode root = JsonFile.read(file);
    String name = file.getFileName().toString();
    if (!(root instanceof ObjectNode object)) {
      throw new MalformedFileException(name, "a JSON object", Excerpt.line(root.toString()));
    }
    return read(name, object);
  }

  /** A {@code params.json} in these keys; that it describes a Mixtral goes without saying there. */
  static MixtralConfig ofParams(String name, ObjectNode object) {
    return read(
        name, object.has("model_type") ? object : object.deepCopy().put("model_type", MODEL_TYPE));
  }

  private static MixtralConfig read(String name, ObjectNode object) {
    MixtralConfig.Builder values =
        new MixtralConfigJson(new JsonObject(name, object)).readValues().source(object);
    MixtralConfigRules.check(
        values,
        (key, expected, found) -> new MalformedFileException(name + ": " + key, expected, found));
    return values.buildChecked();
  }

  private MixtralConfig.Builder readValues() {
    requireSupported("model_type", json.requiredString("model_type"), MODEL_TYPE);
    requireSupported("hidden_act", json.string("hidden_act").orElse(ACTIVATION), ACTIVATION);
    MixtralConfig.Builder values = MixtralConfig.builder();
    values
        .vocabSize(json.requiredInteger("vocab_size"))
        .hiddenSize(json.requiredInteger("hidden_size"))
        .intermediateSize(json.requiredInteger("intermediate_size"))
        .numHiddenLayers(json.requiredInteger("num_hidden_layers"))
        .numAttentionHeads(json.requiredInteger("num_attention_heads"))
        // As the reference: absent means 8, null means one for each query head.
        .numKeyValueHeads(
            json.integer("num_key_value_heads")
                .orElse(
                    json.isNull("num_key_value_heads")
                        ? values.numAttentionHeads
                        : values.numKeyValueHeads))
        .headDim(json.integer("head_dim"))
        .numLocalExperts(json.integer("num_local_experts").orElse(values.numLocalExperts))
        .numExpertsPerTok(json.integer("num_experts_per_tok").orElse(values.numExpertsPerTok))
        .maxPositionEmbeddings(
            json.integer("max_position_embeddings").orElse(values.maxPositionEmbeddings))
        .rmsNormEps(json.number("rms_norm_eps").orElse(values.rmsNormEps))
        .ropeTheta(readRopeTheta(values.ropeTheta))
        .slidingWindow(json.integer("sliding_window"))
        .tieWordEmbeddings(json.flag("tie_word_embeddings").orElse(values.tieWordEmbeddings))
        .bosTokenId(json.has("bos_token_id") ? json.integer("bos_token_id") : values.bosTokenId)
        .eosTokenIds(json.has("eos_token_id") ? readEosTokenIds() : values.eosTokenIds)
        .padTokenId(json.integer("pad_token_id"))
        .routerAuxLossCoef(json.number("router_aux_loss_coef").orElse(values.routerAuxLossCoef))
        .outputRouterLogits(json.flag("output_router_logits").orElse(values.outputRouterLogits))
        .architectures(json.strings("architectures"))
        .dtype(json.string("dtype").or(() -> json.string("torch_dtype")).orElse(values.dtype))
        .id2label(readLabels())
        .problemType(json.string("problem_type"));
    return values;
  }

  /**
   * {@code rope_theta} at the top (transformers 4) or in {@code rope_parameters} (transformers 5),
   * where the latter wins; {@code rope_scaling} is transformers 4's place for other rope types.
   */
  private double readRopeTheta(double defaultTheta) {
    double theta = json.number("rope_theta").orElse(defaultTheta);
    for (String key : List.of("rope_parameters", "rope_scaling")) {
      Optional<JsonObject> rope = json.object(key);
      if (rope.isPresent()) {
        JsonObject parameters = rope.get();
        String type =
            parameters.string("rope_type").or(() -> parameters.string("type")).orElse(ROPE_TYPE);
        requireSupported(key + ": rope_type", type, ROPE_TYPE);
        double rotated = parameters.number("partial_rotary_factor").orElse(1);
        if (rotated != 1) {
          throw new UnsupportedCheckpointException(
              json.place(key + ": partial_rotary_factor"), "1", Double.toString(rotated));
        }
        theta = parameters.number("rope_theta").orElse(theta);
      }
    }
    return theta;
  }

  private List<Integer> readEosTokenIds() {
    if (!json.isArray("eos_token_id")) {
      return json.integer("eos_token_id").stream().boxed().toList();
    }
    return json.integers("eos_token_id");
  }

  private SortedMap<Integer, String> readLabels() {
    Optional<JsonObject> names = json.object("id2label");
    if (names.isEmpty()) {
      int count = json.integer("num_labels").orElse(2);
      if (count < 1 || count > MixtralConfigRules.MAX_LABELS) {
        throw new MalformedFileException(
            json.place("num_labels"),
            "1 to " + MixtralConfigRules.MAX_LABELS,
            Integer.toString(count));
      }
      return MixtralConfig.Builder.defaultLabels(count);
    }
    JsonObject object = names.get();
    SortedMap<Integer, String> labels = new TreeMap<>();
    for (String key : object.keys()) {
      if (!key.matches("0|[1-9][0-9]{0,8}")) {
        throw new MalformedFileException(
            json.place("id2label"), "label numbers as keys", Excerpt.quote(key));
      }
      labels.put(Integer.valueOf(key), object.requiredString(key));
    }
    return labels;
  }

  private void requireSupported(String key, String found, String supported) {
    if (!found.equals(supported)) {
      throw new UnsupportedCheckpointException(
          json.place(key), "'" + supported + "'", Excerpt.quote(found));
    }
  }

  /** The source's own keys stay where they are; both spellings are written, for all readers. */
  static ObjectNode write(MixtralConfig.Builder values) {
    ObjectNode root = values.source.deepCopy();
    ArrayNode architectures = root.putArray("architectures");
    values.architectures.forEach(architectures::add);
    root.put("model_type", MODEL_TYPE);
    root.put("hidden_act", ACTIVATION);
    root.put("vocab_size", values.vocabSize);
    root.put("hidden_size", values.hiddenSize);
    root.put("intermediate_size", values.intermediateSize);
    root.put("num_hidden_layers", values.numHiddenLayers);
    root.put("num_attention_heads", values.numAttentionHeads);
    root.put("num_key_value_heads", values.numKeyValueHeads);
    putInteger(root, "head_dim", values.headDim);
    root.put("num_local_experts", values.numLocalExperts);
    root.put("num_experts_per_tok", values.numExpertsPerTok);
    root.put("max_position_embeddings", values.maxPositionEmbeddings);
    root.put("rms_norm_eps", values.rmsNormEps);
    root.put("rope_theta", values.ropeTheta);
    root.remove("rope_scaling");
    ObjectNode rope = root.putObject("rope_parameters");
    rope.put("rope_theta", values.ropeTheta);
    rope.put("rope_type", ROPE_TYPE);
    putInteger(root, "sliding_window", values.slidingWindow);
    root.put("tie_word_embeddings", values.tieWordEmbeddings);
    putInteger(root, "bos_token_id", values.bosTokenId);
    putEosTokenIds(root, values.eosTokenIds);
    putInteger(root, "pad_token_id", values.padTokenId);
    root.put("router_aux_loss_coef", values.routerAuxLossCoef);
    root.put("output_router_logits", values.outputRouterLogits);
    root.put("dtype", values.dtype);
    root.put("torch_dtype", values.dtype);
    putLabels(root, values.id2label);
    values.problemType.ifPresentOrElse(
        type -> root.put("problem_type", type), () -> root.remove("problem_type"));
    return root;
  }

  private static void putInteger(ObjectNode root, String key, OptionalInt value) {
    if (value.isPresent()) {
      root.put(key, value.getAsInt());
    } else {
      root.putNull(key);
    }
  }

  private static void putEosTokenIds(ObjectNode root, List<Integer> ids) {
    switch (ids.size()) {
      case 0 -> root.putNull("eos_token_id");
      case 1 -> root.put("eos_token_id", ids.getFirst());
      default -> ids.forEach(root.putArray("eos_token_id")::add);
    }
  }

  private static void putLabels(ObjectNode root, SortedMap<Integer, String> labels) {
    root.remove(List.of("num_labels", "id2label", "label2id"));
    if (labels.equals(MixtralConfig.Builder.defaultLabels(2))) {
      return; // The reference leaves its default out, too.
    }
    ObjectNode names = root.putObject("id2label");
    ObjectNode numbers = root.putObject("label2id");
    for (Map.Entry<Integer, String> label : labels.entrySet()) {
      names.put(label.getKey().toString(), label.getValue());
      numbers.put(label.getValue(), label.getKey());
    }
  }
}
