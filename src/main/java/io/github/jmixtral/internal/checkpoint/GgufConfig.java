package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufMetadata;
import io.github.jmixtral.internal.format.GgufPieces;
import io.github.jmixtral.internal.format.GgufTensor;
import io.github.jmixtral.internal.format.GgufValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The configuration of a Mixtral as a GGUF file describes it, and back. */
public final class GgufConfig {
  /** What ggml calls Llama's architecture, of which it takes Mixtral to be a kind. */
  static final String ARCHITECTURE = "llama";

  static final String ARCHITECTURE_KEY = "general.architecture";
  static final String CONTEXT_LENGTH = ofModel("context_length");
  static final String VOCAB_SIZE = ofModel("vocab_size");
  static final String HIDDEN_SIZE = ofModel("embedding_length");
  static final String LAYERS = ofModel("block_count");
  static final String INTERMEDIATE_SIZE = ofModel("feed_forward_length");
  static final String HEADS = ofModel("attention.head_count");
  static final String KEY_VALUE_HEADS = ofModel("attention.head_count_kv");
  static final String KEY_LENGTH = ofModel("attention.key_length");
  static final String VALUE_LENGTH = ofModel("attention.value_length");
  static final String NORM_EPSILON = ofModel("attention.layer_norm_rms_epsilon");

  /** llama.cpp passes over it in this architecture: there a query sees every key before it. */
  static final String WINDOW = ofModel("attention.sliding_window");

  static final String ROPE_DIMENSIONS = ofModel("rope.dimension_count");
  static final String ROPE_THETA = ofModel("rope.freq_base");
  static final String ROPE_SCALING = ofModel("rope.scaling.type");
  static final String ROPE_ATTENTION_FACTOR = ofModel("rope.scaling.attn_factor");
  static final String EXPERT_GROUPS = ofModel("expert_group_count");
  static final String EXPERTS = ofModel("expert_count");
  static final String EXPERTS_USED = ofModel("expert_used_count");
  static final String BOS_ID = "tokenizer.ggml.bos_token_id";
  static final String PAD_ID = "tokenizer.ggml.padding_token_id";

  /** Of ggml's block types; 2 since their layout last changed. */
  private static final int QUANTIZATION_VERSION = 2;

  /** Where the factor of positions stands: today, and in older files. */
  private static final List<String> ROPE_FACTORS =
      List.of(ofModel("rope.scaling.factor"), ofModel("rope.scale_linear"));

  /** What llama.cpp takes when the file does not say. */
  private static final double DEFAULT_ROPE_THETA = 10_000;

  private GgufConfig() {}

  private static String ofModel(String key) {
    return ARCHITECTURE + "." + key;
  }

  /**
   * The configuration that a file's metadata describes.
   *
   * @throws MalformedFileException when a key is missing, of a wrong type or out of range
   * @throws UnsupportedCheckpointException when it describes another model, or positions that are
   *     scaled
   */
  static MixtralConfig read(GgufFile file) {
    GgufMetadata metadata = GgufMetadata.of(file);
    requireMixtral(metadata);
    int heads = metadata.requiredWhole(HEADS);
    int vocabSize = vocabSize(file);
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("vocab_size", vocabSize);
    values.put("hidden_size", metadata.requiredWhole(HIDDEN_SIZE));
    values.put("intermediate_size", metadata.requiredWhole(INTERMEDIATE_SIZE));
    values.put("num_hidden_layers", metadata.requiredWhole(LAYERS));
    values.put("num_attention_heads", heads);
    values.put("num_key_value_heads", metadata.whole(KEY_VALUE_HEADS).orElse(heads));
    metadata.whole(KEY_LENGTH).ifPresent(length -> values.put("head_dim", length));
    values.put("num_local_experts", metadata.requiredWhole(EXPERTS));
    values.put("num_experts_per_tok", metadata.requiredWhole(EXPERTS_USED));
    metadata
        .positive(CONTEXT_LENGTH)
        .ifPresent(length -> values.put("max_position_embeddings", length));
    values.put("rms_norm_eps", metadata.requiredReal(NORM_EPSILON));
    values.put("rope_theta", metadata.real(ROPE_THETA).orElse(DEFAULT_ROPE_THETA));
    double factor = ropeFactor(metadata);
    if (factor != 1) {
      values.put("rope_scaling", Map.of("rope_type", "linear", "factor", factor));
    }
    metadata.positive(WINDOW).ifPresent(window -> values.put("sliding_window", window));
    values.put("tie_word_embeddings", !file.tensors().containsKey(GgufNames.HEAD));
    values.put("bos_token_id", metadata.id(BOS_ID, vocabSize).orElse(1));
    values.put("eos_token_id", GgufPieces.ends(metadata, vocabSize));
    metadata.id(PAD_ID, vocabSize).ifPresent(id -> values.put("pad_token_id", id));
    try {
      MixtralConfig config = MixtralConfig.of(values);
      for (String key : List.of(KEY_LENGTH, VALUE_LENGTH, ROPE_DIMENSIONS)) {
        requireHeadDim(metadata, key, config.headDim());
      }
      return config;
    } catch (IllegalArgumentException failure) {
      throw new MalformedFileException(
          metadata.file() + ": metadata",
          "these are not the sizes of a Mixtral: " + failure.getMessage(),
          failure);
    }
  }

