package io.github.jmixtral.conversion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.conversion.Finding.Outcome;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.ModelFiles;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.SafetensorsWriter;
import io.github.jmixtral.internal.format.TorchStates;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class VerificationTest {
  private static final LoadOptions OPTIONS =
      LoadOptions.defaults().withActivations(LoadOptions.Activations.F32).withThreads(2);
  private static final double TOLERANCE = 2e-5;
  private static final float NOT_A_NUMBER = Float.NaN;

  @TempDir private Path folder;

  @Test
  void aModelThatComputesWhatItShouldIsGood() {
    for (String fixture :
        List.of("full-f32", "window-bf16", "classifier-f32", "quantized/awq-gemm")) {
      assertEquals(Outcome.GOOD, outcome("logits", verify(Fixtures.folder(fixture))), fixture);
    }
  }

  @Test
  void everyLayoutIsGood() throws IOException {
    Path quantised = folder.resolve("quantised");
    new CheckpointConverter(Fixtures.storyteller(), ConversionTarget.quantized(Recipe.Q4))
        .withThreads(2)
        .write(quantised, _ -> {});
    Path gguf = folder.resolve("storyteller.gguf");
    new CheckpointConverter(Fixtures.storyteller(), ConversionTarget.gguf("q8_0"))
        .withThreads(2)
        .write(gguf, _ -> {});
    for (Path model :
        List.of(
            Fixtures.storyteller(),
            quantised,
            gguf,
            Fixtures.folder("sharded-f32"),
            Fixtures.folder("fused-v5-f32"),
            Fixtures.folder("raw-safetensors"),
            Fixtures.folder("raw-pth"),
            Fixtures.folder("raw-pt-stacked"),
            Fixtures.folder("quantized/gptq-v1-actorder"),
            Fixtures.folder("quantized/bnb-nf4-bf16storage"),
            Fixtures.folder("quantized/ct-pack-quantized-asym"),
            Fixtures.folder("quantized/gguf-q4_0"))) {
      List<Finding> findings = verify(model);
      for (String check : List.of("config", "headers", "shapes", "values")) {
        assertEquals(Outcome.GOOD, outcome(check, findings), () -> model + ": " + findings);
      }
      assertFalse(hasFailed(findings), () -> model + ": " + findings);
    }
  }

  @Test
  void theChecksThatAreMadeAreNamed() {
    assertEquals(
        List.of(
            "config good",
            "headers good",
            "index absent",
            "shapes good",
            "values good",
            "tokenizer good",
            "settings good",
            "logits absent"),
        words(verify(Fixtures.storyteller())));
  }

  @Test
  void aDamagedConfigurationFails() throws IOException {
    copy("full-f32");
    Files.writeString(folder.resolve("config.json"), "{\"vocab_size\": ");
    assertFails("config", "config.json");
    assertEquals(
        List.of(
            "config failed",
            "headers good",
            "index absent",
            "shapes skipped",
            "values skipped",
            "tokenizer skipped",
            "settings skipped",
            "logits skipped"),
        words(verify(folder)));
  }

  @Test
  void aMissingConfigurationFails() throws IOException {
    copy("full-f32");
    Files.delete(folder.resolve("config.json"));
    assertFails("config", "config.json");
  }

  @Test
  void anEmptyFolderFails() {
    assertFails("config", "config.json");
    assertFails("headers", "model.safetensors");
  }

  @Test
  void aCutFileFails() throws IOException {
    copy("full-f32");
    Path file = folder.resolve("model.safetensors");
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(access.length() - 1);
    }
    assertFails("headers", "model.safetensors");
    assertEquals(Outcome.SKIPPED, outcome("shapes", verify(folder)));
  }

  @Test
  void everyCutShardIsNamed() throws IOException {
    copy("sharded-f32");
    List<Path> shards = shards();
    for (Path shard : shards.subList(0, 2)) {
      Files.write(shard, new byte[] {1, 2, 3});
      assertFails("headers", shard.getFileName().toString());
    }
    assertEquals(2, count("headers", Outcome.FAILED, verify(folder)));
    assertEquals(Outcome.SKIPPED, outcome("index", verify(folder)));
  }

  @Test
  void aFolderInThePlaceOfAFileFails() throws IOException {
    copy("sharded-f32");
    Path shard = shards().getFirst();
    Files.delete(shard);
    Files.createDirectory(shard);
    assertFails("headers", shard.getFileName().toString());
  }

  @Test
  void cutFilesOfOtherLayoutsFail() throws IOException {
    copy("raw-pth");
    Files.write(folder.resolve("consolidated.00.pth"), new byte[100]);
    assertFails("headers", "consolidated.00.pth");
    Path gguf = Files.createDirectory(folder.resolve("other")).resolve("model.gguf");
    Files.write(gguf, new byte[100]);
    List<Finding> findings = verify(gguf);
    assertEquals(Outcome.FAILED, outcome("headers", findings));
    assertEquals(Outcome.FAILED, outcome("config", findings));
  }

  @Test
  void pickledWeightsAreChecked() throws IOException {
    copy("full-f32");
    Path file = folder.resolve("pytorch_model.bin");
    try (Arena arena = Arena.ofConfined()) {
      TorchStates.write(
          file,
          SafetensorsFile.open(folder.resolve("model.safetensors"), arena).tensors().values());
    }
    Files.delete(folder.resolve("model.safetensors"));
    assertEquals(Outcome.GOOD, outcome("logits", verify(folder)));
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 5000));
    assertFails("headers", "pytorch_model.bin");
  }

  @Test
  void aMissingShardFails() throws IOException {
    copy("sharded-f32");
    Path shard = shards().getLast();
    Files.delete(shard);
    assertFails("index", shard.getFileName() + ": the file of weights is missing");
    assertEquals(Outcome.GOOD, outcome("headers", verify(folder)));
  }

  @Test
  void aDamagedIndexFails() throws IOException {
    copy("sharded-f32");
    Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\": 1}");
    assertFails("index", "weight_map");
    assertEquals(Outcome.SKIPPED, outcome("headers", verify(folder)));
  }

  @Test
  void anIndexThatNamesTheWrongShardFails() throws IOException {
    copy("sharded-f32");
    Path index = folder.resolve("model.safetensors.index.json");
    String[] names = shards().stream().map(s -> s.getFileName().toString()).toArray(String[]::new);
    Files.writeString(index, Files.readString(index).replaceFirst(names[0], names[1]));
    assertFails("index", names[1]);
    assertEquals(Outcome.GOOD, outcome("headers", verify(folder)));
  }

  @Test
  void shapesThatAreNotThoseOfTheConfigurationFail() throws IOException {
    copy("full-f32");
    MixtralConfig.fromPretrained(folder).with(Map.of("vocab_size", 513)).savePretrained(folder);
    assertFails("shapes", "expected shape [513, 64], found [512, 64]");
    assertEquals(Outcome.SKIPPED, outcome("values", verify(folder)));
    assertEquals(Outcome.SKIPPED, outcome("logits", verify(folder)));
  }

  @Test
  void aWeightThatIsNotANumberFails() throws IOException {
    copy("full-f32");
    overwriteLastFloat("model.safetensors", NOT_A_NUMBER);
    assertFails("values", "expected a finite weight, found NaN");
    overwriteLastFloat("model.safetensors", Float.NEGATIVE_INFINITY);
    assertFails("values", "expected a finite weight, found -Infinity");
    assertEquals(Outcome.SKIPPED, outcome("logits", verify(folder)));
  }

  @Test
  void aWeightInAMatrixIsNamedByRowAndColumn() throws IOException {
    Path raw = Files.createDirectory(folder.resolve("raw"));
    copy("raw-safetensors", raw);
    Path hub = folder.resolve("hub");
    new CheckpointConverter(raw, ConversionTarget.hub().withMaxShardBytes(Long.MAX_VALUE))
        .withThreads(1)
        .write(hub, _ -> {});
    Path file = hub.resolve("model.safetensors");
    // The embedding [512, 64] is the first tensor: row 2, column 3.
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] length = new byte[8];
      access.readFully(length);
      long header = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
      access.seek(8 + header + (2 * 64 + 3) * 4);
      access.write(bytes(NOT_A_NUMBER));
    }
    Finding finding = only("values", verify(hub));
    assertEquals(
        "tensor 'model.embed_tokens.weight' [2, 3]: expected a finite weight, found NaN",
        finding.detail());
  }

  @Test
  void aScaleOfATileThatIsNotANumberFails() throws IOException {
    Path quantised = folder.resolve("quantised");
    new CheckpointConverter(Fixtures.storyteller(), ConversionTarget.quantized(Recipe.Q8))
        .withThreads(2)
        .write(quantised, _ -> {});
    List<Path> files;
    try (Stream<Path> listing = Files.list(quantised)) {
      files = listing.filter(file -> file.toString().endsWith(".safetensors")).toList();
    }
    // Every half-precision number that is all ones is none, wherever the scales are.
    try (RandomAccessFile access = new RandomAccessFile(files.getFirst().toFile(), "rw")) {
      byte[] ones = new byte[4096];
      Arrays.fill(ones, (byte) 0xff);
      access.seek(access.length() / 2);
      access.write(ones);
    }
    Finding finding = only("values", verify(quantised));
    assertEquals(Outcome.FAILED, finding.outcome());
  }

  @Test
  void rowsOfZerosAreCounted() throws IOException {
    copy("full-f32");
    Path file = folder.resolve("model.safetensors");
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.seek(access.length() / 2);
      access.write(new byte[4096]);
    }
    String detail = only("values", verify(folder)).detail();
    assertTrue(detail.matches(".*, \\d+ rows of zeros"), detail);
  }

  @Test
  void aTokenizerWithMoreWordsThanTheModelHasIdsFails() throws IOException {
    copy("full-f32");
    Files.copy(Fixtures.storyteller().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    assertFails(
        "tokenizer",
        "tokenizer.json: the tokenizer has 1,905 words, more than the 512 of the model");
  }

  @Test
  void aTokenizerWithoutTheModelsEndFails() throws IOException {
    copy("full-f32");
    MixtralConfig.fromPretrained(folder)
        .with(Map.of("vocab_size", 5000, "eos_token_id", List.of(4000)))
        .savePretrained(folder);
    Files.copy(Fixtures.storyteller().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    assertFails(
        "tokenizer", "the tokenizer has 1,905 words, hence none for the model's special id 4000");
  }

  @Test
  void aChatTemplateThatIsNoJinjaFails() throws IOException {
    copy("full-f32");
    MixtralConfig.fromPretrained(folder).with(Map.of("vocab_size", 5000)).savePretrained(folder);
    Files.copy(Fixtures.storyteller().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(folder.resolve("chat_template.jinja"), "a\n{{ messages|nosuchfilter }}");
    assertFails(
        "tokenizer", "chat_template: this is no Jinja2 template: line 2: TemplateAssertion");
  }

  @Test
  void aTemplateOfConversationsWithToolsThatIsNoJinjaFails() throws IOException {
    copy("full-f32");
    MixtralConfig.fromPretrained(folder).with(Map.of("vocab_size", 5000)).savePretrained(folder);
    Files.copy(Fixtures.storyteller().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"chat_template": [{"name": "default", "template": "a"},
                           {"name": "tool_use", "template": "{% for %}"}]}
        """);
    assertFails("tokenizer", "chat_template 'tool_use': this is no Jinja2 template: line 1");
  }

  /** As special tokens that were added behind an embedding that was not made larger. */
  @Test
  void specialTokensBehindTheModelsIdsDoNoHarm() throws IOException {
    copy("full-f32");
    MixtralConfig.fromPretrained(folder).with(Map.of("vocab_size", 1905)).savePretrained(folder);
    Files.copy(Fixtures.storyteller().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"added_tokens_decoder": {"1905": {"content": "<|pad|>", "special": true}}}
        """);
    assertTrue(only("tokenizer", verify(folder)).detail().contains("1,906 words for 1,905 ids"));
  }

  @Test
  void aDamagedTokenizerFails() throws IOException {
    copy("full-f32");
    Files.writeString(folder.resolve("tokenizer.json"), "{}");
    assertFails("tokenizer", "tokenizer.json");
  }

  @Test
  void generationSettingsThatEndOutsideTheVocabularyFail() throws IOException {
    copy("full-f32");
    Path settings = folder.resolve(ModelFiles.GENERATION_CONFIG);
    Files.writeString(settings, "{\"eos_token_id\": [2, 512]}");
    assertFails("settings", "eos_token_id: expected one of the model's 512 ids, found 512");
    Files.writeString(settings, "[]");
    assertFails("settings", ModelFiles.GENERATION_CONFIG);
  }

  @Test
  void logitsThatAreNotTheExpectedOnesFail() throws IOException {
    copy("full-f32");
    overwriteLastFloat("model.safetensors", 1.5f);
    assertFails("logits", "expected.safetensors: tensor '");
  }

  @Test
  void aToleranceForgivesLogits() throws IOException {
    copy("full-f32");
    overwriteLastFloat("model.safetensors", 1.5f);
    List<Finding> findings =
        new CheckpointVerifier(folder)
            .withLoadOptions(OPTIONS)
            .withTolerance(1000)
            .verify(listener(new ArrayList<>()));
    assertEquals(Outcome.GOOD, outcome("logits", findings));
  }

  @Test
  void scoresThatAreNotTheExpectedOnesFail() throws IOException {
    copy("classifier-f32");
    overwriteLastFloat("model.safetensors", 1.5f);
    assertFails("logits", "expected.safetensors: tensor '");
  }

  @Test
  void expectedLogitsThatDoNotFitTheModelFail() throws IOException {
    copy("full-f32");
    expect(new long[] {1, 512}, new long[] {1, 2, 512});
    assertFails("logits", "tensor 'input_ids': expected ids from 0 to 511, found 512");
    expect(new long[] {1, -1}, new long[] {1, 2, 512});
    assertFails("logits", "tensor 'input_ids': expected ids from 0 to 511, found -1");
    expect(new long[] {1, 5}, new long[] {1, 2, 511});
    assertFails("logits", "tensor 'logits': expected F32 [1, 2, 512], found F32 [1, 2, 511]");
    expect(new long[] {1, 5}, new long[] {1, 3, 512});
    assertFails("logits", "tensor 'logits': expected F32 [1, 2, 512], found F32 [1, 3, 512]");
    expect(new long[] {1, 5}, new long[] {1, 2, 512});
    assertFails("logits", "tensor 'logits' [0, ");
  }

  @Test
  void aFileWithoutLogitsFails() throws IOException {
    copy("full-f32");
    Files.copy(
        folder.resolve("model.safetensors"), replaced(folder.resolve("expected.safetensors")));
    assertFails("logits", "the file has no pair of tensors NAME.input_ids and NAME.logits");
    Files.write(replaced(folder.resolve("expected.safetensors")), new byte[5]);
    assertFails("logits", "expected.safetensors");
  }

  @Test
  void aListenerHearsOfEveryFindingAndOfLongChecks() {
    List<String> heard = new ArrayList<>();
    List<Finding> findings =
        new CheckpointVerifier(Fixtures.folder("full-f32"))
            .withLoadOptions(OPTIONS)
            .withTolerance(TOLERANCE)
            .verify(listener(heard));
    assertEquals(
        findings.stream().map(Finding::check).toList(),
        heard.stream().filter(line -> !line.contains("/")).toList());
    assertTrue(heard.contains("values 484672/484672"), heard::toString);
    assertTrue(heard.contains("logits 42/42"), heard::toString);
  }

  /** Whatever byte is changed: there are findings, nothing is thrown. */
  @Test
  void changedBytesMakeFindings() throws IOException {
    Random random = new Random(5);
    int failed = 0;
    for (int round = 0; round < 60; round++) {
      String name = random.nextBoolean() ? "model.safetensors" : "expected.safetensors";
      copy("classifier-f32");
      try (RandomAccessFile file = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
        for (int change = 0; change < 4; change++) {
          file.seek(random.nextInt(2000));
          file.write(random.nextInt(256));
        }
      }
      failed += hasFailed(verify(folder)) ? 1 : 0;
    }
    assertTrue(failed > 40, failed + " of 60 rounds failed");
  }

  private void expect(long[] ids, long[] shape) throws IOException {
    Path file = replaced(folder.resolve("expected.safetensors"));
    List<Long> sizes = Arrays.stream(shape).boxed().toList();
    try (SafetensorsWriter writer =
        new SafetensorsWriter(
            file,
            List.of(
                new SafetensorsWriter.Declaration(
                    "input_ids", Dtype.I64, List.of(1L, (long) ids.length)),
                new SafetensorsWriter.Declaration("logits", Dtype.F32, sizes)),
            SafetensorsWriter.HUB_METADATA)) {
      ByteBuffer bytes = ByteBuffer.allocate(ids.length * 8).order(ByteOrder.LITTLE_ENDIAN);
      Arrays.stream(ids).forEach(bytes::putLong);
      writer.write("input_ids", MemorySegment.ofArray(bytes.array()));
      writer.write(
          "logits", new float[Math.toIntExact(sizes.stream().reduce(1L, (a, b) -> a * b))]);
      writer.finish();
    }
  }

  private static Path replaced(Path file) throws IOException {
    Files.deleteIfExists(file);
    return file;
  }

  private void overwriteLastFloat(String name, float value) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
      file.seek(file.length() - Float.BYTES);
      file.write(bytes(value));
    }
  }

  private static byte[] bytes(float value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array();
  }

  private void copy(String fixture) throws IOException {
    copy(fixture, folder);
  }

  private static void copy(String fixture, Path to) throws IOException {
    try (Stream<Path> files = Files.list(Fixtures.folder(fixture))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, replaced(to.resolve(file.getFileName())));
      }
    }
  }

  private List<Path> shards() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
    }
  }

  private void assertFails(String check, String part) {
    List<Finding> findings = verify(folder);
    assertTrue(
        findings.stream()
            .filter(found -> found.check().equals(check) && found.outcome() == Outcome.FAILED)
            .anyMatch(found -> found.detail().contains(part)),
        () -> findings.toString());
    assertTrue(findings.stream().noneMatch(found -> found.detail().contains("\n")));
  }

  private static List<Finding> verify(Path path) {
    return new CheckpointVerifier(path)
        .withLoadOptions(OPTIONS)
        .withTolerance(TOLERANCE)
        .verify(listener(new ArrayList<>()));
  }

  private static VerificationListener listener(List<String> heard) {
    return new VerificationListener() {
      @Override
      public void found(Finding finding) {
        heard.add(finding.check());
      }

      @Override
      public void working(String check, long done, long total) {
        heard.add(check + " " + done + "/" + total);
      }
    };
  }

  private static boolean hasFailed(List<Finding> findings) {
    return findings.stream().anyMatch(found -> found.outcome() == Outcome.FAILED);
  }

  private static Finding only(String check, List<Finding> findings) {
    List<Finding> found = findings.stream().filter(f -> f.check().equals(check)).toList();
    assertEquals(1, found.size(), findings::toString);
    return found.getFirst();
  }

  private static Outcome outcome(String check, List<Finding> findings) {
    return only(check, findings).outcome();
  }

  private static long count(String check, Outcome outcome, List<Finding> findings) {
    return findings.stream()
        .filter(found -> found.check().equals(check) && found.outcome() == outcome)
        .count();
  }

  private static List<String> words(List<Finding> findings) {
    return findings.stream()
        .map(found -> found.check() + " " + found.outcome().name().toLowerCase(Locale.ROOT))
        .toList();
  }
}
