package io.github.jmixtral.internal.writing;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Destination;
import io.github.jmixtral.internal.checkpoint.DestinationRule;
import io.github.jmixtral.internal.checkpoint.HubWeightsReader;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.checkpoint.TileTensors;
import io.github.jmixtral.internal.checkpoint.WeightRounder;
import io.github.jmixtral.internal.format.Bfloat16;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.SafetensorsWriter;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.kernel.WeightFormat;
import io.github.jmixtral.internal.tensor.ColumnOrder;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.LevelPacker;
import io.github.jmixtral.internal.tensor.Levels;
import io.github.jmixtral.internal.tensor.OffsetMatrix;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** The weights of a model as tensors to store, under the Hub's older names. */
public final class HubTensors {

  private final List<Stored> tensors = new ArrayList<>();
  private final MixtralWeights weights;
  private final Storing storing;
  private final Dtype dtype;

  /** How matrices are stored. */
  private sealed interface Storing {
    /** As they are; tiles as tiles. */
    record AsTheyAre() implements Storing {}

    /** Rounded to tiles while they are written, matrix by matrix. */
    record Rounded(WeightRounder rounder) implements Storing {}

    /** In the formats that they are multiplied in, rearranged while they are written. */
    record Rearranged(DestinationRule rule, WeightRounder rounder) implements Storing {}

    /**
     * As floats.
     *
     * @param format of all; empty: the narrowest that loses nothing, matrix by matrix
     */
    record Floats(Optional<FloatFormat> format) implements Storing {}
  }

  /**
   * A tensor and where its content comes from.
   *
   * @param declaration name, dtype and shape
   * @param content appends all of its elements to a writer
   */
  public record Stored(SafetensorsWriter.Declaration declaration, Content content) {
    /** The same, telling how many more bytes have been written. */
    public Stored observed(LongConsumer progress) {
      return new Stored(
          declaration,
          (writer, name) -> {
            content.writeTo(writer, name);
            progress.accept(declaration.byteSize());
          });
    }
  }

  /** Appends the elements of a tensor. */
  public interface Content {
    void writeTo(SafetensorsWriter writer, String name);
  }

  /** The weights as they are. */
  public HubTensors(MixtralConfig config, MixtralWeights weights) {
    this(config, weights, new Storing.AsTheyAre());
  }

  /** The weights rounded while they are written, matrix by matrix. */
  public HubTensors(MixtralConfig config, MixtralWeights weights, WeightRounder rounder) {
    this(config, weights, new Storing.Rounded(rounder));
  }

  /**
   * The weights as loading places them, rearranged while they are written, matrix by matrix.
   *
   * @param rule decides what each becomes
   * @param rounder puts it there
   */
  public HubTensors(
      MixtralConfig config, MixtralWeights weights, DestinationRule rule, WeightRounder rounder) {
    this(config, weights, new Storing.Rearranged(rule, rounder));
  }

  /**
   * The weights as floats, whatever they are.
   *
   * @param format of all; empty: of each the narrowest that loses nothing
   */
  public HubTensors(MixtralConfig config, MixtralWeights weights, Optional<FloatFormat> format) {
    this(config, weights, new Storing.Floats(format));
  }

  private HubTensors(MixtralConfig config, MixtralWeights weights, Storing storing) {
    this.weights = weights;
    this.storing = storing;
    this.dtype = Dtype.of(formatOf(weights.embedTokens()));
    String prefix = weights.head() instanceof MixtralWeights.Head.None ? "" : "model.";
    addMatrix(prefix + HubWeightsReader.EMBEDDING, weights.embedTokens());
    for (int layer = 0; layer < weights.layers().size(); layer++) {
      addLayer(prefix + "layers." + layer + ".", weights.layers().get(layer));
    }
    addVector(prefix + "norm.weight", weights.norm());
    addHead(config);
  }

  /** All tensors in the model's order. */
  public List<Stored> list() {
    return tensors;
  }

  /** The names of all tensors. */
  public List<String> names() {
    return tensors.stream().map(tensor -> tensor.declaration().name()).toList();
  }

  /** The configuration with the architecture and the dtype of these tensors. */
  public MixtralConfig describedBy(MixtralConfig config) {
    String architecture =
        switch (weights.head()) {
          case MixtralWeights.Head.LanguageModel _ -> "MixtralForCausalLM";
          case MixtralWeights.Head.Classifier _ -> "MixtralForSequenceClassification";
          case MixtralWeights.Head.None _ -> "MixtralModel";
        };
    boolean tiles = weights.embedTokens().isTiled() && !(storing instanceof Storing.Floats);
    String name =
        tiles
            ? config.dtype()
            : switch (formatOf(weights.embedTokens())) {
              case F32 -> "float32";
              case F16 -> "float16";
              case BF16 -> "bfloat16";
            };
    return config.with(Map.of("architectures", List.of(architecture), "dtype", name));
  }

