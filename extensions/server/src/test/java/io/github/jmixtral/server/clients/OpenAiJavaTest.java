package io.github.jmixtral.server.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionTokenLogprob;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.server.StoryServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** OpenAI's own client for Java, which Spring AI uses, too. */
class OpenAiJavaTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static StoryServer server;
  private static OpenAIClient client;

  @BeforeAll
  static void start() {
    server = StoryServer.start();
    client = connect(server);
  }

  private static OpenAIClient connect(StoryServer server) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.openAi())
        .apiKey("none")
        .maxRetries(0)
        .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  private static ChatCompletionCreateParams.Builder chat() {
    return ChatCompletionCreateParams.builder()
        .model(StoryServer.NAME)
        .addUserMessage(StoryServer.QUESTION)
        .temperature(0)
        .maxCompletionTokens(12);
  }

  private static String text(ChatCompletion answer) {
    return answer.choices().getFirst().message().content().orElseThrow();
  }

  @Test
  void anAnswerIsTheLibrarysWithItsCounts() {
    ChatCompletion answer = client.chat().completions().create(chat().build());
    Generation expected = server.answer(12);
    assertEquals(expected.text(), text(answer));
    assertEquals(
        ChatCompletion.Choice.FinishReason.LENGTH, answer.choices().getFirst().finishReason());
    assertEquals(expected.promptTokenCount(), answer.usage().orElseThrow().promptTokens());
    assertEquals(12, answer.usage().orElseThrow().completionTokens());
    assertEquals(StoryServer.NAME, answer.model());
  }

  @Test
  void aStreamIsTheSameAnswerWithItsCounts() {
    List<ChatCompletionChunk> chunks;
    try (StreamResponse<ChatCompletionChunk> stream =
        client
            .chat()
            .completions()
            .createStreaming(
                chat()
                    .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
                    .build())) {
      chunks = stream.stream().toList();
    }
    String text =
        chunks.stream()
            .flatMap(chunk -> chunk.choices().stream())
            .flatMap(choice -> choice.delta().content().stream())
            .collect(Collectors.joining());
    assertEquals(server.answer(12).text(), text);
    assertEquals(12, chunks.getLast().usage().orElseThrow().completionTokens());
    assertEquals(1, chunks.stream().map(ChatCompletionChunk::id).distinct().count());
  }

  @Test
  void aStopTextEndsAnAnswer() {
    String whole = server.answer(12).text();
    String stop = whole.strip().split(" ")[2];
    ChatCompletion answer = client.chat().completions().create(chat().stop(stop).build());
    assertEquals(whole.substring(0, whole.indexOf(stop)), text(answer));
    assertEquals(
        ChatCompletion.Choice.FinishReason.STOP, answer.choices().getFirst().finishReason());
  }

  @Test
  @SuppressWarnings("deprecation") // by OpenAI; it works here
  void aSeedRepeatsAnAnswer() {
    ChatCompletionCreateParams sampled = chat().temperature(1.5).seed(7).n(2).build();
    ChatCompletion one = client.chat().completions().create(sampled);
    ChatCompletion two = client.chat().completions().create(sampled);
    assertEquals(2, one.choices().size());
    for (int choice = 0; choice < 2; choice++) {
      assertEquals(
          one.choices().get(choice).message().content(),
          two.choices().get(choice).message().content());
    }
  }

  @Test
  void logProbabilitiesCome() {
    ChatCompletion answer =
        client.chat().completions().create(chat().logprobs(true).topLogprobs(3).build());
    List<ChatCompletionTokenLogprob> tokens =
        answer.choices().getFirst().logprobs().orElseThrow().content().orElseThrow();
    assertEquals(12, tokens.size());
    for (ChatCompletionTokenLogprob token : tokens) {
      assertEquals(3, token.topLogprobs().size());
      assertEquals(token.logprob(), token.topLogprobs().getFirst().logprob(), 1e-9);
    }
  }

  @Test
  void anAnswerFitsItsSchema() {
    var schema =
        ResponseFormatJsonSchema.JsonSchema.Schema.builder()
            .putAdditionalProperty("type", JsonValue.from("object"))
            .putAdditionalProperty(
                "properties",
                JsonValue.from(Map.of("animal", Map.of("enum", List.of("duck", "fox")))))
            .putAdditionalProperty("required", JsonValue.from(List.of("animal")))
            .putAdditionalProperty("additionalProperties", JsonValue.from(false))
            .build();
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                chat()
                    .maxCompletionTokens(60)
                    .responseFormat(
                        ResponseFormatJsonSchema.builder()
                            .jsonSchema(
                                ResponseFormatJsonSchema.JsonSchema.builder()
                                    .name("animal")
                                    .schema(schema)
                                    .build())
                            .build())
                    .build());
    JsonNode value = JSON.readTree(text(answer));
    assertTrue(List.of("duck", "fox").contains(value.get("animal").asString()));
  }

  @Test
  void aToolIsCalledWithArgumentsThatFit(@TempDir Path folder) {
    try (StoryServer withTools = StoryServer.startWithTools(folder)) {
      OpenAIClient caller = connect(withTools);
      var parameters =
          FunctionParameters.builder()
              .putAdditionalProperty("type", JsonValue.from("object"))
              .putAdditionalProperty(
                  "properties",
                  JsonValue.from(Map.of("city", Map.of("enum", List.of("Rome", "Oslo")))))
              .putAdditionalProperty("required", JsonValue.from(List.of("city")))
              .putAdditionalProperty("additionalProperties", JsonValue.from(false))
              .build();
      ChatCompletion answer =
          caller
              .chat()
              .completions()
              .create(
                  chat()
                      .maxCompletionTokens(120)
                      .addTool(
                          ChatCompletionFunctionTool.builder()
                              .function(
                                  FunctionDefinition.builder()
                                      .name("weather")
                                      .parameters(parameters)
                                      .build())
                              .build())
                      .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                      .build());
      assertEquals(
          ChatCompletion.Choice.FinishReason.TOOL_CALLS,
          answer.choices().getFirst().finishReason());
      ChatCompletionMessageFunctionToolCall call =
          answer.choices().getFirst().message().toolCalls().orElseThrow().getFirst().asFunction();
      assertEquals("weather", call.function().name());
      JsonNode arguments = JSON.readTree(call.function().arguments());
      assertTrue(List.of("Rome", "Oslo").contains(arguments.get("city").asString()));
      caller.close();
    }
  }

  @Test
  void completionsContinueTexts() {
    var answer =
        client
            .completions()
            .create(
                CompletionCreateParams.builder()
                    .model(StoryServer.NAME)
                    .prompt("Once upon a time")
                    .temperature(0)
                    .maxTokens(8)
                    .build());
    assertEquals(
        server
            .model()
            .request(Prompt.text("Once upon a time"))
            .withConfig(config -> config.withMaxNewTokens(8))
            .generate()
            .text(),
        answer.choices().getFirst().text().strip());
  }

  @Test
  void embeddingsAreTheLibrarys() {
    CreateEmbeddingResponse answer =
        client
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .model(StoryServer.NAME)
                    .inputOfArrayOfStrings(List.of("A duck.", "A fox."))
                    .build());
    float[] expected = server.embedding("A fox.");
    List<Float> values = answer.data().get(1).embedding();
    assertEquals(expected.length, values.size());
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], values.get(i), 1e-6f);
    }
  }

  @Test
  void responsesAnswerAsAWholeAndAsStreams() {
    ResponseCreateParams request =
        ResponseCreateParams.builder()
            .model(StoryServer.NAME)
            .input(StoryServer.QUESTION)
            .temperature(0)
            .maxOutputTokens(12)
            .build();
    Response whole = client.responses().create(request);
    String text = whole.output().getFirst().asMessage().content().getFirst().asOutputText().text();
    assertEquals(server.answer(12).text(), text);
    StringBuilder deltas = new StringBuilder();
    try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(request)) {
      stream.stream()
          .forEach(
              event -> event.outputTextDelta().ifPresent(delta -> deltas.append(delta.delta())));
    }
    assertEquals(text, deltas.toString());
  }

  @Test
  void modelsAreListed() {
    assertEquals(StoryServer.NAME, client.models().list().data().getFirst().id());
    assertEquals(StoryServer.NAME, client.models().retrieve(StoryServer.NAME).id());
    assertThrows(NotFoundException.class, () -> client.models().retrieve("org/other"));
  }

  @Test
  void errorsNameTheField() {
    BadRequestException failure =
        assertThrows(
            BadRequestException.class,
            () -> client.chat().completions().create(chat().temperature(9).build()));
    assertEquals("temperature", failure.param().orElseThrow());
    assertFalse(failure.getMessage().isBlank());
    assertThrows(
        NotFoundException.class,
        () -> client.chat().completions().create(chat().model("gpt-x").build()));
    BadRequestException tooLong =
        assertThrows(
            BadRequestException.class,
            () ->
                client
                    .chat()
                    .completions()
                    .createStreaming(chat().addUserMessage("duck ".repeat(20_000)).build()));
    assertEquals("context_length_exceeded", tooLong.code().orElseThrow());
  }

  @Test
  void aStreamThatIsClosedEndsItsGeneration() throws InterruptedException {
    long before = server.model().passCount();
    try (StreamResponse<ChatCompletionChunk> stream =
        client
            .chat()
            .completions()
            .createStreaming(
                chat()
                    .maxCompletionTokens(4000)
                    .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true))
                    .build())) {
      stream.stream().limit(3).forEach(_ -> {});
    }
    server.awaitIdle();
    assertTrue(server.model().passCount() - before < 4000);
  }
}
