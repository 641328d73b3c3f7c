package io.github.jmixtral.config;

import io.github.jmixtral.internal.format.JsonFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * The configuration of a Mixtral: what {@code config.json} says, under its names in camelCase.
 * Immutable. What stands there beyond this (training settings, say) is kept and written again.
 *
 * <pre>{@code
 * MixtralConfig tiny = MixtralConfig.builder().hiddenSize(64).numHiddenLayers(2).build();
 * }</pre>
 */
public final class MixtralConfig {
  /** The file's name in a checkpoint folder. */
  public static final String FILE = "config.json";

  private final Builder values;

  private MixtralConfig(Builder values) {
    this.values = values;
  }

  /**
   * Reads {@code config.json} of a folder, in the spelling of transformers 4 or 5. The sizes of the
   * matrices must stand there; the rest defaults to what the reference's MixtralConfig defaults to.
   *
   * @throws io.github.jmixtral.error.MissingFileException when there is no such file
   * @throws io.github.jmixtral.error.MalformedFileException when a key is missing, of a wrong type
   *     or out of range
   * @throws io.github.jmixtral.error.UnsupportedCheckpointException when it describes another
   *     model, activation or rotary embedding
   */
  public static MixtralConfig fromPretrained(Path folder) {
    return MixtralConfigJson.read(folder.resolve(FILE));
  }

  /**
   * Reads {@code params.json}, the configuration in Mistral AI's own releases, in either of its
   * spellings: {@code dim}, {@code n_layers} … or the keys of config.json. Without {@code
   * rope_theta} it means 1e6; without a number of positions, those that the model of this width was
   * trained on.
   *
   * @throws io.github.jmixtral.error.MissingFileException when there is no such file
   * @throws io.github.jmixtral.error.MalformedFileException when a key is missing, of a wrong type
   *     or out of range
   * @throws io.github.jmixtral.error.UnsupportedCheckpointException when it describes a model
   *     without experts, or another one
   */
  public static MixtralConfig fromParams(Path file) {
    return ParamsJson.read(file);
  }

  /**
   * Writes {@code params.json}, the configuration in Mistral AI's own releases; what it has no key
   * for, such as the ids of special tokens, is left out.
   *
   * @param file in an existing folder
   */
  public void saveParams(Path file) {
    JsonFile.write(file, ParamsJson.write(this));
  }

