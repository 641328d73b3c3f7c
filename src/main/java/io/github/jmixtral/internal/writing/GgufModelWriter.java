package io.github.jmixtral.internal.writing;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.checkpoint.GgufConfig;
import io.github.jmixtral.internal.checkpoint.GgufMatrix;
import io.github.jmixtral.internal.checkpoint.GgufNames;
import io.github.jmixtral.internal.checkpoint.HubWeightsReader;
import io.github.jmixtral.internal.checkpoint.Importance;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.checkpoint.Mixture;
import io.github.jmixtral.internal.checkpoint.WeightRounder;
import io.github.jmixtral.internal.format.GgufMetadata;
import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.format.GgufValue;
import io.github.jmixtral.internal.format.GgufWriter;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.kernel.WeightFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.OffsetLevels;
import io.github.jmixtral.internal.tensor.OffsetMatrix;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.Quantizer;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * Writes a language model as a GGUF file, as llama.cpp reads a Mixtral: names, metadata, stacked
 * experts, interleaved rows of queries and keys.
 *
 * <p>Tiles of 4 and 8 bits become Q4_0 and Q8_0 exactly, whichever of the two was asked for: what
 * is quantised already is not quantised anew; tiles with offsets become Q8_0. So do the blocks of a
 * GGUF file, and integers of another program that fit into the blocks that were asked for. Other
 * weights are rounded with the scales that {@link Quantizer} finds.
 *
 * <p>Streams matrix by matrix: memory is bounded by the largest of them, outside the Java heap. The
 * file appears when it is complete.
 */
public final class GgufModelWriter {
  private final MixtralConfig config;
  private final MixtralWeights weights;
  private final GgufEncoding encoding;
  private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
  private final List<Stored> tensors = new ArrayList<>();

  /** A tensor and what appends its bytes. */
  private record Stored(GgufWriter.Declaration declaration, Content content) {}

  /** Appends all bytes of a tensor. */
  private interface Content {
    void writeTo(GgufRows rows, WeightRounder rounder);
  }

  /** Matrices of one tensor, and the Hub's name of the first, which identifies them. */
  private record Matrices(String hubName, List<WeightMatrix> list) {}

  /**
   * Describes a file.
   *
   * @param name the model's name
   * @param tokenizer empty: a file without a vocabulary
   * @throws UnsupportedCheckpointException when the model has no language-model head, or fewer ids
   *     than the tokenizer
   */
  public GgufModelWriter(
      String name,
      MixtralConfig config,
      MixtralWeights weights,
      Optional<Tokenizer> tokenizer,
      GgufEncoding encoding) {
    this.config = config;
    this.weights = weights;
    this.encoding = encoding;
    metadata.putAll(
        GgufConfig.describe(
            name, encoding.fileType(), config, words(tokenizer, config.vocabSize())));
    declare();
  }

  /**
   * The metadata of a tokenizer.
   *
   * @param tokenizer empty: what a file without a vocabulary says
   * @param vocabSize how many ids the model knows
   * @throws UnsupportedCheckpointException when the tokenizer has more
   */
  public static Map<String, GgufValue> words(Optional<Tokenizer> tokenizer, int vocabSize) {
    return tokenizer
        .map(words -> GgufMetadata.OF_TOKENIZER.of(words).apply(vocabSize))
        .orElse(Map.of(GgufMetadata.TOKENIZER_MODEL, new GgufValue.Text("no_vocab")));
  }

  /** Bytes of all weights. */
  public long byteSize() {
    return tensors.stream().mapToLong(tensor -> tensor.declaration().byteSize()).sum();
  }

  /**
   * Writes the file.
   *
   * @param file in an existing folder; a former one is replaced at the end
   * @param threads how many quantise
   * @param progress receives the number of bytes written since the last call, after each tensor
   */
  public void write(Path file, int threads, LongConsumer progress) {
    List<GgufWriter.Declaration> declarations = tensors.stream().map(Stored::declaration).toList();
    Recipe recipe = encoding.recipe().orElse(Recipe.Q8);
    try (WeightRounder rounder =
            new WeightRounder(Mixture.of(recipe, weights), Importance.EVEN, threads);
        GgufWriter writer = new GgufWriter(file, metadata, declarations)) {
      GgufRows rows = new GgufRows(writer);
      for (Stored tensor : tensors) {
        tensor.content().writeTo(rows, rounder);
        progress.accept(tensor.declaration().byteSize());
      }
      writer.finish();
    }
  }

