package io.github.jmixtral.internal.writing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.GgufLayout;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.format.GgufBlocks;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufTensor;
import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.format.GgufValue;
import io.github.jmixtral.internal.format.GgufWriter;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.tensor.OffsetMatrix;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.Quantizer;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import io.github.jmixtral.testkit.Fixtures;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class GgufModelWriterTest {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @TempDir private Path folder;

  @Test
  void floatsComeBackBitForBit() {
    assertComesBack(open("full-f32"), GgufEncoding.F32);
    assertComesBack(open("window-bf16"), GgufEncoding.F32);
    assertComesBack(open("window-bf16"), GgufEncoding.BF16);
    assertComesBack(open("full-f32"), GgufEncoding.F32);
  }

  @Test
  void halfPrecisionRoundsOnce() {
    Path file = folder.resolve("m.gguf");
    try (Checkpoint source = open("full-f32")) {
      write(source, GgufEncoding.F16, file);
      assertWeights(source.weights(), file, 0x1p-11, "router and norms exactly, others to 11 bits");
    }
    try (Arena arena = Arena.ofConfined()) {
      Map<String, GgufTensor> tensors = GgufFile.open(file, arena).tensors();
      assertEquals(GgufType.F16, tensors.get("blk.0.ffn_up_exps.weight").type());
      assertEquals(GgufType.F32, tensors.get("blk.0.ffn_gate_inp.weight").type());
      assertEquals(GgufType.F32, tensors.get("output_norm.weight").type());
    }
  }

  @Test
  void tilesOfFourAndEightBitsBecomeBlocksExactly() {
    for (Recipe recipe : List.of(Recipe.Q4, Recipe.Q4_ALL, Recipe.Q8)) {
      LoadOptions options = LoadOptions.defaults().withThreads(1).withQuantization(recipe);
      try (Checkpoint source = Checkpoint.open(Fixtures.folder("full-f32"), options)) {
        for (GgufEncoding encoding : List.of(GgufEncoding.Q4_0, GgufEncoding.Q8_0)) {
          Path file = folder.resolve(recipe + "-" + encoding + ".gguf");
          write(source, encoding, file);
          assertWeights(source.weights(), file, 0, recipe + " as " + encoding);
        }
      }
    }
  }

  @Test
  void floatsAreRoundedAsTheQuantiserRoundsThem() {
    LoadOptions options = LoadOptions.defaults().withThreads(1).withQuantization(Recipe.Q4);
    Path file = folder.resolve("m.gguf");
    try (Checkpoint floats = open("full-f32");
        Checkpoint tiles = Checkpoint.open(Fixtures.folder("full-f32"), options)) {
      write(floats, GgufEncoding.Q4_0, file);
      assertWeights(tiles.weights(), file, 0, "q4_0");
    }
    try (Arena arena = Arena.ofConfined()) {
      Map<String, GgufTensor> tensors = GgufFile.open(file, arena).tensors();
      assertEquals(GgufType.Q4_0, tensors.get("blk.0.ffn_down_exps.weight").type());
      assertEquals(GgufType.Q8_0, tensors.get("blk.0.attn_k.weight").type());
      assertEquals(GgufType.F32, tensors.get("blk.0.ffn_gate_inp.weight").type());
    }
  }

  @Test
  void blocksOfAnotherFileAreKeptAsTheyAre() {
    Path file = folder.resolve("m.gguf");
    try (Arena arena = Arena.ofConfined()) {
      GgufLayout layout = GgufLayout.of(Fixtures.folder("quantized/gguf-q4_0")).orElseThrow();
      MixtralConfig config = layout.config();
      MixtralWeights weights = layout.weights(config, arena).weights();
      new GgufModelWriter("m", config, weights, Optional.empty(), GgufEncoding.Q4_0)
          .write(file, 1, _ -> {});
      assertWeights(weights, file, 0, "kept");
    }
  }

  @Test
  void integersOfAnotherProgramThatFitAreKeptAsTheyAre() {
    CheckpointLayout awq = CheckpointLayout.of(Fixtures.folder("quantized/awq-gemm"));
    try (Checkpoint source = Checkpoint.openAsStored(awq)) {
      assertExpertsAndQueriesAreKept(source, GgufEncoding.Q8_0);
    }
  }

  @Test
  void tilesWithOffsetsBecomeEightBitsWhicheverWasAskedFor() {
    CheckpointLayout awq = CheckpointLayout.of(Fixtures.folder("quantized/awq-gemm"));
    try (Checkpoint source = Checkpoint.open(awq, LoadOptions.defaults())) {
      assertInstanceOf(
          OffsetMatrix.class, source.weights().layers().getFirst().experts().getFirst().w2());
      assertExpertsAndQueriesAreKept(source, GgufEncoding.Q8_0);
      assertExpertsAndQueriesAreKept(source, GgufEncoding.Q4_0);
    }
  }

  @Test
  void expertsInTilesOfDifferentKindsShareTheWiderBlocks() {
    CheckpointLayout awq = CheckpointLayout.of(Fixtures.folder("quantized/awq-gemm"));
    try (Arena arena = Arena.ofConfined();
        ThreadTeam team = new ThreadTeam(1);
        Checkpoint source = Checkpoint.open(awq, LoadOptions.defaults())) {
      WeightMatrix other = source.weights().layers().getFirst().experts().get(1).w1();
      QuantizedMatrix eight =
          QuantizedMatrix.allocate(arena, TileFormat.Q8, other.rows(), other.cols());
      new Quantizer(Kernels.detected(), team).quantize(other, eight);
      WeightMatrix first = source.weights().layers().getFirst().experts().getFirst().w1();
      MixtralWeights mixed =
          source.weights().map((name, matrix) -> matrix == first ? eight : matrix);
      assertExpertsAndQueriesAreKept(source.config(), mixed, GgufEncoding.Q4_0);
    }
  }

  private void assertExpertsAndQueriesAreKept(Checkpoint source, GgufEncoding encoding) {
    assertExpertsAndQueriesAreKept(source.config(), source.weights(), encoding);
  }

  private void assertExpertsAndQueriesAreKept(
      MixtralConfig config, MixtralWeights weights, GgufEncoding encoding) {
    Path file = folder.resolve("kept-" + encoding + ".gguf");
    write(config, weights, encoding, file);
    GgufLayout layout = new GgufLayout(file, file);
    try (Arena arena = Arena.ofConfined()) {
      MixtralWeights found = layout.weights(layout.config(), arena).weights();
      for (int layer = 0; layer < 2; layer++) {
        MixtralWeights.Layer one = weights.layers().get(layer);
        MixtralWeights.Layer other = found.layers().get(layer);
        assertClose("queries", floats(one.qProj()), floats(other.qProj()), 0);
        for (int expert = 0; expert < 8; expert++) {
          MixtralWeights.Expert expected = one.experts().get(expert);
          MixtralWeights.Expert kept = other.experts().get(expert);
          assertClose("w1", floats(expected.w1()), floats(kept.w1()), 0);
          assertClose("w2", floats(expected.w2()), floats(kept.w2()), 0);
        }
      }
    }
  }

  @Test
  void theConfigurationComesBack() {
    for (String fixture : List.of("full-f32", "window-bf16")) {
      Path file = folder.resolve(fixture + ".gguf");
      try (Checkpoint source = open(fixture)) {
        write(source, GgufEncoding.F16, file);
        MixtralConfig expected = source.config();
        MixtralConfig found = new GgufLayout(file, file).config();
        assertEquals(expected.vocabSize(), found.vocabSize());
        assertEquals(expected.hiddenSize(), found.hiddenSize());
        assertEquals(expected.intermediateSize(), found.intermediateSize());
        assertEquals(expected.numHiddenLayers(), found.numHiddenLayers());
        assertEquals(expected.numAttentionHeads(), found.numAttentionHeads());
        assertEquals(expected.numKeyValueHeads(), found.numKeyValueHeads());
        assertEquals(expected.headDim(), found.headDim());
        assertEquals(expected.numLocalExperts(), found.numLocalExperts());
        assertEquals(expected.numExpertsPerTok(), found.numExpertsPerTok());
        assertEquals(expected.maxPositionEmbeddings(), found.maxPositionEmbeddings());
        assertEquals(expected.rmsNormEps(), found.rmsNormEps());
        assertEquals(expected.ropeTheta(), found.ropeTheta());
        assertEquals(expected.slidingWindow(), found.slidingWindow());
        assertEquals(expected.bosTokenId(), found.bosTokenId());
        assertArrayEquals(expected.eosTokenIds(), found.eosTokenIds());
      }
    }
  }

  @Test
  void oldFilesWithATensorForEachExpertAndARouterInHalfPrecisionLoad() {
    Path stacked = folder.resolve("stacked.gguf");
    Path apart = folder.resolve("apart.gguf");
    try (Checkpoint source = open("full-f32");
        Arena arena = Arena.ofConfined()) {
      write(source, GgufEncoding.F32, stacked);
      GgufFile file = GgufFile.open(stacked, arena);
      List<GgufTensor> tensors = new ArrayList<>();
      for (GgufTensor tensor : file.tensors().values()) {
        if (tensor.name().endsWith("_exps.weight")) {
          tensors.addAll(slices(tensor));
        } else if (tensor.name().endsWith("ffn_gate_inp.weight")) {
          tensors.add(halves(tensor));
        } else {
          tensors.add(tensor);
        }
      }
      write(apart, file.metadata(), tensors);
      assertWeights(source.weights(), apart, 0x1p-11, "apart");
    }
  }

  @Test
  void withoutAHeadTheEmbeddingIsTheHead() {
    Path file = folder.resolve("tied.gguf");
    try (Checkpoint source = open("full-f32");
        Arena arena = Arena.ofConfined()) {
      MixtralWeights weights = source.weights();
      MixtralWeights tied =
          new MixtralWeights(
              weights.embedTokens(),
              weights.layers(),
              weights.norm(),
              new MixtralWeights.Head.LanguageModel(weights.embedTokens()));
      new GgufModelWriter("m", source.config(), tied, Optional.empty(), GgufEncoding.F32)
          .write(file, 1, _ -> {});
      GgufLayout layout = new GgufLayout(file, file);
      assertTrue(layout.config().tieWordEmbeddings());
      MixtralWeights found = layout.weights(layout.config(), arena).weights();
      assertEquals(new MixtralWeights.Head.LanguageModel(found.embedTokens()), found.head());
      assertTrue(layout.tokenizer().isEmpty());
    }
  }

  /** Each is read by llama.cpp, too. */
  @Test
  void oddMetadataThatChangeNothingAreRead() {
    Path file = folder.resolve("m.gguf");
    try (Checkpoint source = open("full-f32")) {
      write(source, GgufEncoding.F16, file);
    }
    MixtralConfig config = new GgufLayout(file, file).config();
    GgufValue.WholeType unsigned = GgufValue.WholeType.UINT32;
    Map<String, GgufValue> odd =
        Map.of(
            "llama.feed_forward_length", new GgufValue.Wholes(unsigned, new long[] {128, 128}),
            "llama.attention.head_count", new GgufValue.Wholes(unsigned, new long[] {4, 4}),
            "llama.rope.scaling.type", new GgufValue.Text("yarn"),
            "llama.rope.scaling.factor", new GgufValue.Real(0),
            "llama.rope.scale_linear", new GgufValue.Real(4),
            "llama.rope.scaling.attn_factor", new GgufValue.Real(1),
            "llama.expert_group_count", GgufValue.unsigned(1));
    Path other = folder.resolve("odd.gguf");
    try (Arena arena = Arena.ofConfined()) {
      GgufFile opened = GgufFile.open(file, arena);
      Map<String, GgufValue> metadata = new LinkedHashMap<>(opened.metadata());
      metadata.putAll(odd);
      write(other, metadata, List.copyOf(opened.tensors().values()));
    }
    assertEquals(config, new GgufLayout(other, other).config());
  }

  @Test
  void whatIsNoMixtralIsRefused() {
    Path file = folder.resolve("m.gguf");
    try (Checkpoint source = open("full-f32")) {
      write(source, GgufEncoding.F16, file);
    }
    assertRefused(file, "general.architecture", new GgufValue.Text("qwen2"), "'qwen2'");
    assertRefused(file, "llama.expert_count", GgufValue.unsigned(0), "no experts");
    assertRefused(file, "llama.rope.scaling.type", new GgufValue.Text("longrope"), "'longrope'");
    assertRefused(file, "llama.rope.scaling.attn_factor", new GgufValue.Real(2), "expected 1");
    assertRefused(file, "llama.expert_group_count", GgufValue.unsigned(2), "one group");
    assertRefused(
        file,
        "llama.feed_forward_length",
        new GgufValue.Wholes(GgufValue.WholeType.UINT32, new long[] {128, 64}),
        "the same number for each layer, found [128, 64]");
    assertRefused(file, "llama.rope.scaling.factor", new GgufValue.Real(-2), "factor");
    assertRefused(
        file, "llama.attention.value_length", GgufValue.unsigned(7), "heads of one width");
    assertRefused(file, "llama.block_count", new GgufValue.Text("2"), "a whole number");
    assertRefused(file, "llama.block_count", GgufValue.unsigned(3), "blk.2.attn_norm.weight");
    assertRefused(file, "llama.block_count", GgufValue.unsigned(1), "has no such tensor");
    assertRefused(file, "llama.expert_count", GgufValue.unsigned(7), "shape [7, ");
    assertRefused(file, "llama.expert_used_count", GgufValue.unsigned(9), "sizes of a Mixtral");
    assertRefused(file, "llama.attention.head_count", GgufValue.unsigned(0), "sizes of a Mixtral");
  }

  @Test
  void aClassifierIsNoModelForGguf() {
    try (Checkpoint source = open("classifier-f32")) {
      assertThrows(
          UnsupportedCheckpointException.class,
          () -> write(source, GgufEncoding.F16, folder.resolve("m.gguf")));
    }
  }

  private void assertRefused(Path file, String key, GgufValue value, String part) {
    Path other = folder.resolve("other.gguf");
    try (Arena arena = Arena.ofConfined()) {
      GgufFile opened = GgufFile.open(file, arena);
      Map<String, GgufValue> metadata = new LinkedHashMap<>(opened.metadata());
      metadata.put(key, value);
      write(other, metadata, List.copyOf(opened.tensors().values()));
      RuntimeException failure =
          assertThrows(
              RuntimeException.class, () -> Checkpoint.open(other, LoadOptions.defaults()));
      assertTrue(
          failure instanceof MalformedFileException
              || failure instanceof UnsupportedCheckpointException,
          failure.toString());
      assertTrue(failure.getMessage().contains(part), failure.getMessage());
    }
  }

  private static Checkpoint open(String fixture) {
    return Checkpoint.open(Fixtures.folder(fixture), LoadOptions.defaults());
  }

  private void assertComesBack(Checkpoint source, GgufEncoding encoding) {
    try (source) {
      Path file = folder.resolve(encoding + ".gguf");
      write(source, encoding, file);
      assertWeights(source.weights(), file, 0, source.folder() + " as " + encoding);
    }
  }

  private static void write(Checkpoint source, GgufEncoding encoding, Path file) {
    write(source.config(), source.weights(), encoding, file);
  }

  private static void write(
      MixtralConfig config, MixtralWeights weights, GgufEncoding encoding, Path file) {
    new GgufModelWriter("m", config, weights, Optional.empty(), encoding).write(file, 1, _ -> {});
  }

  private static void assertWeights(
      MixtralWeights expected, Path file, double relative, String place) {
    try (Arena arena = Arena.ofConfined()) {
      GgufLayout layout = new GgufLayout(file, file);
      MixtralWeights found = layout.weights(layout.config(), arena).weights();
      Map<String, WeightMatrix> byName = new LinkedHashMap<>();
      found.map(
          (name, matrix) -> {
            byName.put(name, matrix);
            return matrix;
          });
      expected.map(
          (name, matrix) -> {
            assertClose(place + ": " + name, floats(matrix), floats(byName.get(name)), relative);
            return matrix;
          });
      assertClose(place, expected.norm(), found.norm(), 0);
      for (int layer = 0; layer < expected.layers().size(); layer++) {
        MixtralWeights.Layer one = expected.layers().get(layer);
        MixtralWeights.Layer other = found.layers().get(layer);
        assertClose(place, one.inputLayernorm(), other.inputLayernorm(), 0);
        assertClose(place, one.postAttentionLayernorm(), other.postAttentionLayernorm(), 0);
      }
    }
  }

  private static void assertClose(String place, float[] expected, float[] found, double relative) {
    assertEquals(expected.length, found.length, place);
    for (int i = 0; i < expected.length; i++) {
      double bound = relative * Math.abs(expected[i]) + (relative == 0 ? 0 : 0x1p-24);
      assertEquals(expected[i], found[i], bound, place + " " + i);
    }
  }

  private static float[] floats(WeightMatrix matrix) {
    float[] all = new float[matrix.rows() * matrix.cols()];
    for (int row = 0; row < matrix.rows(); row++) {
      WeightRows.read(Kernels.detected().matrix(), matrix, row, all, row * matrix.cols());
    }
    return all;
  }

  /** {@code ffn_up_exps.weight} as {@code ffn_up.0.weight} and so on. */
  private static List<GgufTensor> slices(GgufTensor stack) {
    int count = Math.toIntExact(stack.shape().getFirst());
    long bytes = stack.data().byteSize() / count;
    List<GgufTensor> slices = new ArrayList<>();
    for (int expert = 0; expert < count; expert++) {
      slices.add(
          new GgufTensor(
              stack.name().replace("_exps", "." + expert),
              stack.type(),
              stack.shape().subList(1, 3),
              stack.data().asSlice(expert * bytes, bytes),
              stack.file()));
    }
    return slices;
  }

  private static GgufTensor halves(GgufTensor tensor) {
    float[] floats = new float[Math.toIntExact(tensor.data().byteSize() / Float.BYTES)];
    GgufBlocks.unpack(tensor.type(), tensor.data(), 0, floats.length, floats, 0);
    MemorySegment data = MemorySegment.ofArray(new byte[Short.BYTES * floats.length]);
    for (int i = 0; i < floats.length; i++) {
      data.setAtIndex(SHORT, i, Float.floatToFloat16(floats[i]));
    }
    return new GgufTensor(tensor.name(), GgufType.F16, tensor.shape(), data, tensor.file());
  }

  private static void write(Path file, Map<String, GgufValue> metadata, List<GgufTensor> tensors) {
    List<GgufWriter.Declaration> declarations =
        tensors.stream()
            .map(tensor -> new GgufWriter.Declaration(tensor.name(), tensor.type(), tensor.shape()))
            .toList();
    try (GgufWriter writer = new GgufWriter(file, metadata, declarations)) {
      tensors.forEach(tensor -> writer.write(tensor.name(), tensor.data()));
      writer.finish();
    }
  }
}
