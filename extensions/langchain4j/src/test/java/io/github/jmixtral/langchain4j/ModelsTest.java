package io.github.jmixtral.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.StreamingResponseHandler;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.Response;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that do not chat, and what all builders have in common. */
class ModelsTest {
  private static final String BEGINNING = "Once upon a time";

  private static MixtralForCausalLM mixtral;

  @BeforeAll
  static void load() {
    mixtral = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  private static Generation generated() {
    return mixtral
        .request(Prompt.text(BEGINNING))
        .withConfig(config -> config.withMaxNewTokens(12))
        .generate();
  }

  @Test
  void aLanguageModelContinuesATextAsTheLibraryDoes() {
    JmixtralLanguageModel model =
        JmixtralLanguageModel.builder().model(mixtral).maxOutputTokens(12).build();
    Response<String> response = model.generate(BEGINNING);
    assertThat(response.content()).isEqualTo(generated().text());
    assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(12);
    assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(model.generate(dev.langchain4j.model.input.Prompt.from(BEGINNING)).content())
        .isEqualTo(response.content());
  }

  @Test
  void aLanguageModelKeepsToAConstraint() {
    assertThat(
            JmixtralLanguageModel.builder()
                .model(mixtral)
                .constraint(Constraint.oneOf("yes", "no"))
                .build()
                .generate("Is it?")
                .content())
        .isIn("yes", "no");
  }

  /** Keeps the pieces, and fails at the first if it must. */
  private static final class Recorder implements StreamingResponseHandler<String> {
    final boolean fails;
    final StringBuilder text = new StringBuilder();
    final CompletableFuture<Response<String>> end = new CompletableFuture<>();

    Recorder(boolean fails) {
      this.fails = fails;
    }

    @Override
    public void onNext(String token) {
      if (fails) {
        throw new IllegalStateException("the reader has gone");
      }
      text.append(token);
    }

    @Override
    public void onComplete(Response<String> response) {
      end.complete(response);
    }

    @Override
    public void onError(Throwable error) {
      end.completeExceptionally(error);
    }
  }

  @Test
  void aStreamingLanguageModelHandsOverTheSamePieceByPiece() throws Exception {
    JmixtralStreamingLanguageModel model =
        JmixtralStreamingLanguageModel.builder().model(mixtral).maxOutputTokens(12).build();
    Recorder recorder = new Recorder(false);
    model.generate(BEGINNING, recorder);
    Response<String> response = recorder.end.get(20, TimeUnit.SECONDS);
    assertThat(response.content())
        .isEqualTo(generated().text())
        .isEqualTo(recorder.text.toString());
    assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void failuresOfAStreamingLanguageModelGoToItsHandler() throws Exception {
    Recorder failing = new Recorder(true);
    JmixtralStreamingLanguageModel.builder().model(mixtral).build().generate(BEGINNING, failing);
    assertThat(failing.end)
        .failsWithin(20, TimeUnit.SECONDS)
        .withThrowableThat()
        .withMessageContaining("the reader has gone");
    Recorder refused = new Recorder(false);
    JmixtralStreamingLanguageModel.builder()
        .model(mixtral)
        .topP(2.0)
        .build()
        .generate(BEGINNING, refused);
    assertThat(refused.end)
        .failsWithin(20, TimeUnit.SECONDS)
        .withThrowableThat()
        .withCauseInstanceOf(InvalidRequestException.class);
    Waiting.until(() -> mixtral.runningRequestCount() == 0);
  }

  @Test
  void scoresAreLogProbabilitiesOfTheLibrary() {
    List<TextSegment> texts =
        List.of(TextSegment.from("Once there was a duck."), TextSegment.from("Zq xj 9 ( wv."));
    var scores = mixtral.score("A story\n", texts.stream().map(TextSegment::text).toList());
    Response<List<Double>> means =
        JmixtralScoringModel.builder().model(mixtral).build().scoreAll(texts, "A story");
    assertThat(means.content())
        .containsExactly(scores.get(0).mean(), scores.get(1).mean())
        .isSortedAccordingTo(java.util.Comparator.reverseOrder());
    assertThat(means.tokenUsage().inputTokenCount()).isPositive();
    assertThat(
            JmixtralScoringModel.builder()
                .model(mixtral)
                .perToken(false)
                .build()
                .score(texts.get(0), "A story")
                .content())
        .isEqualTo(scores.get(0).sum());
    assertThatThrownBy(
            () -> JmixtralScoringModel.builder().model(mixtral).build().scoreAll(List.of(), "A"))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void embeddingsAreThoseOfTheLibrary() {
    EmbeddingConfig mean =
        EmbeddingConfig.defaults().withPooling(EmbeddingConfig.Pooling.MEAN).withNormalized(false);
    JmixtralEmbeddingModel model =
        JmixtralEmbeddingModel.builder().model(mixtral).embeddingConfig(mean).build();
    assertThat(model.embed("a duck").content().vector())
        .isEqualTo(mixtral.embed(List.of(Prompt.text("a duck")), mean)[0]);
    assertThat(model.embed("a duck").tokenUsage().inputTokenCount())
        .isEqualTo(Prompt.text("a duck").encode(mixtral::tokenizer).length);
    assertThat(model.dimension()).isEqualTo(mixtral.config().hiddenSize());
    assertThat(model.modelName()).isEqualTo("mixtral");
  }

  @Test
  void tokensAreCountedAsTheModelReadsThem() {
    JmixtralTokenCountEstimator estimator = new JmixtralTokenCountEstimator(mixtral.tokenizer());
    assertThat(estimator.estimateTokenCountInText("A duck."))
        .isEqualTo(mixtral.tokenizer().encodePlain("A duck.").length);
    UserMessage question = UserMessage.from("A duck.");
    assertThat(estimator.estimateTokenCountInMessage(question))
        .isEqualTo(estimator.estimateTokenCountInText("A duck."));
    assertThat(estimator.estimateTokenCountInMessages(List.of(question)))
        .isEqualTo(
            Prompt.chat(io.github.jmixtral.tokenizer.ChatMessage.user("A duck."))
                .encode(mixtral::tokenizer)
                .length);
    assertThat(estimator.estimateTokenCountInMessages(List.of(AiMessage.from("A duck."))))
        .isEqualTo(estimator.estimateTokenCountInText("A duck."));
  }

  @Test
  void aModelThatABuilderOpensIsClosedWithIt() {
    Path folder = Fixtures.storyteller();
    JmixtralLanguageModel model =
        JmixtralLanguageModel.builder()
            .modelPath(folder)
            .loadOptions(LoadOptions.defaults().withThreads(1))
            .maxOutputTokens(2)
            .build();
    assertThat(model.generate(BEGINNING).content()).isNotEmpty();
    assertThat(model).hasToString("JmixtralLanguageModel[" + folder.getFileName() + "]");
    model.close();
    model.close();
    assertThatThrownBy(() -> model.generate(BEGINNING)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aModelOfTheCallersStaysOpen() {
    JmixtralLanguageModel.builder().model(mixtral).build().close();
    JmixtralChatModel.builder().model(mixtral).build().close();
    JmixtralStreamingChatModel.builder().model(mixtral).build().close();
    JmixtralStreamingLanguageModel.builder().model(mixtral).build().close();
    JmixtralEmbeddingModel.builder().model(mixtral).build().close();
    JmixtralScoringModel.builder().model(mixtral).build().close();
    assertThat(generated().text()).isNotEmpty();
  }

  @Test
  void aBuilderWantsOneModel() {
    assertThatThrownBy(() -> JmixtralChatModel.builder().build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no model");
    assertThatThrownBy(
            () -> JmixtralChatModel.builder().model(mixtral).modelPath(Path.of("x")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one of them");
    assertThatThrownBy(() -> JmixtralChatModel.builder().modelName("nobody/nothing").build())
        .isInstanceOf(RuntimeException.class)
        .hasMessageContaining("nobody/nothing");
  }

  @Test
  void aServiceTakesThePlaceOfABuilder(@TempDir Path folder) throws IOException {
    NamingFactory.asService(
        folder,
        () -> {
          assertThat(JmixtralChatModel.builder().model(mixtral).build().defaultRequestParameters())
              .extracting(ChatRequestParameters::modelName)
              .isEqualTo(NamingFactory.NAME);
          assertThat(JmixtralEmbeddingModel.builder().model(mixtral).build().modelName())
              .isEqualTo("mixtral");
        });
  }
}
