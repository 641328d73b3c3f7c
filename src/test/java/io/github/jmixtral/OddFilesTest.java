package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.conversion.CheckpointConverter;
import io.github.jmixtral.conversion.ConversionTarget;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufTensor;
import io.github.jmixtral.internal.format.GgufValue;
import io.github.jmixtral.internal.format.GgufWriter;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Files that other programs read, though they are odd. The ids are those of llama.cpp and
 * transformers on the same files.
 */
@RunsOnce
class OddFilesTest {
  private static final int[] STORY = {396, 282, 261, 797, 981, 364, 544, 1848};
  private static final int TURTLE = 797;

  /** Types of pieces in a GGUF file. */
  private static final int CONTROL = 3;

  private static final int USER_DEFINED = 4;

  @TempDir private static Path shared;
  @TempDir private Path folder;

  @BeforeAll
  static void convert() {
    new CheckpointConverter(Fixtures.storyteller(), ConversionTarget.gguf("f32"))
        .write(shared.resolve("m.gguf"), _ -> {});
  }

  @Test
  void aGgufFileEndsATurnAsLlamaCppEndsIt() {
    int[] ended = Arrays.copyOf(STORY, 4);
    GgufValue turtle = GgufValue.unsigned(TURTLE);
    assertArrayEquals(ended, story(edited(m -> m.put("tokenizer.ggml.eot_token_id", turtle))));
    assertArrayEquals(ended, story(edited(m -> m.put("tokenizer.ggml.eom_token_id", turtle))));
    assertArrayEquals(ended, story(edited(m -> setToken(m, TURTLE, "<|im_end|>", CONTROL))));
    assertArrayEquals(STORY, story(edited(m -> {})));
  }

  @Test
  void whatStandsBehindAUserDefinedPieceBeginsAnew() {
    Path file = edited(m -> setToken(m, TURTLE, "<|im_end|>", USER_DEFINED));
    assertArrayEquals(new int[] {261, 797, 274}, ids(file, "a<|im_end|>b"));
  }

  @Test
  void aUserDefinedPieceGivesTheSameIdsInAFolderAndItsGguf() throws IOException {
    Path source = storyteller();
    Files.delete(source.resolve("tokenizer.model"));
    edit(
        source,
        "tokenizer.json",
        json -> {
          ObjectNode model = (ObjectNode) json.get("model");
          ObjectNode vocab = (ObjectNode) model.get("vocab");
          String piece =
              vocab.properties().stream()
                  .filter(entry -> entry.getValue().intValue() == TURTLE)
                  .findFirst()
                  .orElseThrow()
                  .getKey();
          vocab.remove(piece);
          vocab.put("<|im_end|>", TURTLE);
          ArrayNode merges = (ArrayNode) model.get("merges");
          merges.removeIf(merge -> merged(merge).equals(piece));
          json.withArray("added_tokens")
              .addObject()
              .put("id", TURTLE)
              .put("content", "<|im_end|>")
              .put("single_word", false)
              .put("lstrip", false)
              .put("rstrip", false)
              .put("normalized", false)
              .put("special", false);
        });
    Path file = folder.resolve("user.gguf");
    new CheckpointConverter(source, ConversionTarget.gguf("f32")).write(file, _ -> {});
    assertArrayEquals(new int[] {261, 797, 274}, ids(source, "a<|im_end|>b"));
    assertArrayEquals(new int[] {261, 797, 274}, ids(file, "a<|im_end|>b"));
  }

  private static String merged(JsonNode merge) {
    return merge.isArray()
        ? merge.get(0).stringValue() + merge.get(1).stringValue()
        : merge.stringValue().replace(" ", "");
  }

  @Test
  void severalEndsSurviveAConversion() throws IOException {
    Path source = storyteller();
    edit(source, "generation_config.json", json -> json.putArray("eos_token_id").add(2).add(797));
    edit(source, "config.json", json -> json.putArray("eos_token_id").add(2).add(797));
    Path file = folder.resolve("two.gguf");
    new CheckpointConverter(source, ConversionTarget.gguf("f32")).write(file, _ -> {});
    assertArrayEquals(Arrays.copyOf(STORY, 4), story(file));
  }

