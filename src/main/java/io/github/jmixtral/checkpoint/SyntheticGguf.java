package io.github.jmixtral.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.format.GgufType;
import io.github.jmixtral.format.GgufValue;
import io.github.jmixtral.format.GgufWriter;
import io.github.jmixtral.format.SentencePieceModelFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
  private static final String ARCHITECTURE = "llama";

  /** llama.cpp's number for files that are Q4_0 in the main. */
  private static final int FILE_TYPE_Q4_0 = 2;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MixtralConfig config;
  private final Optional<SentencePieceModelFile> tokenizer;
  private final long seed;
  private final List<GgufWriter.Declaration> tensors = new ArrayList<>();

  /**
   * Describes a file.
   *
   * @param config its shape; widths are multiples of 32
   * @param tokenizer its words, as many as the shape has; empty: a file without a vocabulary
   * @param seed the same seed gives the same weights
   * @throws MalformedFileException when the tokenizer has more or fewer words
   */
  public SyntheticGguf(
      MixtralConfig config, Optional<SentencePieceModelFile> tokenizer, long seed) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.seed = seed;
    if (tokenizer.isPresent() && tokenizer.get().pieces().size() != config.vocabSize()) {
      throw new MalformedFileException(
          tokenizer.get().fileName(),
          config.vocabSize() + " pieces",
          "" + tokenizer.get().pieces().size());
    }
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
   * @param progress is told how many more bytes have been written
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
      data.setAtIndex(FLOAT, i, (float) weight);
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
    declare("token_embd", GgufType.Q4_0, vocab, hidden);
    declare("output_norm", GgufType.F32, hidden);
    declare("output", GgufType.Q4_0, vocab, hidden);
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      String prefix = "blk." + layer + ".";
      declare(prefix + "attn_norm", GgufType.F32, hidden);
      declare(prefix + "ffn_norm", GgufType.F32, hidden);
      declare(prefix + "attn_q", GgufType.Q4_0, queryRows, hidden);
      declare(prefix + "attn_k", GgufType.Q4_0, keyValueRows, hidden);
      declare(prefix + "attn_v", GgufType.Q4_0, keyValueRows, hidden);
      declare(prefix + "attn_output", GgufType.Q4_0, hidden, queryRows);
      declare(prefix + "ffn_gate_inp", GgufType.F32, experts, hidden);
      declare(prefix + "ffn_gate_exps", GgufType.Q4_0, experts, intermediate, hidden);
      declare(prefix + "ffn_up_exps", GgufType.Q4_0, experts, intermediate, hidden);
      declare(prefix + "ffn_down_exps", GgufType.Q4_0, experts, hidden, intermediate);
    }
  }

  private void declare(String name, GgufType type, Long... shape) {
    tensors.add(new GgufWriter.Declaration(name + ".weight", type, List.of(shape)));
  }

  private Map<String, GgufValue> metadata() {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", new GgufValue.Text(ARCHITECTURE));
    metadata.put("general.name", new GgufValue.Text("random weights"));
    metadata.put("general.file_type", GgufValue.unsigned(FILE_TYPE_Q4_0));
    Map<String, Integer> sizes = new LinkedHashMap<>();
    sizes.put("vocab_size", config.vocabSize());
    sizes.put("context_length", config.maxPositionEmbeddings());
    sizes.put("embedding_length", config.hiddenSize());
    sizes.put("block_count", config.numHiddenLayers());
    sizes.put("feed_forward_length", config.intermediateSize());
    sizes.put("attention.head_count", config.numAttentionHeads());
    sizes.put("attention.head_count_kv", config.numKeyValueHeads());
    sizes.put("attention.key_length", config.headDim());
    sizes.put("attention.value_length", config.headDim());
    sizes.put("rope.dimension_count", config.headDim());
    sizes.put("expert_count", config.numLocalExperts());
    sizes.put("expert_used_count", config.numExpertsPerTok());
    sizes.forEach((key, size) -> metadata.put(ofModel(key), GgufValue.unsigned(size)));
    metadata.put(ofModel("rope.freq_base"), new GgufValue.Real((float) config.ropeTheta()));
    metadata.put(
        ofModel("attention.layer_norm_rms_epsilon"),
        new GgufValue.Real((float) config.rmsNormEps()));
    tokenizer.ifPresentOrElse(
        words -> describe(words, metadata),
        () -> metadata.put("tokenizer.ggml.model", new GgufValue.Text("no_vocab")));
    return metadata;
  }

  private static String ofModel(String key) {
    return ARCHITECTURE + "." + key;
  }

  private static void describe(SentencePieceModelFile words, Map<String, GgufValue> metadata) {
    List<SentencePieceModelFile.Piece> pieces = words.pieces();
    float[] scores = new float[pieces.size()];
    long[] types = new long[pieces.size()];
    for (int id = 0; id < pieces.size(); id++) {
      scores[id] = pieces.get(id).score();
      // GGUF numbers the types of pieces as SentencePiece does, from 1 on.
      types[id] = pieces.get(id).type().ordinal() + 1;
    }
    metadata.put("tokenizer.ggml.model", new GgufValue.Text("llama"));
    metadata.put(
        "tokenizer.ggml.tokens",
        new GgufValue.Texts(pieces.stream().map(SentencePieceModelFile.Piece::text).toList()));
    metadata.put("tokenizer.ggml.scores", new GgufValue.Reals(scores));
    metadata.put(
        "tokenizer.ggml.token_type", new GgufValue.Wholes(GgufValue.WholeType.INT32, types));
    putId("bos", words.trainer().bosId(), metadata);
    putId("eos", words.trainer().eosId(), metadata);
  }

  private static void putId(String name, int id, Map<String, GgufValue> metadata) {
    if (id >= 0) {
      metadata.put("tokenizer.ggml." + name + "_token_id", GgufValue.unsigned(id));
    }
  }
}
