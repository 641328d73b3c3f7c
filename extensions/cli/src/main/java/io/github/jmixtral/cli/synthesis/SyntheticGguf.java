package io.github.jmixtral.cli.synthesis;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.checkpoint.GgufConfig;
import io.github.jmixtral.internal.checkpoint.GgufNames;
import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.format.GgufValue;
import io.github.jmixtral.internal.format.GgufWriter;
import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.writing.GgufEncoding;
import io.github.jmixtral.internal.writing.GgufModelWriter;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/**
 * A GGUF file with seeded random weights, as llama.cpp reads a Mixtral: every matrix in Q4_0 but
 * the router, which is F32. The counterpart of {@link SyntheticCheckpoint} with {@link
 * Recipe#Q4_ALL}: the same shape at the same bits.
 */
public final class SyntheticGguf {

  private final MixtralConfig config;
  private final Optional<Tokenizer> tokenizer;
  private final long seed;
  private final List<GgufWriter.Declaration> tensors = new ArrayList<>();

  /**
   * Describes a file.
   *
   * @param config its shape; widths are multiples of 32
   * @param tokenizer its words, at most as many as the shape has; empty: a file without a
   *     vocabulary
   * @param seed the same seed gives the same weights
   */
  public SyntheticGguf(MixtralConfig config, Optional<Tokenizer> tokenizer, long seed) {
    this.config = config;
    this.tokenizer = tokenizer;
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
      RandomWeights blocks = RandomWeights.ggufBlocks(arena, seed);
      SplittableRandom random = new SplittableRandom(seed);
      for (GgufWriter.Declaration tensor : tensors) {
        switch (tensor.type()) {
          case Q4_0 ->
              blocks.forEachPart(
                  tensor.byteSize(),
                  part -> {
                    writer.write(tensor.name(), part);
                    progress.accept(part.byteSize());
                  });
          case F32 -> {
            writer.write(tensor.name(), floats(tensor, random));
            progress.accept(tensor.byteSize());
          }
          case F16, BF16, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS ->
              throw new IllegalStateException("declared as " + tensor.type());
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
    declare(GgufNames.EMBEDDING, GgufType.Q4_0, vocab, hidden);
    declare(GgufNames.NORM, GgufType.F32, hidden);
    declare(GgufNames.HEAD, GgufType.Q4_0, vocab, hidden);
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      String prefix = GgufNames.layer(layer);
      declare(prefix + GgufNames.ATTENTION_NORM, GgufType.F32, hidden);
      declare(prefix + GgufNames.EXPERTS_NORM, GgufType.F32, hidden);
      declare(prefix + GgufNames.QUERY, GgufType.Q4_0, queryRows, hidden);
      declare(prefix + GgufNames.KEY, GgufType.Q4_0, keyValueRows, hidden);
      declare(prefix + GgufNames.VALUE, GgufType.Q4_0, keyValueRows, hidden);
      declare(prefix + GgufNames.OUTPUT, GgufType.Q4_0, hidden, queryRows);
      declare(prefix + GgufNames.ROUTER, GgufType.F32, experts, hidden);
      String gate = prefix + GgufNames.stack(GgufNames.GATE);
      declare(gate, GgufType.Q4_0, experts, intermediate, hidden);
      String up = prefix + GgufNames.stack(GgufNames.UP);
      declare(up, GgufType.Q4_0, experts, intermediate, hidden);
      String down = prefix + GgufNames.stack(GgufNames.DOWN);
      declare(down, GgufType.Q4_0, experts, hidden, intermediate);
    }
  }

  private void declare(String name, GgufType type, Long... shape) {
    tensors.add(new GgufWriter.Declaration(name, type, List.of(shape)));
  }

  private Map<String, GgufValue> metadata() {
    return GgufConfig.describe(
        "random weights",
        GgufEncoding.Q4_0.fileType(),
        config,
        GgufModelWriter.words(tokenizer, config.vocabSize()));
  }
}
