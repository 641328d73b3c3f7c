package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.generation.TokenSequence;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What the guide shows, run as it stands there: {@link PagesTest} compares the texts. */
@RunsOnce
public class GuideExamplesTest {
  /** The storyteller's id of it. */
  private static final int FULL_STOP = 1848;

  @RegisterExtension final CapturedOutput output = new CapturedOutput();

  @Test
  void aModelTellsAStory() {
    // docs/guide.md begins
    try (var model = MixtralForCausalLM.fromPretrained(Path.of("models/storyteller"))) {
      Generation story =
          model.generate(
              Prompt.text("Once upon a time"),
              GenerationConfig.inherit().withMaxNewTokens(100).withDoSample(true));
      System.out.println(story.text());
    }
    // docs/guide.md ends
    assertFalse(output.text().isBlank());
  }

  @Test
  void aModelAnswersInAConversation() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // docs/guide.md begins
      Generation answer =
          model.generate(List.of(ChatMessage.user("Write a story about a duck and a paper star.")));
      // docs/guide.md ends
      assertFalse(answer.text().isBlank());
    }
  }

  @Test
  void aStoryIsStreamed() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // docs/guide.md begins
      Generation story =
          model
              .request(Prompt.text("Once upon a time"))
              .withConfig(config -> config.withMaxNewTokens(60).withDoSample(false))
              .onToken(token -> System.out.print(token.text()))
              .generate();
      System.out.printf(
          "%n%d tokens, %s, %.1f tokens/s%n",
          story.newTokenCount(), story.finishReason(), story.metrics().decodeTokensPerSecond());
      // docs/guide.md ends
      assertEquals(story.ids().length, story.newTokenCount());
    }
  }

  @Test
  void aSessionComputesWhatIsNew() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // docs/guide.md begins
      try (Session session = model.newSession()) {
        for (String question : List.of("What is 3 plus 4?", "What is 2 plus 6?")) {
          Generation reply = session.send(question);
          System.out.println(
              reply.text() + " (" + reply.metrics().prefillTokenCount() + " ids computed)");
        }
        try (Session other = session.fork()) {
          System.out.println(other.computedTokenCount() + " ids need not be computed again");
        }
      }
      // docs/guide.md ends
      assertEquals(0, model.cacheByteSize());
    }
  }

  @Test
  void tokensArePulled() {
    GenerationConfig config = GenerationConfig.inherit().withMaxNewTokens(30);
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // docs/guide.md begins
      try (TokenStream tokens =
          model.request(Prompt.text("Once upon a time")).withConfig(config).stream()) {
        tokens.asStream().limit(20).forEach(token -> System.out.print(token.text()));
      }
      // docs/guide.md ends
      assertEquals(0, model.cacheByteSize());
    }
  }

  @Test
  void aStoryComesLater() {
    GenerationConfig config = GenerationConfig.inherit().withMaxNewTokens(30);
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // docs/guide.md begins
      CompletableFuture<Generation> story =
          model
              .request(Prompt.text("Once upon a time"))
              .withConfig(config)
              .generateAsync()
              .orTimeout(10, TimeUnit.SECONDS);
      System.out.println(story.join().text());
      // docs/guide.md ends
      assertTrue(story.join().newTokenCount() <= 30);
    }
  }

  @Test
  void severalPromptsAreContinuedAtOnce() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // docs/guide.md begins
      List<Generation> stories =
          model.generate(
              Prompt.texts("Once upon a time", "One morning"),
              GenerationConfig.inherit().withNumBeams(4).withNumReturnSequences(2));
      for (Generation story : stories) {
        System.out.println(story.outputs().sequenceScore().getAsDouble() + " " + story.text());
      }
      // docs/guide.md ends
      assertEquals(4, stories.size());
    }
  }

  /** What a model fills in. */
  // docs/guide.md begins
  public record Weather(String place, int degrees, List<String> warnings) {}

  // docs/guide.md ends

  @Test
  void aModelFillsARecordAndChooses() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // docs/guide.md begins
      Weather weather = model.request(Prompt.text("The weather today: ")).as(Weather.class);
      Generation answer =
          model
              .request(Prompt.text("Was it raining? "))
              .withConstraint(Constraint.oneOf("yes", "no"))
              .generate();
      // docs/guide.md ends
      assertFalse(weather.place() == null);
      assertTrue(List.of("yes", "no").contains(answer.text()));
    }
  }

  @Test
  void codeOfTheCallersTakesPart() {
    GenerationConfig config = GenerationConfig.inherit().withMaxNewTokens(60);
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      int unwanted = model.generate(Prompt.text("Once upon a time"), config).ids()[5];
      // docs/guide.md begins
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
      // docs/guide.md ends
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
    // docs/guide.md begins
    Tokenizer tokenizer = Tokenizer.fromPretrained(Path.of("models/storyteller"));
    int[] ids = tokenizer.encode("Once upon a time", true);
    String text = tokenizer.decode(ids, true);
    // docs/guide.md ends
    assertEquals("Once upon a time", text);
  }

  @Test
  void aForwardPassReturnsWhatIsAskedFor() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      int[] ids = model.tokenizer().encode("Once upon a time", true);
      // docs/guide.md begins
      CausalLMOutput output =
          model.forward(
              ModelInput.ofIds(ids)
                  .withLabels(new int[][] {ids})
                  .withOutputHiddenStates(true)
                  .withOutputRouterLogits(true));
      float[] lastLogits = output.logits()[0][ids.length - 1];
      double loss = output.loss().orElseThrow();
      // docs/guide.md ends
      assertEquals(model.config().vocabSize(), lastLogits.length);
      assertTrue(loss > 0);
      assertEquals(model.config().numHiddenLayers() + 1, output.hiddenStates().size());
    }
  }

  @Test
  void textsAreScoredAndEmbedded() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      // docs/guide.md begins
      TextScore score = model.score(Prompt.text("Once upon a time there was a little frog."));
      System.out.println(score.perplexity() + " " + score.tokens());

      List<String> choices = List.of(" lake", " cake", " sky");
      List<TextScore> scores = model.score("The frog jumped into the", choices);
      TextScore likeliest = Collections.max(scores, Comparator.comparingDouble(TextScore::sum));
      System.out.println(choices.get(scores.indexOf(likeliest)));

      float[][] vectors =
          model.embed(
              Prompt.texts("a brave frog", "a patient owl"),
              EmbeddingConfig.defaults().withNormalized(true));
      // docs/guide.md ends
      assertEquals(3, scores.size());
      assertEquals(2, vectors.length);
    }
  }

  @Test
  void aClassifierLabelsAText(@TempDir Path folder) throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Fixtures.folder("classifier-f32").resolve(name), folder.resolve(name));
    }
    Files.copy(Fixtures.storyteller().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    // docs/guide.md begins
    try (var model = MixtralForSequenceClassification.fromPretrained(folder)) {
      Classification mood = model.classify("The big dog danced");
      System.out.println(mood.best().name() + " " + mood.best().probability());
    }
    // docs/guide.md ends
    assertTrue(output.text().matches("(?s)\\S+ [01]\\.\\d+(E-\\d+)?\\s*"), output.text());
  }

  @Test
  void loadingTakesOptions() {
    // docs/guide.md begins
    LoadOptions options = LoadOptions.defaults().withThreads(2).withSlidingWindow(64);
    try (var model = MixtralForCausalLM.fromPretrained(Path.of("models/storyteller"), options)) {
      model.warmUp();
      System.out.println(model.generate("Once there lived").text());
    }
    // docs/guide.md ends
    assertTrue(output.text().strip().endsWith("."), output.text());
  }

  @Test
  void manyUsersAreBounded() {
    // docs/guide.md begins
    LoadOptions options =
        LoadOptions.defaults()
            .withMaxRequests(32)
            .withMaxWaiting(100)
            .withCacheBudget(8L << 30)
            .withCacheFormat(LoadOptions.CacheFormat.F16);
    // docs/guide.md ends
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), options)) {
      assertTrue(model.generate("Once there lived").newTokenCount() > 0);
    }
  }
}
