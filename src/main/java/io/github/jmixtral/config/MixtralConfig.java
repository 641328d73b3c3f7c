package io.github.jmixtral.config;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.ModelFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The configuration of a Mixtral: what {@code config.json} says, under its names in camelCase.
 * Immutable. What stands there beyond this (training settings, say) is kept and written again.
 *
 * @since 0.1.0
 */
public final class MixtralConfig {
  static final String MODEL_TYPE = "mixtral";

  private static final int LABELS = 2;

  /** As many as the reference takes where the file does not say. */
  private static final int POSITIONS = 131_072;

  /** More than any classifier has; each label costs an entry of a map. */
  private static final int MAX_LABELS = 1_000_000;

  /** The file as it was read: source of the keys that have no field here. */
  private final ObjectNode source;

  private final int vocabSize;
  private final int hiddenSize;
  private final int intermediateSize;
  private final int numHiddenLayers;
  private final int numAttentionHeads;
  private final int numKeyValueHeads;
  private final OptionalInt storedHeadDim;
  private final int numLocalExperts;
  private final int numExpertsPerTok;
  private final int maxPositionEmbeddings;
  private final double rmsNormEps;
  private final RopeSettings rope;
  private final OptionalInt slidingWindow;
  private final boolean tieWordEmbeddings;
  private final OptionalInt bosTokenId;
  private final List<Integer> eosTokenIds;
  private final OptionalInt padTokenId;
  private final double routerAuxLossCoef;
  private final boolean outputRouterLogits;
  private final List<String> architectures;
  private final String dtype;
  private final SortedMap<Integer, String> id2label;
  private final String problemType;

  private MixtralConfig(JsonObject json) {
    architectures = json.unneeded(List.of(), () -> List.copyOf(json.strings("architectures")));
    // A class of the reference names the type, too.
    String modelType =
        json.has("model_type")
                || architectures.stream().noneMatch(name -> name.startsWith("Mixtral"))
            ? json.requiredString("model_type")
            : MODEL_TYPE;
    json.requireSupported(
        modelType.equals(MODEL_TYPE),
        "model_type",
        "'" + MODEL_TYPE + "'",
        Excerpt.quote(modelType));
    String activation = json.string("hidden_act").orElse("silu");
    // Two names of one function.
    json.requireSupported(
        List.of("silu", "swish").contains(activation),
        "hidden_act",
        "'silu'",
        Excerpt.quote(activation));
    source = json.node();
    vocabSize = json.requiredPositive("vocab_size");
    hiddenSize = json.requiredPositive("hidden_size");
    intermediateSize = json.requiredPositive("intermediate_size");
    numHiddenLayers = json.requiredPositive("num_hidden_layers");
    numAttentionHeads = json.requiredPositive("num_attention_heads");
    // As the reference: absent means 8, null means one for each query head.
    numKeyValueHeads =
        json.positive(
            "num_key_value_heads", json.isNull("num_key_value_heads") ? numAttentionHeads : 8);
    storedHeadDim = json.integer("head_dim");
    numLocalExperts = json.positive("num_local_experts", 8);
    numExpertsPerTok = json.positive("num_experts_per_tok", 2);
    maxPositionEmbeddings =
        json.unneeded(POSITIONS, () -> json.positive("max_position_embeddings", POSITIONS));
    rmsNormEps = json.positive("rms_norm_eps", 1e-5);
    rope = RopeSettings.read(json);
    OptionalInt window = json.integer("sliding_window");
    slidingWindow = window.orElse(0) > 0 ? window : OptionalInt.empty();
    tieWordEmbeddings = json.flag("tie_word_embeddings").orElse(false);
    bosTokenId = json.unneeded(OptionalInt.of(1), () -> id(json, "bos_token_id", 1));
    eosTokenIds = json.unneeded(List.of(2), () -> ids(json, "eos_token_id", 2));
    padTokenId = json.unneeded(OptionalInt.empty(), () -> first(json.ids("pad_token_id")));
    routerAuxLossCoef = json.unneeded(0.001, () -> finite(json, "router_aux_loss_coef", 0.001));
    outputRouterLogits =
        json.unneeded(false, () -> json.flag("output_router_logits").orElse(false));
    dtype =
        json.unneeded(
            "float32",
            () -> json.string("dtype").or(() -> json.string("torch_dtype")).orElse("float32"));
    id2label = json.unneeded(labels(LABELS), () -> readLabels(json));
    problemType = json.unneeded("", () -> json.string("problem_type").orElse(""));
    checkSizes(json);
  }