  private void addLayer(String prefix, MixtralWeights.Layer layer) {
    addVector(prefix + "input_layernorm.weight", layer.inputLayernorm());
    addMatrix(prefix + "self_attn.q_proj.weight", layer.qProj());
    addMatrix(prefix + "self_attn.k_proj.weight", layer.kProj());
    addMatrix(prefix + "self_attn.v_proj.weight", layer.vProj());
    addMatrix(prefix + "self_attn.o_proj.weight", layer.oProj());
    addVector(prefix + "post_attention_layernorm.weight", layer.postAttentionLayernorm());
    addMatrix(prefix + "block_sparse_moe.gate.weight", layer.gate());
    for (int id = 0; id < layer.experts().size(); id++) {
      MixtralWeights.Expert expert = layer.experts().get(id);
      String name = prefix + "block_sparse_moe.experts." + id + ".";
      addMatrix(name + "w1.weight", expert.w1());
      addMatrix(name + "w2.weight", expert.w2());
      addMatrix(name + "w3.weight", expert.w3());
    }
  }

  /** A head that is the embedding itself is left out if the configuration ties them. */
  private void addHead(MixtralConfig config) {
    switch (weights.head()) {
      case MixtralWeights.Head.LanguageModel(WeightMatrix lmHead) -> {
        if (!config.tieWordEmbeddings() || lmHead != weights.embedTokens()) {
          addMatrix(HubWeightsReader.LANGUAGE_MODEL_HEAD, lmHead);
        }
      }
      case MixtralWeights.Head.Classifier(WeightMatrix score) ->
          addMatrix(HubWeightsReader.CLASSIFIER_HEAD, score);
      case MixtralWeights.Head.None _ -> {}
    }
  }

  private void addMatrix(String name, WeightMatrix matrix) {
    switch (storing) {
      case Storing.AsTheyAre _ -> addAsItIs(name, matrix);
      case Storing.Floats _ -> addFloats(name, matrix);
      case Storing.Rearranged(DestinationRule rule, WeightRounder rounder) ->
          addRearranged(name, matrix, rule, rounder);
      case Storing.Rounded(WeightRounder rounder) -> {
        Optional<LevelPacker.Fit> exact = rounder.exactFitOf(name, matrix);
        Optional<WeightFormat> target = rounder.formatOf(name, matrix);
        Optional<SuperBlockFormat> superBlocks = rounder.superBlocksOf(name, matrix);
        if (superBlocks.isPresent() && matrix instanceof EncodedMatrix encoded) {
          addSuperBlocks(name, encoded, superBlocks.get(), rounder);
        } else if (exact.isPresent() && matrix instanceof EncodedMatrix encoded) {
          addPacked(name, encoded, exact.get(), rounder);
        } else if (target.isPresent()) {
          addRounded(name, matrix, target.get(), rounder);
        } else {
          rounder.report().addKept(name, matrix);
          addAsItIs(name, matrix);
        }
      }
    }
  }

  private void addRearranged(
      String name, WeightMatrix matrix, DestinationRule rule, WeightRounder rounder) {
    Destination destination = rule.of(name, matrix, weights.onlyLooksUp(matrix));
    switch (destination) {
      case Destination.InPlace _, Destination.InOrder _, Destination.Widened _ ->
          addAsItIs(name, matrix);
      case Destination.InSuperBlocks(SuperBlockFormat format) ->
          addSuperBlocks(name, (EncodedMatrix) matrix, format, rounder);
      case Destination.InTiles(LevelPacker.Fit fit) ->
          addPacked(name, (EncodedMatrix) matrix, fit, rounder);
      case Destination.Requantised(WeightFormat format) ->
          addRounded(name, matrix, format, rounder);
    }
  }

  private void addSuperBlocks(
      String name, EncodedMatrix matrix, SuperBlockFormat format, WeightRounder rounder) {
    addTiles(name, matrix, format, arena -> rounder.pack(name, matrix, arena).data());
  }

  private void addRounded(
      String name, WeightMatrix matrix, WeightFormat format, WeightRounder rounding) {
    addTiles(
        name,
        matrix,
        format,
        arena ->
            switch (rounding.round(name, matrix, format, arena)) {
              case QuantizedMatrix tiles -> tiles.data();
              case SuperBlockMatrix blocks -> blocks.data();
              case FloatMatrix _, EncodedMatrix _, OffsetMatrix _, ReorderedMatrix _ ->
                  throw new IllegalStateException(name + " was not rounded");
            });
  }

