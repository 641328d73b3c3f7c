package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Behaviour that vectors cannot change; GreedyGoldenTest compares results at every vector size. */
@RunsOnce
class MixtralForCausalLMTest {
  private static final GenerationConfig WITHOUT_END = GenerationConfig.inherit().withEosTokenIds();

  @TempDir Path temporary;

  @Test
  void aResultTellsTextIdsReasonCountsAndTimes() {
    try (var model = storyteller()) {
      Generation generation = model.generate("[INST] What is 3 plus 4? [/INST]");
      assertEquals("3 plus 4 is 7.", generation.text());
      assertEquals(FinishReason.EOS, generation.finishReason());
      int[] ids = generation.ids();
      assertEquals(2, ids[ids.length - 1]);
      assertEquals(ids.length, generation.newTokenCount());
      assertEquals(15, generation.promptTokenCount());
      assertTrue(generation.metrics().prefillTime().isPositive());
      assertTrue(generation.metrics().decodeTime().isPositive());
      assertTrue(generation.metrics().prefillTokensPerSecond() > 0);
      assertTrue(generation.metrics().decodeTokensPerSecond() > 0);
    }
  }

  @Test
  void withoutALengthTextsGet256NewTokens() {
    try (var model = storyteller()) {
      assertLength(256, model.generate(Prompt.text("Once upon a time"), WITHOUT_END));
      assertLength(256, model.generate(Prompt.ids(1, 419), WITHOUT_END));
    }
  }

  @Test
  void withoutALengthAChatGoesOnToTheContextLimit() throws IOException {
    Path folder = copyOfStoryteller();
    replaceIn(folder.resolve("config.json"), "\"max_position_embeddings\": 4096", 300);
    try (var model = MixtralForCausalLM.fromPretrained(folder)) {
      List<ChatMessage> messages = List.of(ChatMessage.user("What is 3 plus 4?"));
      Generation generation = model.generate(Prompt.chat(messages), WITHOUT_END);
      assertLength(300 - generation.promptTokenCount(), generation);
      assertLength(4, model.generate(Prompt.chat(messages), WITHOUT_END.withMaxNewTokens(4)));
    }
  }

  @Test
  void maxLengthCountsThePromptAndMaxNewTokensWinsOverIt() {
    try (var model = storyteller()) {
      int[] prompt = {1, 419, 621};
      assertLength(7, model.generate(Prompt.ids(prompt), WITHOUT_END.withMaxLength(10)));
      assertLength(
          2, model.generate(Prompt.ids(prompt), WITHOUT_END.withMaxLength(10).withMaxNewTokens(2)));
      var failure =
          assertThrows(
              IllegalArgumentException.class,
              () -> model.generate(Prompt.ids(prompt), WITHOUT_END.withMaxLength(3)));
      assertEquals(
          "max_length is 3, but the prompt alone has 3 ids; raise it, or use max_new_tokens",
          failure.getMessage());
    }
  }

  @Test
  void callsInheritTheFoldersSettings() throws IOException {
    Path folder = copyOfStoryteller();
    Files.writeString(
        folder.resolve("generation_config.json"),
        "{\"max_new_tokens\": 5, \"eos_token_id\": [2, 544]}");
    try (var model = MixtralForCausalLM.fromPretrained(folder)) {
      Generation inherited = model.generate("Once upon a time");
      assertLength(5, inherited);
      assertArrayEquals(new int[] {396, 282, 261, 797, 981}, inherited.ids());
      Generation longer =
          model.generate(
              Prompt.text("Once upon a time"), GenerationConfig.inherit().withMaxNewTokens(50));
      assertEquals(FinishReason.EOS, longer.finishReason());
      assertArrayEquals(new int[] {396, 282, 261, 797, 981, 364, 544}, longer.ids());
      assertArrayEquals(new int[] {2, 544}, model.generationConfig().eosTokenIds().orElseThrow());
      assertEquals(1, model.generationConfig().bosTokenId().getAsInt(), "from config.json");
    }
  }