  /**
   * What a file says of a model with this configuration.
   *
   * @param name the model's name
   * @param fileType llama.cpp's number for how most of the weights are stored
   * @param words what it says of the tokenizer
   */
  public static Map<String, GgufValue> describe(
      String name, int fileType, MixtralConfig config, Map<String, GgufValue> words) {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put(ARCHITECTURE_KEY, new GgufValue.Text(ARCHITECTURE));
    metadata.put("general.name", new GgufValue.Text(name));
    metadata.put("general.file_type", GgufValue.unsigned(fileType));
    metadata.put("general.quantization_version", GgufValue.unsigned(QUANTIZATION_VERSION));
    Map<String, Integer> sizes = new LinkedHashMap<>();
    sizes.put(VOCAB_SIZE, config.vocabSize());
    sizes.put(CONTEXT_LENGTH, config.maxPositionEmbeddings());
    sizes.put(HIDDEN_SIZE, config.hiddenSize());
    sizes.put(LAYERS, config.numHiddenLayers());
    sizes.put(INTERMEDIATE_SIZE, config.intermediateSize());
    sizes.put(HEADS, config.numAttentionHeads());
    sizes.put(KEY_VALUE_HEADS, config.numKeyValueHeads());
    sizes.put(KEY_LENGTH, config.headDim());
    sizes.put(VALUE_LENGTH, config.headDim());
    sizes.put(ROPE_DIMENSIONS, config.headDim());
    sizes.put(EXPERTS, config.numLocalExperts());
    sizes.put(EXPERTS_USED, config.numExpertsPerTok());
    config.slidingWindow().ifPresent(window -> sizes.put(WINDOW, window));
    sizes.forEach((key, size) -> metadata.put(key, GgufValue.unsigned(size)));
    metadata.put(ROPE_THETA, new GgufValue.Real((float) config.ropeTheta()));
    if (config.ropeFactor() != 1) {
      metadata.put(ROPE_SCALING, new GgufValue.Text("linear"));
      metadata.put(ROPE_FACTORS.getFirst(), new GgufValue.Real((float) config.ropeFactor()));
    }
    metadata.put(NORM_EPSILON, new GgufValue.Real((float) config.rmsNormEps()));
    config.bosTokenId().ifPresent(id -> metadata.put(BOS_ID, GgufValue.unsigned(id)));
    GgufEnds.describe(config.eosTokenIds(), words, metadata);
    config.padTokenId().ifPresent(id -> metadata.put(PAD_ID, GgufValue.unsigned(id)));
    metadata.putAll(words);
    return metadata;
  }

  private static void requireMixtral(GgufMetadata metadata) {
    String architecture =
        metadata
            .text(ARCHITECTURE_KEY)
            .orElseThrow(
                () ->
                    new MalformedFileException(
                        metadata.place(ARCHITECTURE_KEY),
                        "the key is missing; it should be '" + ARCHITECTURE + "'"));
    if (!architecture.equals(ARCHITECTURE)) {
      throw new UnsupportedCheckpointException(
          metadata.place(ARCHITECTURE_KEY),
          "'" + ARCHITECTURE + "', a Mixtral's",
          Excerpt.quote(architecture));
    }
    if (metadata.whole(EXPERTS).orElse(0) == 0) {
      throw new UnsupportedCheckpointException(
          metadata.place(EXPERTS), "the model has no experts, which a Mixtral has");
    }
    int groups = metadata.whole(EXPERT_GROUPS).orElse(0);
    if (groups > 1) {
      throw new UnsupportedCheckpointException(
          metadata.place(EXPERT_GROUPS),
          "experts in one group, as a Mixtral has them",
          "" + groups);
    }
  }

  /**
   * What positions are divided by; llama.cpp takes 0 for "not set", and the first key that is
   * there.
   */
  private static double ropeFactor(GgufMetadata metadata) {
    double stored =
        ROPE_FACTORS.stream()
            .filter(metadata.values()::containsKey)
            .findFirst()
            .map(key -> metadata.real(key).orElse(0))
            .orElse(0.0);
    double factor = stored == 0 ? 1 : stored;
    String scaling = metadata.text(ROPE_SCALING).orElse("linear");
    // With a factor of 1, Yarn changes nothing.
    boolean known = List.of("none", "linear").contains(scaling);
    if (!known && !(scaling.equals("yarn") && factor == 1)) {
      throw new UnsupportedCheckpointException(
          metadata.place(ROPE_SCALING), "none or linear", Excerpt.quote(scaling));
    }
    double attention = metadata.real(ROPE_ATTENTION_FACTOR).orElse(1);
    if (attention != 1) {
      throw new UnsupportedCheckpointException(
          metadata.place(ROPE_ATTENTION_FACTOR), "1", "" + attention);
    }
    return scaling.equals("none") ? 1 : factor;
  }

  private static void requireHeadDim(GgufMetadata metadata, String key, int headDim) {
    int found = metadata.whole(key).orElse(headDim);
    if (found != headDim) {
      throw new UnsupportedCheckpointException(
          metadata.place(key),
          "a head has %d columns here, but %d elsewhere; heads of one width are supported"
              .formatted(found, headDim));
    }
  }

  /** As many ids as the embedding has rows. */
  private static int vocabSize(GgufFile file) {
    GgufTensor embedding = file.tensors().get(GgufNames.EMBEDDING);
    if (embedding == null
        || embedding.shape().size() != 2
        || embedding.shape().getFirst() > Integer.MAX_VALUE) {
      throw new MalformedFileException(
          file.path() + ": tensor '" + GgufNames.EMBEDDING + "'",
          "a matrix [vocabulary, " + HIDDEN_SIZE + "]",
          embedding == null ? "no such tensor" : "" + embedding.shape());
    }
    return Math.toIntExact(embedding.shape().getFirst());
  }
}