  private void declare() {
    addMatrix(GgufNames.EMBEDDING, "model." + HubWeightsReader.EMBEDDING, weights.embedTokens());
    for (int layer = 0; layer < weights.layers().size(); layer++) {
      declareLayer(layer, weights.layers().get(layer));
    }
    addVector(GgufNames.NORM, weights.norm());
    switch (weights.head()) {
      case MixtralWeights.Head.LanguageModel(WeightMatrix head) -> {
        if (head != weights.embedTokens()) {
          addMatrix(GgufNames.HEAD, HubWeightsReader.LANGUAGE_MODEL_HEAD, head);
        }
      }
      case MixtralWeights.Head.Classifier _, MixtralWeights.Head.None _ ->
          throw new UnsupportedCheckpointException(
              "GGUF",
              "only a language model (lm_head.weight) is written, and this one has another head or"
                  + " none");
    }
  }

  private void declareLayer(int number, MixtralWeights.Layer layer) {
    String name = GgufNames.layer(number);
    String hub = "model.layers." + number + ".";
    GgufMatrix.RowOrder rotated = new GgufMatrix.RowOrder.Interleaved(config.headDim());
    addVector(name + GgufNames.ATTENTION_NORM, layer.inputLayernorm());
    addMatrix(name + GgufNames.QUERY, hub + "self_attn.q_proj.weight", layer.qProj(), rotated);
    addMatrix(name + GgufNames.KEY, hub + "self_attn.k_proj.weight", layer.kProj(), rotated);
    addMatrix(name + GgufNames.VALUE, hub + "self_attn.v_proj.weight", layer.vProj());
    addMatrix(name + GgufNames.OUTPUT, hub + "self_attn.o_proj.weight", layer.oProj());
    addVector(name + GgufNames.EXPERTS_NORM, layer.postAttentionLayernorm());
    addMatrix(name + GgufNames.ROUTER, hub + "block_sparse_moe.gate.weight", layer.gate());
    addStack(name + GgufNames.stack(GgufNames.GATE), hub, "w1", layer, MixtralWeights.Expert::w1);
    addStack(name + GgufNames.stack(GgufNames.DOWN), hub, "w2", layer, MixtralWeights.Expert::w2);
    addStack(name + GgufNames.stack(GgufNames.UP), hub, "w3", layer, MixtralWeights.Expert::w3);
  }

  private void addVector(String name, float[] vector) {
    GgufWriter.Declaration declaration =
        new GgufWriter.Declaration(name, GgufType.F32, List.of((long) vector.length));
    tensors.add(new Stored(declaration, (rows, _) -> rows.writeVector(name, vector)));
  }

  private void addMatrix(String name, String hubName, WeightMatrix matrix) {
    addMatrix(name, hubName, matrix, new GgufMatrix.RowOrder.Same());
  }

  private void addMatrix(
      String name, String hubName, WeightMatrix matrix, GgufMatrix.RowOrder order) {
    List<Long> shape = List.of((long) matrix.rows(), (long) matrix.cols());
    add(name, shape, new Matrices(hubName, List.of(matrix)), order);
  }

  private void addStack(
      String name,
      String hubLayer,
      String hubProjection,
      MixtralWeights.Layer layer,
      Function<MixtralWeights.Expert, WeightMatrix> projection) {
    List<WeightMatrix> experts = layer.experts().stream().map(projection).toList();
    WeightMatrix first = experts.getFirst();
    add(
        name,
        List.of((long) experts.size(), (long) first.rows(), (long) first.cols()),
        new Matrices(hubLayer + "block_sparse_moe.experts.0." + hubProjection + ".weight", experts),
        new GgufMatrix.RowOrder.Same());
  }

