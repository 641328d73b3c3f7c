package io.github.jmixtral.cli.synthesis;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.checkpoint.GgufConfig;
import io.github.jmixtral.internal.checkpoint.GgufNames;
import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.format.GgufValue;
import io.github.jmixtral.internal.format.GgufWriter;
import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.writing.GgufModelWriter;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/**
 * A GGUF file with seeded random weights, as llama.cpp reads a Mixtral: the router is F32, all
 * other matrices have types by a {@link GgufMixture}. In Q4_0 it is the counterpart of {@link
 * SyntheticCheckpoint} with {@link Recipe#Q4_ALL}: the same shape at the same bits.
 */
public final class SyntheticGguf {

  private final MixtralConfig config;
  private final Optional<Tokenizer> tokenizer;
  private final GgufMixture mixture;
  private final long seed;
  private final List<GgufWriter.Declaration> tensors = new ArrayList<>();

  /**
   * Describes a file.
   *
   * @param config its shape; widths are multiples of 32
   * @param tokenizer its words, at most as many as the shape has; empty: a file without a
   *     vocabulary
   * @param mixture types of its matrices
   * @param seed the same seed gives the same weights
   */
  public SyntheticGguf(
      MixtralConfig config, Optional<Tokenizer> tokenizer, GgufMixture mixture, long seed) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.mixture = mixture;
    this.seed = seed;
    declareTensors();
  }

  /** Bytes of all weights. */
  public long byteSize() {
    return tensors.stream().mapToLong(GgufWriter.Declaration::byteSize).sum();
  }

  /**
   * Writes the file.
   *
   * @param file in an existing folder
   * @param progress receives the number of bytes written since the last call
   */
  public void write(Path file, LongConsumer progress) {
    try (Arena arena = Arena.ofConfined();
        GgufWriter writer = new GgufWriter(file, metadata(), tensors)) {
      Map<GgufType, RandomWeights> blocks = new EnumMap<>(GgufType.class);
      SplittableRandom random = new SplittableRandom(seed);
      for (GgufWriter.Declaration tensor : tensors) {
        if (tensor.type() == GgufType.F32) {
          writer.write(tensor.name(), floats(tensor, random));
          progress.accept(tensor.byteSize());
        } else {
          blocks
              .computeIfAbsent(tensor.type(), type -> RandomWeights.ggufBlocks(arena, seed, type))
              .forEachPart(
                  tensor.byteSize(),
                  part -> {
                    writer.write(tensor.name(), part);
                    progress.accept(part.byteSize());
                  });
        }
      }
      writer.finish();
    }
  }

  /** A norm's ones, or a router's random weights. */
  private static MemorySegment floats(GgufWriter.Declaration tensor, SplittableRandom random) {
    boolean norm = tensor.shape().size() == 1;
    MemorySegment data = MemorySegment.ofArray(new byte[Math.toIntExact(tensor.byteSize())]);
    for (long i = 0; i < data.byteSize() / Float.BYTES; i++) {
      double weight = norm ? 1 : RandomWeights.DEVIATION * random.nextGaussian();
      data.setAtIndex(LittleEndian.FLOAT, i, (float) weight);
    }
    return data;
  }

  private void declareTensors() {
    long hidden = config.hiddenSize();
    long intermediate = config.intermediateSize();
    long vocab = config.vocabSize();
    long experts = config.numLocalExperts();
    long queryRows = (long) config.numAttentionHeads() * config.headDim();
    long keyValueRows = (long) config.numKeyValueHeads() * config.headDim();
    declareMatrix("", GgufNames.EMBEDDING, 0, vocab, hidden);
    declareFloats(GgufNames.NORM, hidden);
    declareMatrix("", GgufNames.HEAD, 0, vocab, hidden);
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      String prefix = GgufNames.layer(layer);
      declareFloats(prefix + GgufNames.ATTENTION_NORM, hidden);
      declareFloats(prefix + GgufNames.EXPERTS_NORM, hidden);
      declareMatrix(prefix, GgufNames.QUERY, layer, queryRows, hidden);
      declareMatrix(prefix, GgufNames.KEY, layer, keyValueRows, hidden);
      declareMatrix(prefix, GgufNames.VALUE, layer, keyValueRows, hidden);
      declareMatrix(prefix, GgufNames.OUTPUT, layer, hidden, queryRows);
      declareFloats(prefix + GgufNames.ROUTER, experts, hidden);
      String gate = GgufNames.stack(GgufNames.GATE);
      declareMatrix(prefix, gate, layer, experts, intermediate, hidden);
      String up = GgufNames.stack(GgufNames.UP);
      declareMatrix(prefix, up, layer, experts, intermediate, hidden);
      String down = GgufNames.stack(GgufNames.DOWN);
      declareMatrix(prefix, down, layer, experts, hidden, intermediate);
    }
  }

  private void declareFloats(String name, Long... shape) {
    tensors.add(new GgufWriter.Declaration(name, GgufType.F32, List.of(shape)));
  }

  private void declareMatrix(String prefix, String name, int layer, Long... shape) {
    List<Long> dimensions = List.of(shape);
    GgufType type = mixture.typeOf(name, layer, config.numHiddenLayers(), dimensions.getLast());
    tensors.add(new GgufWriter.Declaration(prefix + name, type, dimensions));
  }

  private Map<String, GgufValue> metadata() {
    return GgufConfig.describe(
        "random weights",
        mixture.fileType(),
        config,
        GgufModelWriter.words(tokenizer, config.vocabSize()));
  }
}