  @Test
  void aGgufFileNeedsNoUnknownPiece() {
    for (long type : new long[] {3, 1}) {
      Path file = edited(m -> wholes(m, "tokenizer.ggml.token_type")[0] = type);
      assertArrayEquals(new int[] {419, 621}, ids(file, "Once upon"));
      assertArrayEquals(STORY, story(file));
    }
    Path two = edited(m -> wholes(m, "tokenizer.ggml.token_type")[1800] = 2);
    assertArrayEquals(new int[] {419, 621}, ids(two, "Once upon"));
  }

  @Test
  void equalScoresMergeFromTheLeft() {
    Path file =
        edited(
            m -> Arrays.fill(((GgufValue.Reals) m.get("tokenizer.ggml.scores")).values(), -1000));
    assertArrayEquals(
        new int[] {
          345, 601, 474, 364, 544, 282, 336, 637, 394, 263, 916, 1521, 314, 267, 405, 1850, 1848
        },
        ids(file, "The little dog named Jack was somewhere in the forest yesterday."));
    assertArrayEquals(STORY, story(edited(m -> m.remove("tokenizer.ggml.scores"))));
  }

  @Test
  void zerosAndIdsOutsideTheVocabularyMeanNotSet() {
    GgufValue none = GgufValue.unsigned(0);
    GgufValue most = new GgufValue.Whole(GgufValue.WholeType.UINT32, 4294967295L);
    for (String key : List.of("llama.attention.sliding_window", "llama.context_length")) {
      assertArrayEquals(STORY, story(edited(m -> m.put(key, none))), key);
    }
    for (String key : List.of("padding", "eos", "bos")) {
      String id = "tokenizer.ggml." + key + "_token_id";
      assertArrayEquals(STORY, story(edited(m -> m.put(id, most))), id);
    }
  }

  @Test
  void fourBytesMakeAGgufFile() throws IOException {
    Path blob = Files.copy(shared.resolve("m.gguf"), folder.resolve("sha256-0a1b"));
    assertArrayEquals(STORY, story(blob));
  }

  @Test
  void positionsAreScaledLinearly() throws IOException {
    Path once = storyteller();
    edit(once, "config.json", json -> scaleRope(json, 1));
    assertArrayEquals(STORY, story(once));
    Path four = storyteller();
    edit(four, "config.json", json -> scaleRope(json, 4));
    int[] expected = {396, 282, 261, 620, 396};
    assertArrayEquals(expected, Arrays.copyOf(story(four), 5));
    Path file = folder.resolve("four.gguf");
    new CheckpointConverter(four, ConversionTarget.gguf("f32")).write(file, _ -> {});
    assertArrayEquals(expected, Arrays.copyOf(story(file), 5));
  }

  private static void scaleRope(ObjectNode config, double factor) {
    double theta = config.get("rope_parameters").get("rope_theta").doubleValue();
    config
        .putObject("rope_parameters")
        .put("rope_type", "linear")
        .put("factor", factor)
        .put("rope_theta", theta);
  }

  @Test
  void fewerLayersThanThereAreWeightsForAreEnough() throws IOException {
    Path two = storyteller();
    edit(two, "config.json", json -> json.put("num_hidden_layers", 2));
    assertArrayEquals(new int[] {396, 282, 261, 290, 492}, Arrays.copyOf(story(two), 5));
  }

  @Test
  void aBrokenGenerationConfigIsIgnoredWithAWarning() throws IOException {
    for (String broken : List.of("{\"eos_token_id\": 2,}", "", "{\"do_sample\": false.}", "[]")) {
      Path model = storyteller();
      Path file = Files.writeString(model.resolve("generation_config.json"), broken);
      String log = LogCapture.of(() -> assertArrayEquals(STORY, story(model)));
      assertEquals(1, log.lines().filter(line -> line.contains(file + ": ")).count(), log);
    }
  }