  @Test
  void aFolderWithATemperatureOfZeroGeneratesGreedily() throws IOException {
    Path folder = copyOfStoryteller();
    Files.writeString(
        folder.resolve("generation_config.json"),
        "{\"do_sample\": false, \"temperature\": 0.0, \"max_new_tokens\": 5}");
    try (var model = MixtralForCausalLM.fromPretrained(folder)) {
      assertArrayEquals(
          new int[] {396, 282, 261, 797, 981}, model.generate("Once upon a time").ids());
      GenerationConfig sampled = GenerationConfig.inherit().withDoSample(true);
      var failure =
          assertThrows(
              MalformedFileException.class,
              () -> model.generate(Prompt.text("Once upon a time"), sampled));
      assertEquals(
          folder
              + "/generation_config.json: temperature: expected a number above 0, at least 1e-30,"
              + " found 0.0",
          failure.getMessage());
      assertLength(
          5, model.generate(Prompt.text("Once upon a time"), sampled.withTemperature(1e-30)));
    }
  }

  @Test
  void withoutAGenerationConfigTheModelsConfigNamesTheEnd() throws IOException {
    Path folder = copyOfStoryteller();
    Files.delete(folder.resolve("generation_config.json"));
    try (var model = MixtralForCausalLM.fromPretrained(folder)) {
      assertEquals(FinishReason.EOS, model.generate("One morning").finishReason());
    }
  }

  @Test
  void samplingWithoutTopKMeans50() {
    GenerationConfig sampling =
        WITHOUT_END.withDoSample(true).withTemperature(3).withSeed(5).withMaxNewTokens(60);
    try (var model = storyteller()) {
      int[] unset = model.generate(Prompt.text("Once upon a time"), sampling).ids();
      assertArrayEquals(
          unset, model.generate(Prompt.text("Once upon a time"), sampling.withTopK(50)).ids());
      assertFalse(
          Arrays.equals(
              unset, model.generate(Prompt.text("Once upon a time"), sampling.withTopK(0)).ids()));
    }
  }

  @Test
  void theSameSeedGivesTheSameIds() {
    GenerationConfig sampling =
        WITHOUT_END.withDoSample(true).withTemperature(1.5).withSeed(1).withMaxNewTokens(50);
    try (var model = storyteller()) {
      int[] first = model.generate(Prompt.text("Once upon a time"), sampling).ids();
      assertArrayEquals(first, model.generate(Prompt.text("Once upon a time"), sampling).ids());
      assertFalse(
          Arrays.equals(
              first, model.generate(Prompt.text("Once upon a time"), sampling.withSeed(2)).ids()));
    }
  }

  @Test
  void streamedTextIsTheResultsText() {
    GenerationConfig wild =
        WITHOUT_END.withDoSample(true).withTemperature(8).withTopK(0).withMaxNewTokens(120);
    try (var model = storyteller()) {
      for (int seed = 0; seed < 10; seed++) {
        var streamed = new StringBuilder();
        var ids = IntStream.builder();
        GenerationConfig config = wild.withSeed(seed);
        Generation told =
            model
                .request(Prompt.text("Once upon a time"))
                .withConfig(config)
                .onToken(
                    token -> {
                      ids.add(token.id());
                      streamed.append(token.text());
                    })
                .generate();
        assertEquals(told.text(), streamed.toString());
        assertArrayEquals(told.ids(), ids.build().toArray());
        Generation untold = model.generate(Prompt.text("Once upon a time"), config);
        assertEquals(told.text(), untold.text());
        assertEquals(told.text(), model.tokenizer().decode(told.ids(), true));
      }
    }
  }