  /**
   * Reads {@code config.json} of a folder, in the spelling of transformers 4 or 5, or {@code
   * params.json}, the configuration in Mistral AI's own releases, where that stands alone.
   *
   * <p>The sizes of the matrices must stand there; the rest defaults to what the reference's
   * MixtralConfig defaults to. Without {@code rope_theta}, {@code params.json} means 1e6; without a
   * number of positions, those that the model of this width was trained on. A fault in what a model
   * runs without (names of labels, ids of special tokens) is named in the log and passed over.
   *
   * @param path the folder, or the file itself
   * @throws io.github.jmixtral.error.MissingFileException when there is no such file
   * @throws io.github.jmixtral.error.MalformedFileException when a key is missing, of a wrong type
   *     or out of range
   * @throws io.github.jmixtral.error.UnsupportedCheckpointException when it describes another
   *     model, activation or rotary embedding
   */
  public static MixtralConfig fromPretrained(Path path) {
    Objects.requireNonNull(path, "path");
    Path file = path;
    if (!Files.isRegularFile(path)) {
      Path params = path.resolve(ModelFiles.PARAMS);
      file = path.resolve(ModelFiles.CONFIG);
      file = !Files.exists(file) && Files.exists(params) ? params : file;
    }
    ObjectNode root = JsonFile.readObject(file);
    return new MixtralConfig(
        file.endsWith(ModelFiles.CONFIG)
            ? JsonObject.of(file.toString(), root)
            : ParamsJson.inOurKeys(file.toString(), root));
  }

  /**
   * The configuration that a {@code config.json} with these values would describe.
   *
   * @param values numbers, booleans, strings, lists and maps by key; those of Mixtral 8x7B stand in
   *     for sizes that are absent
   * @throws IllegalArgumentException when values are of a wrong type, out of range or contradict
   *     each other
   */
  public static MixtralConfig of(Map<String, ?> values) {
    Objects.requireNonNull(values, "values");
    Map<String, Object> all =
        new LinkedHashMap<>(
            Map.of(
                "model_type", MODEL_TYPE,
                "architectures", List.of("MixtralForCausalLM"),
                "vocab_size", 32000,
                "hidden_size", 4096,
                "intermediate_size", 14336,
                "num_hidden_layers", 32,
                "num_attention_heads", 32));
    all.putAll(values);
    return new MixtralConfig(JsonObject.ofCaller(JsonFile.objectOf(all)));
  }

  /**
   * The same with other values.
   *
   * @param values by their keys in {@code config.json}; a sliding window below 1 and an id below 0
   *     stand for none
   * @throws IllegalArgumentException when values are of a wrong type, out of range or contradict
   *     each other
   */
  public MixtralConfig with(Map<String, ?> values) {
    Objects.requireNonNull(values, "values");
    ObjectNode changed = toJson();
    // These repeat what stands under other keys.
    changed.remove(List.of("rope_parameters", "torch_dtype"));
    changed.setAll(JsonFile.objectOf(values));
    return new MixtralConfig(JsonObject.ofCaller(changed));
  }

  /**
   * Writes {@code config.json} into a folder, which is created when absent.
   *
   * @throws java.io.UncheckedIOException when the folder can't be written
   */
  public void savePretrained(Path folder) {
    Objects.requireNonNull(folder, "folder");
    JsonFile.writeInto(folder, ModelFiles.CONFIG, toJson());
  }

  private void checkSizes(JsonObject json) {
    json.require(
        numExpertsPerTok <= numLocalExperts,
        "num_experts_per_tok",
        "at most num_local_experts, " + numLocalExperts,
        numExpertsPerTok);
    json.require(
        numAttentionHeads % numKeyValueHeads == 0,
        "num_key_value_heads",
        "a divisor of num_attention_heads, " + numAttentionHeads,
        numKeyValueHeads);
    json.require(
        storedHeadDim.isPresent() || hiddenSize % numAttentionHeads == 0,
        "hidden_size",
        "a multiple of num_attention_heads, " + numAttentionHeads + ", where head_dim is absent",
        hiddenSize);
    json.positive("head_dim", headDim());
    json.require(
        headDim() % 2 == 0,
        "head_dim",
        "an even number, as the rotary embedding turns pairs",
        headDim());
    long rows = (long) headDim() * numAttentionHeads;
    json.require(
        rows <= Integer.MAX_VALUE,
        "num_attention_heads",
        "at most 2^31 - 1 rows of all heads together",
        rows);
  }

