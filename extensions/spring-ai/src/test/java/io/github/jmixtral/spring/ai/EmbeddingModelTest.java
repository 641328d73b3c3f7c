package io.github.jmixtral.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.document.Document;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.SimpleVectorStore;

class EmbeddingModelTest {
  private static final EmbeddingConfig NORMALIZED = EmbeddingConfig.defaults().withNormalized(true);

  private static MixtralForCausalLM mixtral;
  private static JmixtralEmbeddingModel embeddings;

  @BeforeAll
  static void load() {
    mixtral = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    embeddings = JmixtralEmbeddingModel.builder(mixtral).modelName("storyteller").build();
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  private static EmbeddingResponse call(EmbeddingOptions options, String... texts) {
    return embeddings.call(new EmbeddingRequest(List.of(texts), options));
  }

  @Test
  void vectorsAreWhatTheLibraryComputesAndOfLengthOne() {
    float[][] expected = mixtral.embed(Prompt.texts("A duck swims.", "It rains."), NORMALIZED);
    EmbeddingResponse response = call(null, "A duck swims.", "It rains.");
    assertThat(response.getResults().get(0).getOutput()).isEqualTo(expected[0]);
    assertThat(response.getResults().get(1).getOutput()).isEqualTo(expected[1]);
    assertThat(response.getResults().get(1).getIndex()).isEqualTo(1);
    assertThat(embeddings.embed("It rains.")).isEqualTo(expected[1]);
    assertThat(embeddings.embed(List.of("A duck swims."))).containsExactly(expected[0]);
  }

  @Test
  void usageCountsTheTokensOfAllTexts() {
    EmbeddingResponse response = call(null, "A duck swims.", "It rains.");
    int expected =
        Prompt.texts("A duck swims.", "It rains.").stream()
            .mapToInt(prompt -> prompt.encode(mixtral::tokenizer).length)
            .sum();
    assertThat(response.getMetadata().getUsage().getPromptTokens()).isEqualTo(expected);
    assertThat(response.getMetadata().getUsage().getTotalTokens()).isEqualTo(expected);
    assertThat(response.getMetadata().getModel()).isEqualTo("storyteller");
  }

  @Test
  void poolingIsAnOption() {
    EmbeddingConfig last =
        EmbeddingConfig.defaults().withPooling(EmbeddingConfig.Pooling.LAST_TOKEN);
    EmbeddingResponse response =
        call(JmixtralEmbeddingOptions.builder().embeddingConfig(last).build(), "A duck swims.");
    assertThat(response.getResult().getOutput())
        .isEqualTo(mixtral.embed(Prompt.texts("A duck swims."), last)[0]);
  }

  @Test
  void dimensionsAreThoseOfTheModel() {
    int hidden = mixtral.config().hiddenSize();
    assertThat(embeddings.dimensions()).isEqualTo(hidden);
    assertThat(
            call(EmbeddingOptions.builder().dimensions(hidden).build(), "A duck.")
                .getResult()
                .getOutput())
        .hasSize(hidden);
    assertThatThrownBy(() -> call(EmbeddingOptions.builder().dimensions(7).build(), "A duck."))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("vectors of 7 numbers");
  }

  @Test
  void anotherModelsNameIsRefused() {
    assertThatThrownBy(() -> call(EmbeddingOptions.builder().model("other").build(), "A duck."))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'other'");
  }

  @Test
  void anEmptyTextIsRefused() {
    assertThatThrownBy(() -> call(null, "A duck.", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("text 2 of 2 is empty");
  }

  @Test
  void theMetadataModeSaysWhatIsEmbeddedOfADocument() {
    Document document = new Document("A duck swims.", Map.of("author", "Ada"));
    JmixtralEmbeddingModel plain =
        JmixtralEmbeddingModel.builder(mixtral).metadataMode(MetadataMode.NONE).build();
    assertThat(plain.embed(document))
        .isEqualTo(mixtral.embed(Prompt.texts("A duck swims."), NORMALIZED)[0]);
    assertThat(embeddings.embed(document)).isNotEqualTo(plain.embed(document));
    assertThat(embeddings.getEmbeddingContent(document)).contains("author", "Ada");
  }

  @Test
  void aVectorStoreFindsTheTextItself() {
    SimpleVectorStore store = SimpleVectorStore.builder(embeddings).build();
    store.add(
        List.of(
            new Document("Lily had a red ball."),
            new Document("The duck swam across the pond."),
            new Document("Tom likes to eat soup.")));
    List<Document> found =
        store.similaritySearch(
            SearchRequest.builder().query("The duck swam across the pond.").topK(1).build());
    assertThat(found)
        .singleElement()
        .extracting(Document::getText)
        .isEqualTo("The duck swam across the pond.");
  }

  @Test
  void tokensAreCountedExactly() {
    JmixtralTokenCountEstimator estimator = new JmixtralTokenCountEstimator(mixtral.tokenizer());
    int expected = mixtral.tokenizer().encodePlain("The duck swam.").length;
    assertThat(estimator.estimate("The duck swam.")).isEqualTo(expected);
    assertThat(estimator.estimate(new Document("The duck swam.").getText())).isEqualTo(expected);
    assertThat(
            estimator.estimate(
                List.of(
                    new org.springframework.ai.chat.messages.UserMessage("The duck swam."),
                    new org.springframework.ai.chat.messages.UserMessage("The duck swam."))))
        .isEqualTo(2 * expected);
  }
}