  @Test
  void aStopStringStaysAtTheEndOfTheText() {
    try (var model = storyteller()) {
      Generation stopped =
          model.generate(
              Prompt.text("Once upon a time"),
              GenerationConfig.inherit().withStopStrings("Bob", "named Ja"));
      assertEquals(FinishReason.STOP_STRING, stopped.finishReason());
      assertEquals("there was a sleepy turtle named Jack", stopped.text());
    }
  }

  @Test
  void theCallersProcessorsAndCriteriaTakePart() {
    try (var model = storyteller()) {
      Generation generation =
          model
              .request(Prompt.text("Once upon a time"))
              .withConfig(GenerationConfig.inherit())
              .withLogitsProcessor(
                  (sequence, logits) -> {
                    if (sequence.newLength() == 1) {
                      Arrays.fill(logits, Float.NEGATIVE_INFINITY);
                      logits[700] = 0;
                    }
                  })
              .withStoppingCriteria(sequence -> sequence.newLength() == 3)
              .generate();
      assertEquals(FinishReason.STOPPING_CRITERIA, generation.finishReason());
      assertEquals(3, generation.newTokenCount());
      assertEquals(396, generation.ids()[0]);
      assertEquals(700, generation.ids()[1]);
    }
  }

  @Test
  void maxTimeEndsWithTheTokenUnderWay() {
    try (var model = storyteller()) {
      Generation generation =
          model.generate(
              Prompt.text("Once upon a time"),
              WITHOUT_END.withMaxTime(1e-9).withMaxNewTokens(100_000));
      assertEquals(FinishReason.TIME, generation.finishReason());
      assertEquals(1, generation.newTokenCount());
    }
  }

  @Test
  void anEmptyPromptBecomesBos() {
    GenerationConfig three = GenerationConfig.inherit().withMaxNewTokens(3);
    try (var model = storyteller()) {
      Generation fromBos = model.generate(Prompt.ids(1), three);
      assertArrayEquals(fromBos.ids(), model.generate(Prompt.ids(new int[0]), three).ids());
      assertArrayEquals(new int[] {1}, model.generate(Prompt.text(""), three).promptIds());
    }
  }

  @Test
  void promptIdsOutsideTheVocabularyAreRefused() {
    try (var model = storyteller()) {
      var tooLarge =
          assertThrows(
              IllegalArgumentException.class,
              () -> model.generate(Prompt.ids(1, 1905), GenerationConfig.inherit()));
      assertEquals("prompt[1]: expected an id from 0 to 1904, found 1905", tooLarge.getMessage());
      assertThrows(
          IllegalArgumentException.class,
          () -> model.generate(Prompt.ids(-1), GenerationConfig.inherit()));
    }
  }