  private static OptionalInt id(JsonObject json, String key, int otherwise) {
    return json.has(key) ? first(json.ids(key)) : OptionalInt.of(otherwise);
  }

  private static OptionalInt first(List<Integer> ids) {
    return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.getFirst());
  }

  private static List<Integer> ids(JsonObject json, String key, int otherwise) {
    return json.has(key) ? json.ids(key) : List.of(otherwise);
  }

  private static double finite(JsonObject json, String key, double otherwise) {
    double value = json.number(key).orElse(otherwise);
    json.require(Double.isFinite(value), key, "a finite number", value);
    return value;
  }

  private static SortedMap<Integer, String> readLabels(JsonObject json) {
    Optional<JsonObject> names = json.object("id2label");
    if (names.isEmpty()) {
      int count = json.integer("num_labels").orElse(LABELS);
      json.require(count >= 1 && count <= MAX_LABELS, "num_labels", "1 to " + MAX_LABELS, count);
      return labels(count);
    }
    SortedMap<Integer, String> labels = new TreeMap<>();
    for (String key : names.get().keys()) {
      json.require(
          key.matches("0|[1-9][0-9]{0,8}"),
          "id2label",
          "label numbers as keys",
          Excerpt.quote(key));
      labels.put(Integer.valueOf(key), names.get().requiredString(key));
    }
    int count = labels.size();
    json.require(
        count >= 1 && count <= MAX_LABELS, "id2label", "1 to " + MAX_LABELS + " labels", count);
    json.require(
        labels.firstKey() == 0 && labels.lastKey() == count - 1,
        "id2label",
        "the labels 0 to " + (count - 1),
        "the labels " + labels.firstKey() + " to " + labels.lastKey());
    return Collections.unmodifiableSortedMap(labels);
  }

  /** The reference's names for labels that have none: LABEL_0, LABEL_1, … */
  private static SortedMap<Integer, String> labels(int count) {
    SortedMap<Integer, String> labels = new TreeMap<>();
    for (int label = 0; label < count; label++) {
      labels.put(label, "LABEL_" + label);
    }
    return Collections.unmodifiableSortedMap(labels);
  }

  /** The source's own keys stay where they are; both spellings are written, for all readers. */
  private ObjectNode toJson() {
    ObjectNode root = source.deepCopy();
    ArrayNode classes = root.putArray("architectures");
    architectures.forEach(classes::add);
    root.put("model_type", MODEL_TYPE);
    root.put("hidden_act", "silu");
    root.put("vocab_size", vocabSize);
    root.put("hidden_size", hiddenSize);
    root.put("intermediate_size", intermediateSize);
    root.put("num_hidden_layers", numHiddenLayers);
    root.put("num_attention_heads", numAttentionHeads);
    root.put("num_key_value_heads", numKeyValueHeads);
    putInteger(root, "head_dim", storedHeadDim);
    root.put("num_local_experts", numLocalExperts);
    root.put("num_experts_per_tok", numExpertsPerTok);
    root.put("max_position_embeddings", maxPositionEmbeddings);
    root.put("rms_norm_eps", rmsNormEps);
    rope.write(root);
    putInteger(root, "sliding_window", slidingWindow);
    root.put("tie_word_embeddings", tieWordEmbeddings);
    putInteger(root, "bos_token_id", bosTokenId);
    putEosTokenIds(root);
    putInteger(root, "pad_token_id", padTokenId);
    root.put("router_aux_loss_coef", routerAuxLossCoef);
    root.put("output_router_logits", outputRouterLogits);
    root.put("dtype", dtype);
    root.put("torch_dtype", dtype);
    putLabels(root);
    if (problemType.isEmpty()) {
      root.remove("problem_type");
    } else {
      root.put("problem_type", problemType);
    }
    return root;
  }

  private static void putInteger(ObjectNode root, String key, OptionalInt value) {
    if (value.isPresent()) {
      root.put(key, value.getAsInt());
    } else {
      root.putNull(key);
    }
  }

  private void putEosTokenIds(ObjectNode root) {
    switch (eosTokenIds.size()) {
      case 0 -> root.putNull("eos_token_id");
      case 1 -> root.put("eos_token_id", eosTokenIds.getFirst());
      default -> eosTokenIds.forEach(root.putArray("eos_token_id")::add);
    }
  }

  private void putLabels(ObjectNode root) {
    root.remove(List.of("num_labels", "id2label", "label2id"));
    if (id2label.equals(labels(LABELS))) {
      return; // The reference leaves its default out, too.
    }
    ObjectNode names = root.putObject("id2label");
    ObjectNode numbers = root.putObject("label2id");
    id2label.forEach(
        (label, name) -> {
          names.put(label.toString(), name);
          numbers.put(name, label);
        });
  }

  /** {@return the number of ids that the embedding knows} */
  public int vocabSize() {
    return vocabSize;
  }

  /** {@return the width of the hidden states} */
  public int hiddenSize() {
    return hiddenSize;
  }

  /** {@return the width inside an expert} */
  public int intermediateSize() {
    return intermediateSize;
  }

  /** {@return the number of decoder layers} */
  public int numHiddenLayers() {
    return numHiddenLayers;
  }

  /** {@return the number of query heads} */
  public int numAttentionHeads() {
    return numAttentionHeads;
  }

  /** {@return the number of key/value heads, which divides the number of query heads} */
  public int numKeyValueHeads() {
    return numKeyValueHeads;
  }

  /** {@return the width of a head, an even number: hidden size / query heads unless stored} */
  public int headDim() {
    return storedHeadDim.orElse(hiddenSize / numAttentionHeads);
  }

  /** {@return the number of experts of a layer} */
  public int numLocalExperts() {
    return numLocalExperts;
  }

  /** {@return the number of experts that the router picks for a token} */
  public int numExpertsPerTok() {
    return numExpertsPerTok;
  }

  /** {@return the length of the longest sequence that the model was made for} */
  public int maxPositionEmbeddings() {
    return maxPositionEmbeddings;
  }

  /** {@return what RMSNorm adds to the mean square} */
  public double rmsNormEps() {
    return rmsNormEps;
  }

  /** {@return the base of the rotary embedding's wavelengths} */
  public double ropeTheta() {
    return rope.theta();
  }

  /**
   * {@return what positions are divided by before they are embedded (linear scaling); 1 for none}
   */
  public double ropeFactor() {
    return rope.factor();
  }

  /** {@return how many keys, its own included, a query sees; empty: all of them} */
  public OptionalInt slidingWindow() {
    return slidingWindow;
  }

  /** {@return whether the output head is the embedding} */
  public boolean tieWordEmbeddings() {
    return tieWordEmbeddings;
  }

  /** {@return the id that begins a sequence} */
  public OptionalInt bosTokenId() {
    return bosTokenId;
  }

  /** {@return the ids that end a sequence, perhaps none} */
  public int[] eosTokenIds() {
    return eosTokenIds.stream().mapToInt(id -> id).toArray();
  }

  /** {@return the id that fills up a batch} */
  public OptionalInt padTokenId() {
    return padTokenId;
  }

  /** {@return the weight of the router's balance in the loss} */
  public double routerAuxLossCoef() {
    return routerAuxLossCoef;
  }

  /** {@return whether the router's balance enters the loss unasked} */
  public boolean outputRouterLogits() {
    return outputRouterLogits;
  }

  /** {@return the reference's classes that this checkpoint was saved from, perhaps none} */
  public List<String> architectures() {
    return architectures;
  }

  /** {@return the number format of the weights, as the reference names it: {@code bfloat16}} */
  public String dtype() {
    return dtype;
  }

  /** {@return the names of a classifier's labels, by label number from 0} */
  public SortedMap<Integer, String> id2label() {
    return id2label;
  }

  /** {@return the number of a classifier's labels} */
  public int numLabels() {
    return id2label.size();
  }

  /**
   * What a classifier's scores mean, if the checkpoint defines it.
   *
   * @throws UnsupportedCheckpointException when it names a type that there is not
   */
  public Optional<ProblemType> problemType() {
    if (problemType.isEmpty()) {
      return Optional.empty();
    }
    for (ProblemType type : ProblemType.values()) {
      if (type.toString().equals(problemType)) {
        return Optional.of(type);
      }
    }
    throw new UnsupportedCheckpointException(
        ModelFiles.CONFIG + ": problem_type",
        "one of " + Arrays.toString(ProblemType.values()),
        Excerpt.quote(problemType));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MixtralConfig config && toJson().equals(config.toJson());
  }

  @Override
  public int hashCode() {
    return toJson().hashCode();
  }

  @Override
  public String toString() {
    return "MixtralConfig" + toJson();
  }
}
