package io.github.jmixtral.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.internal.Json;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.Session;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.RandomMixtral;
import io.github.jmixtral.testkit.RandomSchemas;
import io.github.jmixtral.tokenizer.Tool;
import io.github.jmixtral.tokenizer.ToolCall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatModelTest {
  private static final String QUESTION = "Write a story about a duck.";

  /** {@code -Djmixtral.toolSchemas=200} tries more. */
  private static final int SCHEMAS = Integer.getInteger("jmixtral.toolSchemas", 25);

  private static MixtralForCausalLM storyteller;
  private static MixtralForCausalLM mixtral;
  private static JmixtralChatModel chat;

  @BeforeAll
  static void load() {
    storyteller = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    chat = JmixtralChatModel.builder().model(storyteller).maxOutputTokens(20).build();
    mixtral = Mixtrals.withTools();
  }

  @AfterAll
  static void close() {
    storyteller.close();
    mixtral.close();
  }

  private static ChatRequest request(ChatRequestParameters parameters, ChatMessage... messages) {
    return ChatRequest.builder().messages(messages).parameters(parameters).build();
  }

  private static Generation generated(GenerationConfig config) {
    return storyteller
        .request(Prompt.chat(io.github.jmixtral.tokenizer.ChatMessage.user(QUESTION)))
        .withConfig(config.withMaxNewTokens(20))
        .generate();
  }

  private static String answer(ChatRequestParameters parameters) {
    return chat.chat(request(parameters, UserMessage.from(QUESTION))).aiMessage().text();
  }

  @Test
  void itAnswersAsTheLibraryDoes() {
    ChatResponse response = chat.chat(UserMessage.from(QUESTION));
    Generation generation = generated(GenerationConfig.inherit());
    assertThat(response.aiMessage().text()).isEqualTo(generation.text());
    assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(generation.promptTokenCount());
    assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(20);
    assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(response.modelName()).isEqualTo("mixtral");
    assertThat(response.id()).isNotEqualTo(chat.chat(UserMessage.from(QUESTION)).id());
  }

  @Test
  void parametersAreSettingsOfTheLibrary() {
    JmixtralChatRequestParameters parameters =
        JmixtralChatRequestParameters.builder()
            .temperature(0.9)
            .topP(0.8)
            .topK(30)
            .frequencyPenalty(0.5)
            .presencePenalty(0.25)
            .minP(0.01)
            .seed(7L)
            .maxOutputTokens(9)
            .stopSequences("duck")
            .build();
    assertThat(Settings.of(parameters, 100))
        .isEqualTo(
            GenerationConfig.inherit()
                .withDoSample(true)
                .withTemperature(0.9)
                .withTopP(0.8)
                .withTopK(30)
                .withFrequencyPenalty(0.5)
                .withPresencePenalty(0.25)
                .withMinP(0.01)
                .withSeed(7)
                .withMaxNewTokens(9)
                .withStopStrings("duck")
                .withIncludeStopString(false));
  }

  @Test
  void aTemperatureOfZeroTakesTheLikeliest() {
    assertThat(answer(ChatRequestParameters.builder().temperature(0.0).build()))
        .isEqualTo(generated(GenerationConfig.inherit().withDoSample(false)).text());
  }

  @Test
  void aSeedMakesAnAnswerRepeatable() {
    JmixtralChatRequestParameters seven =
        JmixtralChatRequestParameters.builder().seed(7L).temperature(1.5).build();
    assertThat(answer(seven))
        .isEqualTo(answer(seven))
        .isNotEqualTo(
            answer(seven.overrideWith(JmixtralChatRequestParameters.builder().seed(8L).build())));
  }

  @Test
  void moreTokensThanTheContextHasRoomForAreAsManyAsItHas() {
    JmixtralChatRequestParameters many =
        JmixtralChatRequestParameters.builder()
            .maxOutputTokens(Integer.MAX_VALUE)
            .constraint(Constraint.oneOf("yes"))
            .build();
    assertThat(answer(many)).isEqualTo("yes");
  }

  @Test
  void parametersOfRequestsPrevailOverThoseOfTheModelAndOthersStay() {
    JmixtralChatRequestParameters lower =
        JmixtralChatRequestParameters.builder()
            .seed(1L)
            .minP(0.5)
            .temperature(0.5)
            .parallelToolCalls(true)
            .generationConfig(GenerationConfig.inherit().withNumBeams(2).withTypicalP(0.5))
            .build();
    JmixtralChatRequestParameters upper =
        JmixtralChatRequestParameters.builder()
            .seed(2L)
            .topK(3)
            .generationConfig(GenerationConfig.inherit().withNumBeams(1))
            .build();
    JmixtralChatRequestParameters merged = lower.overrideWith(upper);
    assertThat(merged)
        .isEqualTo(upper.defaultedBy(lower))
        .hasSameHashCodeAs(upper.defaultedBy(lower));
    assertThat(merged.seed()).isEqualTo(2);
    assertThat(merged.minP()).isEqualTo(0.5);
    assertThat(merged.temperature()).isEqualTo(0.5);
    assertThat(merged.topK()).isEqualTo(3);
    assertThat(merged.parallelToolCalls()).isTrue();
    assertThat(merged.generationConfig())
        .isEqualTo(GenerationConfig.inherit().withTypicalP(0.5).withNumBeams(1));
    assertThat(lower.overrideWith(ChatRequestParameters.builder().topK(4).build()).seed())
        .isEqualTo(1);
    assertThat(merged.toString()).contains("seed=2", "minP=0.5");
  }

  @Test
  void singleParametersOfABuilderPrevailOverTheWholeOnes() {
    ChatRequestParameters defaults =
        JmixtralChatModel.builder()
            .model(storyteller)
            .topK(5)
            .defaultRequestParameters(ChatRequestParameters.builder().topK(4).topP(0.5).build())
            .build()
            .defaultRequestParameters();
    assertThat(defaults.topK()).isEqualTo(5);
    assertThat(defaults.topP()).isEqualTo(0.5);
    assertThat(defaults.modelName()).isEqualTo("mixtral");
  }

  @Test
  void aConstraintHoldsAndAResponseFormatPrevailsOverIt() {
    JmixtralChatRequestParameters yesOrNo =
        JmixtralChatRequestParameters.builder().constraint(Constraint.oneOf("yes", "no")).build();
    assertThat(answer(yesOrNo)).isIn("yes", "no");
    assertThat(
            answer(
                yesOrNo.overrideWith(
                    JmixtralChatRequestParameters.builder()
                        .responseFormat(
                            ResponseFormat.builder()
                                .type(dev.langchain4j.model.chat.request.ResponseFormatType.JSON)
                                .jsonSchema(
                                    dev.langchain4j.model.chat.request.json.JsonSchema.builder()
                                        .name("three")
                                        .rootElement(JsonRawSchema.from("{\"const\": 3}"))
                                        .build())
                                .build())
                        .build())))
        .isEqualTo("3");
  }

  @Test
  void aSessionKeepsWhatItHasComputed() {
    try (Session session = storyteller.newSession()) {
      JmixtralChatRequestParameters within =
          JmixtralChatRequestParameters.builder().session(session).build();
      AiMessage first = chat.chat(request(within, UserMessage.from(QUESTION))).aiMessage();
      assertThat(first.text()).isEqualTo(generated(GenerationConfig.inherit()).text());
      assertThat(session.messages()).hasSize(2);
      chat.chat(request(within, UserMessage.from(QUESTION), first, UserMessage.from("And then?")));
      assertThat(session.messages()).hasSize(4);
      assertThat(session.prefillTokenCount()).isLessThan(session.ids().length);
    }
  }

  @Test
  void aConversationBecomesThePromptOfTheLibrary() {
    ToolSpecification weather =
        ToolSpecification.builder()
            .name("weather")
            .description("The weather at a place.")
            .parameters(JsonObjectSchema.builder().addStringProperty("city").build())
            .build();
    ToolExecutionRequest call =
        ToolExecutionRequest.builder()
            .id("call_1")
            .name("weather")
            .arguments("{\"city\": \"Paris\"}")
            .build();
    Prompt prompt =
        Conversation.prompt(
            List.of(
                SystemMessage.from("Be brief."),
                UserMessage.from(
                    "Duck", List.of(TextContent.from("How"), TextContent.from("warm?"))),
                AiMessage.from(call),
                ToolExecutionResultMessage.from(call, "{\"c\": 21}")),
            List.of(weather, ToolSpecification.builder().name("stop").build()),
            mixtral.tokenizer());
    assertThat(prompt)
        .isEqualTo(
            Prompt.chat(
                List.of(
                    io.github.jmixtral.tokenizer.ChatMessage.system("Be brief."),
                    io.github.jmixtral.tokenizer.ChatMessage.user("How", "warm?").withName("Duck"),
                    io.github.jmixtral.tokenizer.ChatMessage.assistant()
                        .withToolCalls(
                            List.of(ToolCall.of("call_1", "weather", "{\"city\": \"Paris\"}"))),
                    io.github.jmixtral.tokenizer.ChatMessage.toolResult("call_1", "{\"c\": 21}")
                        .withName("weather")),
                List.of(
                    Tool.of(
                        "weather",
                        "The weather at a place.",
                        Json.toJson(
                            dev.langchain4j.internal.JsonSchemaElementUtils.toMap(
                                weather.parameters()))),
                    Tool.of("stop", "", "{\"type\": \"object\", \"properties\": {}}"))));
  }

  @Test
  void callsOfToolsWithRandomSchemasFitThemAndAreAnswered(@TempDir Path random) {
    try (JmixtralChatModel chance =
        JmixtralChatModel.builder()
            .modelPath(RandomMixtral.write(random))
            .maxOutputTokens(300)
            .build()) {
      for (int seed = 0; seed < SCHEMAS; seed++) {
        callAndAnswer(chance, seed);
      }
    }
  }

  private static void callAndAnswer(ChatModel chance, long seed) {
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7);
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    String schema = RandomSchemas.object(random, 2);
    ToolSpecification tool =
        ToolSpecification.builder().name("record").parameters(parameters(schema)).build();
    JmixtralChatRequestParameters parameters =
        JmixtralChatRequestParameters.builder()
            .toolSpecifications(tool)
            .toolChoice(ToolChoice.REQUIRED)
            .temperature(1.0)
            .seed(seed)
            .build();
    UserMessage question = UserMessage.from("What do you know?");
    ChatResponse called = chance.chat(request(parameters, question));
    assertThat(called.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
    List<ChatMessage> messages = new ArrayList<>(List.of(question, called.aiMessage()));
    assertThat(called.aiMessage().toolExecutionRequests()).as(schema).isNotEmpty();
    for (ToolExecutionRequest call : called.aiMessage().toolExecutionRequests()) {
      assertThat(registry.getSchema(schema).validate(call.arguments(), InputFormat.JSON))
          .as("%s of %s", call.arguments(), schema)
          .isEmpty();
      messages.add(ToolExecutionResultMessage.from(call, "{\"recorded\": true}"));
    }
    ChatResponse answer =
        chance.chat(
            request(
                parameters.overrideWith(
                    JmixtralChatRequestParameters.builder()
                        .toolChoice(ToolChoice.NONE)
                        .maxOutputTokens(3)
                        .build()),
                messages.toArray(ChatMessage[]::new)));
    assertThat(answer.aiMessage().hasToolExecutionRequests()).isFalse();
    assertThat(answer.tokenUsage().outputTokenCount()).isBetween(1, 3);
  }

  /** A schema of an object as the framework has it. */
  private static JsonObjectSchema parameters(String schema) {
    Map<?, ?> map = Json.fromJson(schema, Map.class);
    JsonObjectSchema.Builder builder = JsonObjectSchema.builder();
    ((Map<?, ?>) map.get("properties"))
        .forEach(
            (name, value) ->
                builder.addProperty(String.valueOf(name), JsonRawSchema.from(Json.toJson(value))));
    return builder
        .required(((List<?>) map.get("required")).stream().map(String::valueOf).toList())
        .build();
  }

  @Test
  void aTextBesideCallsIsLeftOutWhereTheChatFormatHasNoPlaceForIt() {
    ToolExecutionRequest call =
        ToolExecutionRequest.builder().id("a").name("weather").arguments("").build();
    Prompt prompt =
        Conversation.prompt(
            List.of(
                UserMessage.from("Hello"),
                AiMessage.from("I will look.", List.of(call)),
                ToolExecutionResultMessage.from(call, "warm")),
            List.of(),
            mixtral.tokenizer());
    assertThat(prompt.messages().get(1).content()).isEmpty();
    assertThat(prompt.messages().get(1).toolCalls().getFirst().arguments()).isEqualTo("{}");
  }

  @Test
  void callsWithoutIdsAreFoundByName() {
    ToolExecutionRequest call =
        ToolExecutionRequest.builder().name("weather").arguments("{}").build();
    Prompt prompt =
        Conversation.prompt(
            List.of(
                UserMessage.from("Hello"),
                AiMessage.from(call),
                ToolExecutionResultMessage.from(call, "warm")),
            List.of(),
            mixtral.tokenizer());
    assertThat(prompt.encode(mixtral::tokenizer)).isNotEmpty();
  }

  @Test
  void whatMixtralDoesNotHaveIsAnUnsupportedFeature() {
    ChatRequestParameters nothing = ChatRequestParameters.builder().build();
    assertThatThrownBy(
            () ->
                chat.chat(
                    request(nothing, UserMessage.from(ImageContent.from("AAAA", "image/png")))))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("image");
    assertThatThrownBy(
            () -> chat.chat(request(nothing, CustomMessage.from(Map.of("text", "hello")))))
        .isInstanceOf(UnsupportedFeatureException.class);
    ChatRequestParameters tools =
        ChatRequestParameters.builder()
            .toolSpecifications(ToolSpecification.builder().name("weather").build())
            .build();
    assertThatThrownBy(() -> chat.chat(request(tools, UserMessage.from("Hello"))))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("MISTRAL_V1");
    assertThatThrownBy(
            () ->
                JmixtralChatModel.builder()
                    .model(storyteller)
                    .defaultRequestParameters(
                        ChatRequestParameters.builder().modelName("other").build())
                    .build())
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("'other'");
  }

  @Test
  void whatIsNotValidIsAnInvalidRequest() {
    assertThatThrownBy(() -> answer(ChatRequestParameters.builder().topP(2.0).build()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("top_p");
    assertThatThrownBy(
            () -> answer(ChatRequestParameters.builder().toolChoice(ToolChoice.REQUIRED).build()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("tool");
    assertThatThrownBy(() -> chat.chat(AiMessage.from("I begin.")))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void tooManyWaitingRequestsAreARateLimit() throws Exception {
    try (var narrow =
            MixtralForCausalLM.fromPretrained(
                Fixtures.storyteller(),
                LoadOptions.defaults().withMaxRequests(1).withMaxWaiting(0));
        var stream = narrow.request(Prompt.text("Once")).stream()) {
      stream.next();
      JmixtralChatModel busy = JmixtralChatModel.builder().model(narrow).build();
      assertThatThrownBy(() -> busy.chat("Hello")).isInstanceOf(RateLimitException.class);
    }
  }

  @Test
  void anInterruptEndsTheGenerationAndStaysSet() throws Exception {
    CompletableFuture<Boolean> flag = new CompletableFuture<>();
    Thread thread =
        Thread.startVirtualThread(
            () -> {
              try {
                JmixtralChatModel.builder()
                    .model(storyteller)
                    .maxOutputTokens(5000)
                    .build()
                    .chat(QUESTION);
                flag.completeExceptionally(new AssertionError("it was not interrupted"));
              } catch (CancellationException _) {
                flag.complete(Thread.currentThread().isInterrupted());
              }
            });
    Waiting.until(() -> storyteller.runningRequestCount() == 1);
    thread.interrupt();
    assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
    Waiting.until(() -> storyteller.runningRequestCount() == 0);
  }

  @Test
  void manyVirtualThreadsShareTheModel() throws Exception {
    String expected = chat.chat(QUESTION);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers =
          threads.invokeAll(java.util.Collections.nCopies(24, () -> chat.chat(QUESTION)));
      for (Future<String> answer : answers) {
        assertThat(answer.get()).isEqualTo(expected);
      }
    }
  }

  @Test
  void constraintsOfSchemasAreMadeOnce() {
    ResponseFormats formats = new ResponseFormats();
    JsonRawSchema schema = JsonRawSchema.from("{\"const\": 1}");
    ResponseFormat format =
        ResponseFormat.builder()
            .type(dev.langchain4j.model.chat.request.ResponseFormatType.JSON)
            .jsonSchema(
                dev.langchain4j.model.chat.request.json.JsonSchema.builder()
                    .name("one")
                    .rootElement(schema)
                    .build())
            .build();
    assertThat(formats.constraint(format)).isSameAs(formats.constraint(format));
    assertThat(formats.constraint(ResponseFormat.TEXT)).isNull();
  }
}
