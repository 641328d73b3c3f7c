package io.github.jmixtral.server.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.ollama.OllamaChatModel;
import dev.langchain4j.model.ollama.OllamaEmbeddingModel;
import dev.langchain4j.model.ollama.OllamaModels;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import io.github.jmixtral.server.StoryServer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** LangChain4j's clients of OpenAI's API and of Ollama's; both send by Java's HTTP client. */
class LangChain4jTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static StoryServer server;

  /** The APIs. */
  enum Api {
    OPENAI {
      @Override
      ChatModel chat(StoryServer server, int maxTokens) {
        return OpenAiChatModel.builder()
            .baseUrl(server.openAi())
            .apiKey("none")
            .modelName(StoryServer.NAME)
            .maxCompletionTokens(maxTokens)
            .temperature(0.0)
            .strictJsonSchema(true)
            .supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA)
            .maxRetries(0)
            .build();
      }

      @Override
      StreamingChatModel stream(StoryServer server, int maxTokens) {
        return OpenAiStreamingChatModel.builder()
            .baseUrl(server.openAi())
            .apiKey("none")
            .modelName(StoryServer.NAME)
            .maxCompletionTokens(maxTokens)
            .temperature(0.0)
            .build();
      }

      @Override
      EmbeddingModel embedding(StoryServer server) {
        return OpenAiEmbeddingModel.builder()
            .baseUrl(server.openAi())
            .apiKey("none")
            .modelName(StoryServer.NAME)
            .maxRetries(0)
            .build();
      }
    },
    OLLAMA {
      @Override
      ChatModel chat(StoryServer server, int maxTokens) {
        return OllamaChatModel.builder()
            .baseUrl(server.uri("/").toString())
            .modelName(StoryServer.NAME)
            .numPredict(maxTokens)
            .temperature(0.0)
            .supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA)
            .maxRetries(0)
            .build();
      }

      @Override
      StreamingChatModel stream(StoryServer server, int maxTokens) {
        return OllamaStreamingChatModel.builder()
            .baseUrl(server.uri("/").toString())
            .modelName(StoryServer.NAME)
            .numPredict(maxTokens)
            .temperature(0.0)
            .build();
      }

      @Override
      EmbeddingModel embedding(StoryServer server) {
        return OllamaEmbeddingModel.builder()
            .baseUrl(server.uri("/").toString())
            .modelName(StoryServer.NAME)
            .maxRetries(0)
            .build();
      }
    };

    abstract ChatModel chat(StoryServer server, int maxTokens);

    abstract StreamingChatModel stream(StoryServer server, int maxTokens);

    abstract EmbeddingModel embedding(StoryServer server);
  }

  @BeforeAll
  static void start() {
    server = StoryServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static ChatRequest question() {
    return ChatRequest.builder().messages(UserMessage.from(StoryServer.QUESTION)).build();
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerIsTheLibrarysWithItsCounts(Api api) {
    ChatResponse answer = api.chat(server, 12).chat(question());
    assertEquals(server.answer(12).text(), answer.aiMessage().text());
    assertEquals(12, answer.tokenUsage().outputTokenCount());
    assertEquals(server.answer(12).promptTokenCount(), answer.tokenUsage().inputTokenCount());
    assertEquals(FinishReason.LENGTH, answer.finishReason());
  }

  @ParameterizedTest
  @EnumSource
  void aStreamIsTheSameAnswerWithItsCounts(Api api) throws Exception {
    StringBuilder parts = new StringBuilder();
    var whole = new CompletableFuture<ChatResponse>();
    api.stream(server, 12).chat(question(), handler(parts::append, whole));
    ChatResponse answer = whole.get(60, TimeUnit.SECONDS);
    assertEquals(server.answer(12).text(), answer.aiMessage().text());
    assertEquals(server.answer(12).text(), parts.toString());
    assertEquals(12, answer.tokenUsage().outputTokenCount());
  }

  private static StreamingChatResponseHandler handler(
      Consumer<String> parts, CompletableFuture<ChatResponse> whole) {
    return new StreamingChatResponseHandler() {
      @Override
      public void onPartialResponse(String text) {
        parts.accept(text);
      }

      @Override
      public void onCompleteResponse(ChatResponse response) {
        whole.complete(response);
      }

      @Override
      public void onError(Throwable failure) {
        whole.completeExceptionally(failure);
      }
    };
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerFitsItsSchema(Api api) {
    JsonSchema schema =
        JsonSchema.builder()
            .name("animal")
            .rootElement(
                JsonObjectSchema.builder()
                    .addEnumProperty("animal", List.of("duck", "fox"))
                    .required("animal")
                    .build())
            .build();
    ChatResponse answer =
        api.chat(server, 80)
            .chat(
                ChatRequest.builder()
                    .messages(UserMessage.from(StoryServer.QUESTION))
                    .responseFormat(
                        ResponseFormat.builder()
                            .type(ResponseFormatType.JSON)
                            .jsonSchema(schema)
                            .build())
                    .build());
    JsonNode value = JSON.readTree(answer.aiMessage().text());
    assertTrue(List.of("duck", "fox").contains(value.get("animal").asString()));
  }

  @Test
  void aToolIsCalledWithArgumentsThatFit(@TempDir Path folder) throws Exception {
    try (StoryServer withTools = StoryServer.startWithTools(folder)) {
      ChatRequest request =
          ChatRequest.builder()
              .messages(UserMessage.from(StoryServer.QUESTION))
              .toolSpecifications(
                  ToolSpecification.builder()
                      .name("weather")
                      .parameters(
                          JsonObjectSchema.builder()
                              .addEnumProperty("city", List.of("Rome", "Oslo"))
                              .required("city")
                              .build())
                      .build())
              .toolChoice(ToolChoice.REQUIRED)
              .build();
      ChatResponse whole = Api.OPENAI.chat(withTools, 120).chat(request);
      var streamed = new CompletableFuture<ChatResponse>();
      Api.OPENAI.stream(withTools, 120).chat(request, handler(_ -> {}, streamed));
      for (ChatResponse answer : List.of(whole, streamed.get(60, TimeUnit.SECONDS))) {
        assertEquals(FinishReason.TOOL_EXECUTION, answer.finishReason());
        ToolExecutionRequest call = answer.aiMessage().toolExecutionRequests().getFirst();
        assertEquals("weather", call.name());
        String city = JSON.readTree(call.arguments()).get("city").asString();
        assertTrue(List.of("Rome", "Oslo").contains(city), city);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void embeddingsAreTheLibrarys(Api api) {
    float[] expected = server.embedding("A fox.");
    float[] found = api.embedding(server).embed("A fox.").content().vector();
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], 1e-6f);
    }
  }

  @Test
  void ollamasModelsAreListed() {
    OllamaModels models = OllamaModels.builder().baseUrl(server.uri("/").toString()).build();
    assertEquals(StoryServer.NAME, models.availableModels().content().getFirst().getName());
  }

  @ParameterizedTest
  @EnumSource
  void aRefusalIsAnError(Api api) {
    ChatModel model = api.chat(server, 12);
    String tooLong = "duck ".repeat(20_000);
    assertThrows(InvalidRequestException.class, () -> model.chat(tooLong));
  }

  @ParameterizedTest
  @EnumSource
  void aCancelledStreamEndsItsGeneration(Api api) throws InterruptedException {
    var cancelled = new CountDownLatch(1);
    api.stream(server, 400)
        .chat(
            question(),
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                context.streamingHandle().cancel();
                cancelled.countDown();
              }

              @Override
              public void onCompleteResponse(ChatResponse response) {}

              @Override
              public void onError(Throwable failure) {}
            });
    assertTrue(cancelled.await(30, TimeUnit.SECONDS));
    server.awaitIdle();
  }
}