  @Test
  void aFolderWithoutATokenizerGeneratesFromIdsOnly() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.folder("full-f32"))) {
      assertFalse(model.hasTokenizer());
      Generation generation = model.generate(Prompt.ids(1, 5), WITHOUT_END.withMaxNewTokens(3));
      assertEquals(3, generation.newTokenCount());
      assertEquals("", generation.text());
      var failure = assertThrows(MissingFileException.class, () -> model.generate("Hello"));
      assertTrue(failure.getMessage().contains("full-f32"), failure.getMessage());
      assertTrue(failure.getMessage().contains("tokenizer.json"), failure.getMessage());
      assertThrows(
          MissingFileException.class, () -> model.generate(List.of(ChatMessage.user("Hello"))));
      var stopStrings =
          assertThrows(
              IllegalArgumentException.class,
              () -> model.generate(Prompt.ids(1), WITHOUT_END.withStopStrings("x")));
      assertEquals(
          "stop_strings need a tokenizer, and the model has none; use stopping criteria on ids",
          stopStrings.getMessage());
    }
  }

  @Test
  void passingTheContextWarnsOnceAndGoesOn() {
    int[] prompt = new int[511];
    Arrays.setAll(prompt, i -> 3 + i % 500);
    PrintStream console = System.err;
    var log = new ByteArrayOutputStream();
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.folder("full-f32"))) {
      System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
      assertLength(1, model.generate(Prompt.ids(prompt), WITHOUT_END.withMaxNewTokens(1)));
      assertEquals("", log.toString(StandardCharsets.UTF_8));
      assertLength(5, model.generate(Prompt.ids(prompt), WITHOUT_END.withMaxNewTokens(5)));
      assertLength(5, model.generate(Prompt.ids(prompt), WITHOUT_END.withMaxNewTokens(5)));
    } finally {
      System.setErr(console);
    }
    String text = log.toString(StandardCharsets.UTF_8);
    assertEquals(2, text.split("max_position_embeddings 512", -1).length, text);
  }

  @Test
  void aSavedModelGeneratesTheSame() {
    Path saved = temporary.resolve("saved");
    GenerationConfig twenty = GenerationConfig.inherit().withMaxNewTokens(20);
    Generation expected;
    GenerationConfig settings;
    try (var model = storyteller()) {
      expected = model.generate(Prompt.text("Once upon a time"), twenty);
      settings = model.generationConfig();
      model.savePretrained(saved);
    }
    try (var model = MixtralForCausalLM.fromPretrained(saved)) {
      Generation again = model.generate(Prompt.text("Once upon a time"), twenty);
      assertArrayEquals(expected.ids(), again.ids());
      assertEquals(expected.text(), again.text());
      assertEquals(settings, model.generationConfig());
    }
  }

  @Test
  void aFolderWithAnotherTokenizerIsRefusedBeforeTheWeightsAreWritten() throws IOException {
    Path target = Files.createDirectory(temporary.resolve("taken"));
    boolean json = Files.exists(Fixtures.storyteller().resolve("tokenizer.json"));
    Path other = target.resolve(json ? "added_tokens.json" : "tokenizer.json");
    Files.writeString(other, "{}");
    try (var model = storyteller()) {
      assertThrows(IllegalArgumentException.class, () -> model.savePretrained(target));
    }
    try (Stream<Path> files = Files.list(target)) {
      assertEquals(List.of(other), files.toList());
    }
  }

  @Test
  void oneSwitchSaysWhatBecomesOfTheTextsOfSpecialTokens() {
    LoadOptions text = LoadOptions.defaults().withParseSpecialTokens(false);
    GenerationConfig one = GenerationConfig.inherit().withMaxNewTokens(1);
    try (var parsing = storyteller();
        var plain = MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), text);
        Session session = plain.newSession()) {
      int[] ids = {1, 261, 2};
      int[] spelled = {1, 261, 63, 1885, 1846, 65};
      Prompt prompt = Prompt.text("a</s>");
      assertArrayEquals(ids, parsing.generate(prompt, one).promptIds());
      assertArrayEquals(spelled, plain.generate(prompt, one).promptIds());
      assertArrayEquals(spelled, session.request(prompt).withConfig(one).generate().promptIds());
      assertEquals(2, parsing.score(prompt).tokens().size());
      assertEquals(5, plain.score(prompt).tokens().size());
      assertEquals(4, plain.score("a", List.of("</s>")).getFirst().tokens().size());
      assertArrayEquals(plain.embed(Prompt.ids(spelled)), plain.embed(prompt));
      Prompt chat = Prompt.chat(ChatMessage.user("a</s>"));
      assertArrayEquals(
          parsing.generate(chat, one).promptIds(), plain.generate(chat, one).promptIds());
    }
  }

  @Test
  void theFractionOfAPromptThatIsComputedGrowsToOne() {
    LoadOptions options = LoadOptions.defaults().withChunkTokens(2);
    GenerationConfig config = GenerationConfig.inherit().withMaxNewTokens(3).withNumBeams(2);
    int[] ids = {1, 419, 621, 261, 620};
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), options)) {
      List<Double> fractions = new ArrayList<>();
      model.request(Prompt.ids(ids)).withConfig(config).onPrefill(fractions::add).generate();
      int layers = model.config().numHiddenLayers();
      assertEquals(3 * layers, fractions.size(), "once for each layer of each chunk");
      assertEquals(2.0 / 5 / layers, fractions.getFirst(), 1e-9);
      assertEquals(4.0 / 5, fractions.get(2 * layers - 1), 1e-9);
      assertEquals(1, fractions.getLast());
    }
  }

  @Test
  void aCacheContinuesItsSequence() {
    try (var model = storyteller()) {
      float[][] whole = model.forward(ModelInput.ofIds(new int[] {1, 419, 621, 261})).logits()[0];
      KeyValueCache cache = model.newCache();
      model.forward(ModelInput.ofIds(new int[] {1, 419, 621}).withCache(cache));
      float[][] last =
          model.forward(ModelInput.ofIds(new int[] {261}).withCache(cache)).logits()[0];
      assertArrayEquals(whole[3], last[0]);
    }
  }

  @Test
  void forwardGivesTheLogitsThatGreedyDecodingTakes() {
    try (var model = storyteller()) {
      int[] prompt = {1, 419, 621, 261, 620};
      float[][] logits = model.forward(ModelInput.ofIds(prompt)).logits()[0];
      assertEquals(prompt.length, logits.length);
      float[] last = logits[prompt.length - 1];
      int best = IntStream.range(0, last.length).reduce(0, (a, b) -> last[b] > last[a] ? b : a);
      assertEquals(396, best);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 1000})
  void theChunksOfAPromptChangeNothing(int chunkTokens) {
    int[] prompt = new int[300];
    Arrays.setAll(prompt, i -> 3 + i * 7 % 1900);
    LoadOptions chunks = LoadOptions.defaults().withChunkTokens(chunkTokens);
    GenerationConfig twenty = WITHOUT_END.withMaxNewTokens(20);
    try (var whole = storyteller();
        var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), chunks)) {
      assertArrayEquals(
          whole.generate(Prompt.ids(prompt), twenty).ids(),
          model.generate(Prompt.ids(prompt), twenty).ids());
    }
  }

  @Test
  void threadsMayGenerateWithOneModelAtOnce() throws Exception {
    List<String> prompts =
        List.of("Once upon a time", "One morning", "[INST] What is 3 plus 4? [/INST]");
    GenerationConfig config =
        GenerationConfig.inherit().withDoSample(true).withSeed(4).withMaxNewTokens(30);
    try (var model = storyteller();
        var executor = Executors.newFixedThreadPool(prompts.size())) {
      List<String> alone =
          prompts.stream()
              .map(prompt -> model.generate(Prompt.text(prompt), config).text())
              .toList();
      List<Callable<String>> tasks =
          prompts.stream()
              .<Callable<String>>map(
                  prompt -> () -> model.generate(Prompt.text(prompt), config).text())
              .toList();
      for (int round = 0; round < 3; round++) {
        var together = executor.invokeAll(tasks);
        for (int i = 0; i < prompts.size(); i++) {
          assertEquals(alone.get(i), together.get(i).get());
        }
      }
    }
  }

  private static MixtralForCausalLM storyteller() {
    return MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
  }

  private static void assertLength(int newTokens, Generation generation) {
    assertEquals(FinishReason.LENGTH, generation.finishReason());
    assertEquals(newTokens, generation.newTokenCount());
  }

  private Path copyOfStoryteller() throws IOException {
    Path copy = Files.createDirectory(temporary.resolve("copy"));
    try (Stream<Path> files = Files.list(Fixtures.storyteller())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static void replaceIn(Path file, String setting, int value) throws IOException {
    String text = Files.readString(file);
    assertTrue(text.contains(setting));
    String name = setting.substring(0, setting.indexOf(' ') + 1);
    Files.writeString(file, text.replace(setting, name + value));
  }
}