  /**
   * Writes {@code config.json} into a folder, which is created when absent.
   *
   * @throws UncheckedIOException when the folder can't be written
   */
  public void savePretrained(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be created", failure);
    }
    JsonFile.write(folder.resolve(FILE), toJson());
  }

  /** A builder with the reference's defaults: the sizes of Mixtral 8x7B. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(values);
  }

  /** The same with another sliding window; empty: none. */
  public MixtralConfig withSlidingWindow(OptionalInt slidingWindow) {
    return toBuilder().slidingWindow(slidingWindow).build();
  }

  /** Number of ids that the embedding knows. */
  public int vocabSize() {
    return values.vocabSize;
  }

  /** Width of the hidden states. */
  public int hiddenSize() {
    return values.hiddenSize;
  }

  /** Width inside an expert. */
  public int intermediateSize() {
    return values.intermediateSize;
  }

  /** Number of decoder layers. */
  public int numHiddenLayers() {
    return values.numHiddenLayers;
  }

  /** Number of query heads. */
  public int numAttentionHeads() {
    return values.numAttentionHeads;
  }

  /** Number of key/value heads; divides the number of query heads. */
  public int numKeyValueHeads() {
    return values.numKeyValueHeads;
  }

  /** Width of a head: hidden size / query heads unless the checkpoint says otherwise; even. */
  public int headDim() {
    return values.headDim.orElse(values.hiddenSize / values.numAttentionHeads);
  }

  /** Number of experts of a layer. */
  public int numLocalExperts() {
    return values.numLocalExperts;
  }

  /** Number of experts that the router picks for a token. */
  public int numExpertsPerTok() {
    return values.numExpertsPerTok;
  }

  /** Longest sequence that the model was made for. */
  public int maxPositionEmbeddings() {
    return values.maxPositionEmbeddings;
  }

  /** What RMSNorm adds to the mean square. */
  public double rmsNormEps() {
    return values.rmsNormEps;
  }

  /** Base of the rotary embedding's wavelengths. */
  public double ropeTheta() {
    return values.ropeTheta;
  }

  /** How many keys, its own included, a query sees; empty: all of them. */
  public OptionalInt slidingWindow() {
    return values.slidingWindow;
  }

  /** Whether the output head is the embedding. */
  public boolean tieWordEmbeddings() {
    return values.tieWordEmbeddings;
  }

  /** Id that begins a sequence. */
  public OptionalInt bosTokenId() {
    return values.bosTokenId;
  }

  /** Ids that end a sequence; may be empty. */
  public List<Integer> eosTokenIds() {
    return values.eosTokenIds;
  }

  /** Id that fills up a batch. */
  public OptionalInt padTokenId() {
    return values.padTokenId;
  }

  /** Weight of the router's balance in the loss. */
  public double routerAuxLossCoef() {
    return values.routerAuxLossCoef;
  }

  /** Whether the router's balance enters the loss unasked. */
  public boolean outputRouterLogits() {
    return values.outputRouterLogits;
  }

  /** The reference's classes that this checkpoint was saved from; may be empty. */
  public List<String> architectures() {
    return values.architectures;
  }

  /** Number format of the weights, as the reference names it: {@code bfloat16}. */
  public String dtype() {
    return values.dtype;
  }

  /** Names of a classifier's labels, by label number from 0. */
  public SortedMap<Integer, String> id2label() {
    return values.id2label;
  }

  /** What a classifier's loss is, when the checkpoint says. */
  public Optional<String> problemType() {
    return values.problemType;
  }

  /** Number of a classifier's labels. */
  public int numLabels() {
    return values.id2label.size();
  }

  /** What {@code config.json} says of a checkpoint with this configuration. */
  ObjectNode toJson() {
    return MixtralConfigJson.write(values);
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

  /**
   * Collects values; {@link #build} checks them. Setters are named as the accessors.
   *
   * <p>A builder holds immutable values only, so a copy of it can serve as the configuration's own
   * store.
   */
  public static final class Builder {
    int vocabSize = 32000;
    int hiddenSize = 4096;
    int intermediateSize = 14336;
    int numHiddenLayers = 32;
    int numAttentionHeads = 32;
    int numKeyValueHeads = 8;
    OptionalInt headDim = OptionalInt.empty();
    int numLocalExperts = 8;
    int numExpertsPerTok = 2;
    int maxPositionEmbeddings = 131072;
    double rmsNormEps = 1e-5;
    double ropeTheta = 1e6;
    OptionalInt slidingWindow = OptionalInt.empty();
    boolean tieWordEmbeddings = false;
    OptionalInt bosTokenId = OptionalInt.of(1);
    List<Integer> eosTokenIds = List.of(2);
    OptionalInt padTokenId = OptionalInt.empty();
    double routerAuxLossCoef = 0.001;
    boolean outputRouterLogits = false;
    List<String> architectures = List.of("MixtralForCausalLM");
    String dtype = "float32";
    SortedMap<Integer, String> id2label = defaultLabels(2);
    Optional<String> problemType = Optional.empty();

    /** The file as it was read, or empty: source of the keys that have no field here. */
    ObjectNode source = MixtralConfigJson.emptySource();

    private Builder() {}

    private Builder(Builder other) {
      vocabSize = other.vocabSize;
      hiddenSize = other.hiddenSize;
      intermediateSize = other.intermediateSize;
      numHiddenLayers = other.numHiddenLayers;
      numAttentionHeads = other.numAttentionHeads;
      numKeyValueHeads = other.numKeyValueHeads;
      headDim = other.headDim;
      numLocalExperts = other.numLocalExperts;
      numExpertsPerTok = other.numExpertsPerTok;
      maxPositionEmbeddings = other.maxPositionEmbeddings;
      rmsNormEps = other.rmsNormEps;
      ropeTheta = other.ropeTheta;
      slidingWindow = other.slidingWindow;
      tieWordEmbeddings = other.tieWordEmbeddings;
      bosTokenId = other.bosTokenId;
      eosTokenIds = other.eosTokenIds;
      padTokenId = other.padTokenId;
      routerAuxLossCoef = other.routerAuxLossCoef;
      outputRouterLogits = other.outputRouterLogits;
      architectures = other.architectures;
      dtype = other.dtype;
      id2label = other.id2label;
      problemType = other.problemType;
      source = other.source;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException when values are out of range or contradict each other
     */
    public MixtralConfig build() {
      MixtralConfigRules.check(
          this,
          (key, expected, found) ->
              new IllegalArgumentException(key + ": expected " + expected + ", found " + found));
      return new MixtralConfig(new Builder(this));
    }

    Builder source(ObjectNode source) {
      this.source = source.deepCopy();
      return this;
    }

    /** The configuration of values that were checked with a file's name in the messages. */
    MixtralConfig buildChecked() {
      return new MixtralConfig(new Builder(this));
    }

    /** Sets {@link MixtralConfig#vocabSize}. */
    public Builder vocabSize(int vocabSize) {
      this.vocabSize = vocabSize;
      return this;
    }

    /** Sets {@link MixtralConfig#hiddenSize}. */
    public Builder hiddenSize(int hiddenSize) {
      this.hiddenSize = hiddenSize;
      return this;
    }

    /** Sets {@link MixtralConfig#intermediateSize}. */
    public Builder intermediateSize(int intermediateSize) {
      this.intermediateSize = intermediateSize;
      return this;
    }

    /** Sets {@link MixtralConfig#numHiddenLayers}. */
    public Builder numHiddenLayers(int numHiddenLayers) {
      this.numHiddenLayers = numHiddenLayers;
      return this;
    }

    /** Sets {@link MixtralConfig#numAttentionHeads}. */
    public Builder numAttentionHeads(int numAttentionHeads) {
      this.numAttentionHeads = numAttentionHeads;
      return this;
    }

    /** Sets {@link MixtralConfig#numKeyValueHeads}. */
    public Builder numKeyValueHeads(int numKeyValueHeads) {
      this.numKeyValueHeads = numKeyValueHeads;
      return this;
    }

    /** Sets the width of a head; empty: hidden size / query heads. */
    public Builder headDim(OptionalInt headDim) {
      this.headDim = headDim;
      return this;
    }

    /** Sets {@link MixtralConfig#numLocalExperts}. */
    public Builder numLocalExperts(int numLocalExperts) {
      this.numLocalExperts = numLocalExperts;
      return this;
    }

    /** Sets {@link MixtralConfig#numExpertsPerTok}. */
    public Builder numExpertsPerTok(int numExpertsPerTok) {
      this.numExpertsPerTok = numExpertsPerTok;
      return this;
    }

    /** Sets {@link MixtralConfig#maxPositionEmbeddings}. */
    public Builder maxPositionEmbeddings(int maxPositionEmbeddings) {
      this.maxPositionEmbeddings = maxPositionEmbeddings;
      return this;
    }

    /** Sets {@link MixtralConfig#rmsNormEps}. */
    public Builder rmsNormEps(double rmsNormEps) {
      this.rmsNormEps = rmsNormEps;
      return this;
    }

    /** Sets {@link MixtralConfig#ropeTheta}. */
    public Builder ropeTheta(double ropeTheta) {
      this.ropeTheta = ropeTheta;
      return this;
    }

    /** Sets {@link MixtralConfig#slidingWindow}. */
    public Builder slidingWindow(OptionalInt slidingWindow) {
      this.slidingWindow = slidingWindow;
      return this;
    }

    /** Sets {@link MixtralConfig#tieWordEmbeddings}. */
    public Builder tieWordEmbeddings(boolean tieWordEmbeddings) {
      this.tieWordEmbeddings = tieWordEmbeddings;
      return this;
    }

    /** Sets {@link MixtralConfig#bosTokenId}. */
    public Builder bosTokenId(OptionalInt bosTokenId) {
      this.bosTokenId = bosTokenId;
      return this;
    }

    /** Sets {@link MixtralConfig#eosTokenIds}. */
    public Builder eosTokenIds(List<Integer> eosTokenIds) {
      this.eosTokenIds = List.copyOf(eosTokenIds);
      return this;
    }

    /** Sets {@link MixtralConfig#padTokenId}. */
    public Builder padTokenId(OptionalInt padTokenId) {
      this.padTokenId = padTokenId;
      return this;
    }

    /** Sets {@link MixtralConfig#routerAuxLossCoef}. */
    public Builder routerAuxLossCoef(double routerAuxLossCoef) {
      this.routerAuxLossCoef = routerAuxLossCoef;
      return this;
    }

    /** Sets {@link MixtralConfig#outputRouterLogits}. */
    public Builder outputRouterLogits(boolean outputRouterLogits) {
      this.outputRouterLogits = outputRouterLogits;
      return this;
    }

    /** Sets {@link MixtralConfig#architectures}. */
    public Builder architectures(List<String> architectures) {
      this.architectures = List.copyOf(architectures);
      return this;
    }

    /** Sets {@link MixtralConfig#dtype}. */
    public Builder dtype(String dtype) {
      this.dtype = dtype;
      return this;
    }

    /** Sets {@link MixtralConfig#id2label}. */
    public Builder id2label(SortedMap<Integer, String> id2label) {
      this.id2label = Collections.unmodifiableSortedMap(new TreeMap<>(id2label));
      return this;
    }

    /** Sets {@link MixtralConfig#problemType}. */
    public Builder problemType(Optional<String> problemType) {
      this.problemType = problemType;
      return this;
    }

    /** The reference's names for labels that have none: LABEL_0, LABEL_1, … */
    static SortedMap<Integer, String> defaultLabels(int count) {
      SortedMap<Integer, String> labels = new TreeMap<>();
      for (int label = 0; label < count; label++) {
        labels.put(label, "LABEL_" + label);
      }
      return Collections.unmodifiableSortedMap(labels);
    }
  }
}