  /** The integers and scales as they are, in our tiles. */
  private void addPacked(
      String name, EncodedMatrix matrix, LevelPacker.Fit fit, WeightRounder rounding) {
    addTiles(name, matrix, fit.format(), arena -> rounding.pack(name, matrix, fit, arena).data());
    if (fit.offsets() > 0) {
      addOffsets(
          name,
          fit.offsets(),
          matrix.rows(),
          (writer, tensor) -> {
            for (int number = 0; number < fit.offsets(); number++) {
              writer.write(tensor, LevelPacker.offsets(matrix, number));
            }
          });
    }
    matrix.levels().flatMap(Levels::columnOrder).ifPresent(order -> addOrder(name, order));
  }

  /** One matrix of tiles at a time is in memory, and not longer than it takes to write it. */
  private void addTiles(
      String name, WeightMatrix matrix, WeightFormat format, Function<Arena, MemorySegment> tiles) {
    add(
        TileTensors.nameOf(name, format),
        Dtype.U8,
        TileTensors.shape(format, matrix.rows(), matrix.cols()),
        (writer, tensor) -> {
          try (Arena arena = Arena.ofShared()) {
            writer.write(tensor, tiles.apply(arena));
          }
        });
  }

  private void addOffsets(String name, int perRow, int rows, Content content) {
    add(TileTensors.offsetsOf(name), Dtype.F32, List.of((long) perRow, (long) rows), content);
  }

  private void addAsItIs(String name, WeightMatrix matrix) {
    switch (matrix) {
      case QuantizedMatrix tiles -> {
        TileFormat format = tiles.format();
        List<Long> tileShape = TileTensors.shape(format, tiles.rows(), tiles.cols());
        addBytes(TileTensors.nameOf(name, format), Dtype.U8, tileShape, tiles.data());
      }
      case SuperBlockMatrix(var format, var data, var rows, var cols) ->
          addBytes(
              TileTensors.nameOf(name, format),
              Dtype.U8,
              TileTensors.shape(format, rows, cols),
              data);
      case OffsetMatrix(var tiles, var offsets) -> {
        addAsItIs(name, tiles);
        addOffsets(
            name,
            offsets.rows(),
            offsets.cols(),
            (writer, tensor) -> writer.write(tensor, offsets.data()));
      }
      case ReorderedMatrix(var tiles, var order) -> {
        addAsItIs(name, tiles);
        addOrder(name, order);
      }
      case FloatMatrix _, EncodedMatrix _ -> addFloats(name, matrix);
    }
  }

  private void addFloats(String name, WeightMatrix matrix) {
    FloatFormat format = formatOf(matrix);
    add(
        name,
        Dtype.of(format),
        List.of((long) matrix.rows(), (long) matrix.cols()),
        (writer, tensor) -> FloatRows.write(matrix, format, writer, tensor));
  }

  private void addOrder(String name, ColumnOrder order) {
    int[] columns = order.columns();
    MemorySegment bytes = MemorySegment.ofArray(new byte[columns.length * Integer.BYTES]);
    MemorySegment.copy(columns, 0, bytes, LittleEndian.INT, 0, columns.length);
    addBytes(TileTensors.orderOf(name), Dtype.I32, List.of((long) columns.length), bytes);
  }

  private void addBytes(String name, Dtype stored, List<Long> shape, MemorySegment data) {
    add(name, stored, shape, (writer, tensor) -> writer.write(tensor, data));
  }

  private void add(String name, Dtype stored, List<Long> shape, Content content) {
    tensors.add(new Stored(new SafetensorsWriter.Declaration(name, stored, shape), content));
  }

  /** Stored in the matrices' dtype where that loses nothing, else in F32. */
  private void addVector(String name, float[] vector) {
    Dtype exact = isExact(vector) ? dtype : Dtype.F32;
    add(
        name,
        exact,
        List.of((long) vector.length),
        (writer, tensor) -> writer.write(tensor, vector));
  }

  private boolean isExact(float[] vector) {
    for (float value : vector) {
      float stored =
          switch (dtype) {
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case BF16 -> Bfloat16.toFloat(Bfloat16.ofFloat(value));
            default -> value;
          };
      if (Float.floatToRawIntBits(stored) != Float.floatToRawIntBits(value)) {
        return false;
      }
    }
    return true;
  }

  /** The format of a matrix's floats: what was asked for, else the narrowest without loss. */
  private FloatFormat formatOf(WeightMatrix matrix) {
    if (storing instanceof Storing.Floats(Optional<FloatFormat> format) && format.isPresent()) {
      return format.get();
    }
    return FloatRows.narrowestExact(matrix);
  }
}