  @Test
  void settingsArePythonsJsonAndNegativeIdsMeanNone() throws IOException {
    Path model = storyteller();
    Path config = model.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config).replaceFirst("\\{", "{\"foo\": NaN, \"foo\": -Infinity, "));
    edit(model, "config.json", json -> json.put("pad_token_id", -1).put("bos_token_id", -1));
    edit(
        model,
        "generation_config.json",
        json -> json.put("pad_token_id", -1).put("forced_eos_token_id", -1));
    assertArrayEquals(STORY, story(model));
  }

  /** Which neither the reference nor a computation minds. */
  @Test
  void settingsThatNothingNeedsMayBeOdd() throws IOException {
    Path model = storyteller();
    edit(
        model,
        "config.json",
        config -> {
          config.remove("model_type");
          config.put("max_position_embeddings", 0).put("rope_scaling", false);
        });
    assertArrayEquals(STORY, story(model));
  }

  /** A tensor of numbers that jmixtral does not know has no known size. */
  @Test
  void aTensorOfAnUnknownFormatThatNothingNeedsIsPassedOver() throws IOException {
    Path model = storyteller();
    Path file = model.resolve("model.safetensors");
    byte[] old = Files.readAllBytes(file);
    int end = 8 + Math.toIntExact(ByteBuffer.wrap(old).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
    String header = new String(old, 8, end - 8, StandardCharsets.UTF_8).strip();
    int size = old.length - end;
    byte[] text =
        (header.substring(0, header.length() - 1)
                + ",\"extra\":{\"dtype\":\"C64\",\"shape\":[2],\"data_offsets\":[%d,%d]}}"
                    .formatted(size, size + 16))
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + text.length + size + 16).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text).put(old, end, size);
    Files.write(file, bytes.array());
    assertArrayEquals(STORY, story(model));
  }

  @Test
  void idsNeedNoTokenizer() throws IOException {
    Path model = storyteller();
    Files.delete(model.resolve("tokenizer.model"));
    edit(model, "tokenizer.json", json -> json.putObject("pre_tokenizer").put("type", "ByteLevel"));
    try (var opened = MixtralForCausalLM.fromPretrained(model)) {
      GenerationConfig three = GenerationConfig.inherit().withMaxNewTokens(3);
      assertArrayEquals(
          new int[] {261, 620, 396}, opened.generate(Prompt.ids(1, 419, 621), three).ids());
      JmixtralException failure =
          assertThrows(JmixtralException.class, () -> opened.generate("Once"));
      assertTrue(failure.getMessage().contains("pre_tokenizer"), failure.getMessage());
    }
  }

  private static int[] story(Path model) {
    try (var opened = MixtralForCausalLM.fromPretrained(model)) {
      return opened
          .request(Prompt.text("Once upon a time"))
          .withConfig(GenerationConfig.inherit().withDoSample(false).withMaxNewTokens(8))
          .generate()
          .ids();
    }
  }

  private static int[] ids(Path model, String text) {
    return Tokenizer.fromPretrained(model).encode(text, false);
  }

  private Path storyteller() throws IOException {
    return copy(Fixtures.storyteller());
  }

  private Path copy(Path source) throws IOException {
    Path copy = Files.createTempDirectory(folder, "model");
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static void edit(Path model, String name, Consumer<ObjectNode> change) {
    Path file = model.resolve(name);
    ObjectNode json = JsonFile.readObject(file);
    change.accept(json);
    JsonFile.write(file, json);
  }

  /** The GGUF file with other metadata. */
  private Path edited(Consumer<Map<String, GgufValue>> change) {
    Path target = folder.resolve("edited.gguf");
    try (Arena arena = Arena.ofConfined()) {
      Files.deleteIfExists(target);
      GgufFile source = GgufFile.open(shared.resolve("m.gguf"), arena);
      Map<String, GgufValue> metadata = new LinkedHashMap<>(source.metadata());
      change.accept(metadata);
      List<GgufTensor> tensors = List.copyOf(source.tensors().values());
      List<GgufWriter.Declaration> declarations =
          tensors.stream()
              .map(each -> new GgufWriter.Declaration(each.name(), each.type(), each.shape()))
              .toList();
      try (GgufWriter writer = new GgufWriter(target, metadata, declarations)) {
        tensors.forEach(tensor -> writer.write(tensor.name(), tensor.data()));
        writer.finish();
      }
      return target;
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private static long[] wholes(Map<String, GgufValue> metadata, String key) {
    return ((GgufValue.Wholes) metadata.get(key)).values();
  }

  private static void setToken(Map<String, GgufValue> metadata, int id, String text, int type) {
    List<String> tokens =
        new ArrayList<>(((GgufValue.Texts) metadata.get("tokenizer.ggml.tokens")).values());
    tokens.set(id, text);
    metadata.put("tokenizer.ggml.tokens", new GgufValue.Texts(tokens));
    wholes(metadata, "tokenizer.ggml.token_type")[id] = type;
  }
}
