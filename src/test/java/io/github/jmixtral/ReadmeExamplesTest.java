package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.ChoiceScores;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.generation.TokenSequence;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows, run as it stands there: {@link ReadmeTest} compares the texts. */
@RunsOnce
public class ReadmeExamplesTest {
  /** The storyteller's id of it. */
  private static final int FULL_STOP = 1848;

  private static PrintStream out;

  /** What the examples print is nobody's business here. */
  @BeforeAll
  static void silenceTheExamples() {
    out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream()));
  }

  @AfterAll
  static void restoreTheOutput() {
    System.setOut(out);
  }

  @Test
  void aModelTellsAStory() {
    // README begins
    try (var model = MixtralForCausalLM.fromPretrained(Path.of("models/storyteller"))) {
      Generation story =
          model.generate(
              Prompt.text("Once upon a time"),
              GenerationConfig.defaults().withMaxNewTokens(100).withDoSample(true));
      System.out.println(story.text());
    }
    // README ends
  }

  @Test
  void aModelAnswersInAConversation() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // README begins
      Generation answer =
          model.generate(List.of(ChatMessage.user("Write a story about a duck and a paper star.")));
      // README ends
      assertFalse(answer.text().isBlank());
    }
  }

  @Test
  void aSessionComputesWhatIsNew() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // README begins
      try (Session session = model.newSession()) {
        for (String question : List.of("What is 3 plus 4?", "What is 2 plus 6?")) {
          Generation reply = session.send(question);
          System.out.println(reply.text() + " (" + reply.prefillTokenCount() + " ids computed)");
        }
        try (Session other = session.fork()) {
          System.out.println(other.computedTokenCount() + " ids need not be computed again");
        }
      }
      // README ends
      assertEquals(0, model.cacheByteSize());
    }
  }

  @Test
  void aStoryIsStreamed() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // README begins
      Generation story =
          model
              .request(Prompt.text("Once upon a time"))
              .withConfig(config -> config.withMaxNewTokens(60).withDoSample(false))
              .onToken(token -> System.out.print(token.text()))
              .generate();
      System.out.printf(
          "%n%d tokens, %s, %.1f tokens/s%n",
          story.newTokenCount(), story.finishReason(), story.decodeTokensPerSecond());
      // README ends
      assertEquals(story.ids().length, story.newTokenCount());
    }
  }

  @Test
  void tokensArePulled() {
    GenerationConfig config = GenerationConfig.defaults().withMaxNewTokens(30);
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // README begins
      try (TokenStream tokens =
          model.request(Prompt.text("Once upon a time")).withConfig(config).stream()) {
        tokens.asStream().limit(20).forEach(token -> System.out.print(token.text()));
      }
      // README ends
      assertEquals(0, model.cacheByteSize());
    }
  }

  @Test
  void aStoryComesLater() {
    GenerationConfig config = GenerationConfig.defaults().withMaxNewTokens(30);
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // README begins
      CompletableFuture<Generation> story =
          model
              .request(Prompt.text("Once upon a time"))
              .withConfig(config)
              .generateAsync()
              .orTimeout(10, TimeUnit.SECONDS);
      System.out.println(story.join().text());
      // README ends
      assertTrue(story.join().newTokenCount() <= 30);
    }
  }

  @Test
  void severalPromptsAreContinuedAtOnce() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // README begins
      List<Generation> stories =
          model.generate(
              Prompt.texts("Once upon a time", "One morning"),
              GenerationConfig.defaults().withNumBeams(4).withNumReturnSequences(2));
      for (Generation story : stories) {
        System.out.println(story.outputs().sequenceScore().getAsDouble() + " " + story.text());
      }
      // README ends
      assertEquals(4, stories.size());
    }
  }

  @Test
  void codeOfTheCallersTakesPart() {
    GenerationConfig config = GenerationConfig.defaults().withMaxNewTokens(60);
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      int unwanted = model.generate(Prompt.text("Once upon a time"), config).ids()[5];
      // README begins
      Generation story =
          model
              .request(Prompt.text("Once upon a time"))
              .withConfig(config.withTopLogprobs(3))
              .withLogitsProcessor((sequence, logits) -> logits[unwanted] = Float.NEGATIVE_INFINITY)
              .withStoppingCriteria(sequence -> sequence.newLength() > 20 && endsSentence(sequence))
              .generate();
      for (StepLogProbabilities step : story.outputs().logProbabilities()) {
        System.out.println(step.chosen() + " among " + step.top());
      }
      // README ends
      assertTrue(Arrays.stream(story.ids()).noneMatch(id -> id == unwanted));
      assertEquals(FinishReason.STOPPING_CRITERIA, story.finishReason());
      assertTrue(story.text().endsWith("."), story.text());
      assertEquals(story.newTokenCount(), story.outputs().logProbabilities().size());
    }
  }

  private static boolean endsSentence(TokenSequence sequence) {
    return sequence.id(sequence.length() - 1) == FULL_STOP;
  }

  @Test
  void textBecomesIdsAndTextAgain() {
    // README begins
    Tokenizer tokenizer = Tokenizer.fromPretrained(Path.of("models/storyteller"));
    int[] ids = tokenizer.encode("Once upon a time", true);
    String text = tokenizer.decode(ids, true);
    // README ends
    assertEquals("Once upon a time", text);
  }

  @Test
  void aForwardPassReturnsWhatIsAskedFor() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      int[] ids = model.tokenizer().encode("Once upon a time", true);
      // README begins
      CausalLMOutput output =
          model.forward(
              ModelInput.ofIds(ids)
                  .withLabels(new int[][] {ids})
                  .withOutputHiddenStates(true)
                  .withOutputRouterLogits(true));
      float[] lastLogits = output.logits()[0][ids.length - 1];
      double loss = output.loss().orElseThrow();
      // README ends
      assertEquals(model.config().vocabSize(), lastLogits.length);
      assertTrue(loss > 0);
      assertEquals(model.config().numHiddenLayers() + 1, output.hiddenStates().size());
    }
  }

  @Test
  void textsAreScoredAndEmbedded() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // README begins
      TextScore score = model.score(Prompt.text("Once upon a time there was a little frog."));
      System.out.println(score.perplexity() + " " + score.tokens());

      ChoiceScores choices =
          model.score("The frog jumped into the", List.of(" lake", " cake", " sky"));
      System.out.println(choices.bySum().getFirst().text());

      float[][] vectors =
          model.embed(
              Prompt.texts("a brave frog", "a patient owl"),
              EmbeddingConfig.defaults().withNormalized(true));
      // README ends
      assertEquals(3, choices.choices().size());
      assertEquals(2, vectors.length);
    }
  }

  @Test
  void aClassifierLabelsAText(@TempDir Path folder) throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Fixtures.folder("classifier-f32").resolve(name), folder.resolve(name));
    }
    Files.copy(Fixtures.storyteller().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    // README begins
    try (var model = MixtralForSequenceClassification.fromPretrained(folder)) {
      Classification mood = model.classify("The big dog danced");
      System.out.println(mood.best().name() + " " + mood.best().probability());
    }
    // README ends
  }

  /** What a model fills in. */
  // README begins
  public record Weather(String place, int degrees, List<String> warnings) {}

  // README ends

  @Test
  void aModelFillsARecordAndChooses() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // README begins
      Weather weather = model.request(Prompt.text("The weather today: ")).as(Weather.class);
      Generation answer =
          model
              .request(Prompt.text("Was it raining? "))
              .withConstraint(Constraint.oneOf("yes", "no"))
              .generate();
      // README ends
      assertFalse(weather.place() == null);
      assertTrue(List.of("yes", "no").contains(answer.text()));
    }
  }

  @Test
  void loadingTakesOptions() {
    // README begins
    LoadOptions options = LoadOptions.defaults().withThreads(2).withSlidingWindow(64);
    try (var model = MixtralForCausalLM.fromPretrained(Path.of("models/storyteller"), options)) {
      model.warmUp();
      System.out.println(model.generate("Once there lived").text());
    }
    // README ends
  }
}