  private void add(String name, List<Long> shape, Matrices matrices, GgufMatrix.RowOrder order) {
    GgufType type = name.endsWith(GgufNames.ROUTER) ? GgufType.F32 : typeOf(matrices);
    tensors.add(
        new Stored(
            new GgufWriter.Declaration(name, type, shape),
            (rows, rounder) -> {
              for (WeightMatrix matrix : matrices.list()) {
                write(name, type, matrix, order, rows, rounder);
              }
            }));
  }

  /** The matrices of a stack share a type. */
  private GgufType typeOf(Matrices matrices) {
    Optional<WeightFormat> format =
        encoding
            .recipe()
            .flatMap(recipe -> Mixture.of(recipe, weights).formatOf(matrices.hubName()));
    if (format.isEmpty()) {
      return switch (encoding) {
        case F16 -> GgufType.F16;
        case BF16 -> GgufType.BF16;
        case F32, Q8_0, Q4_0 -> GgufType.F32;
      };
    }
    Set<Optional<GgufType>> stored =
        matrices.list().stream().map(GgufModelWriter::storedType).collect(Collectors.toSet());
    if (stored.size() == 1 && stored.iterator().next().isPresent()) {
      return stored.iterator().next().get();
    }
    if (matrices.list().stream().allMatch(QuantizedMatrix.class::isInstance)) {
      boolean few = matrices.list().stream().noneMatch(GgufModelWriter::hasEightBits);
      return few ? GgufType.Q4_0 : GgufType.Q8_0;
    }
    // Q4_0 does not hold their integers.
    if (matrices.list().stream()
        .anyMatch(matrix -> hasEightBits(matrix) || matrix instanceof OffsetMatrix)) {
      return GgufType.Q8_0;
    }
    if (!Quantizer.takes(matrices.list().getFirst().cols())) {
      return GgufType.F32;
    }
    return switch (format.get()) {
      case TileFormat.Q4 -> GgufType.Q4_0;
      case TileFormat.Q8 -> GgufType.Q8_0;
      case SuperBlockFormat blocks ->
          throw new IllegalArgumentException(blocks.label() + " is not written");
    };
  }

  private static boolean hasEightBits(WeightMatrix matrix) {
    return matrix instanceof QuantizedMatrix tiles && tiles.format() == TileFormat.Q8;
  }

  /** The type of blocks that a GGUF file has already, where it is one that is written here. */
  private static Optional<GgufType> storedType(WeightMatrix matrix) {
    return matrix instanceof EncodedMatrix encoded
            && encoded.decoder() instanceof GgufMatrix blocks
            && (blocks.type() == GgufType.Q4_0 || blocks.type() == GgufType.Q8_0)
        ? Optional.of(blocks.type())
        : Optional.empty();
  }

  /** Tiles with offsets as the integers behind them. */
  private static WeightMatrix withIntegers(WeightMatrix matrix) {
    return matrix instanceof OffsetMatrix offset
        ? OffsetLevels.encode(offset).<WeightMatrix>map(encoded -> encoded).orElse(matrix)
        : matrix;
  }

  private static void write(
      String name,
      GgufType type,
      WeightMatrix matrix,
      GgufMatrix.RowOrder order,
      GgufRows rows,
      WeightRounder rounder) {
    switch (type) {
      case F32, F16, BF16 -> rows.writeFloats(name, type, matrix, order);
      case Q4_0, Q8_0 -> {
        if (matrix instanceof QuantizedMatrix tiles) {
          rows.writeTiles(name, type, tiles, order);
        } else if (storedType(matrix).equals(Optional.of(type))) {
          rows.writeBlocks(name, (GgufMatrix) ((EncodedMatrix) matrix).decoder(), order);
        } else {
          TileFormat format = type == GgufType.Q4_0 ? TileFormat.Q4 : TileFormat.Q8;
          try (Arena arena = Arena.ofShared()) {
            rows.writeTiles(
                name, type, rounder.keepOrRound(name, withIntegers(matrix), format, arena), order);
          }
        }
      }
      case Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS ->
          throw new IllegalArgumentException(type + " is not written");
    }
  }
}
