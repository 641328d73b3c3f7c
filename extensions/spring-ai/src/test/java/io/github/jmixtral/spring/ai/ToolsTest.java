package io.github.jmixtral.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.testkit.RandomMixtral;
import io.github.jmixtral.testkit.RandomSchemas;
import io.github.jmixtral.testkit.ToolCallingModel;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tool;
import io.github.jmixtral.tokenizer.ToolCall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.client.AdvisorParams;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.MessageAggregator;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.converter.BeanOutputConverter;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.model.tool.ToolExecutionResult;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.ai.tool.metadata.ToolMetadata;

class ToolsTest {
  /** {@code -Djmixtral.toolSchemas=200} tries more. */
  private static final int SCHEMAS = Integer.getInteger("jmixtral.toolSchemas", 25);

  private static final ToolCallingManager MANAGER = ToolCallingManager.builder().build();

  @TempDir private static Path folder;
  private static MixtralForCausalLM mixtral;
  private static JmixtralChatModel chat;

  @BeforeAll
  static void load() {
    mixtral = MixtralForCausalLM.fromPretrained(ToolCallingModel.write(folder));
    chat = JmixtralChatModel.builder(mixtral).build();
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  /** What is wanted of a place. */
  public record Weather(String city, int celsius) {}

  private static JmixtralChatOptions.Builder required(ToolCallback... tools) {
    return JmixtralChatOptions.builder()
        .maxTokens(300)
        .toolCallbacks(tools)
        .toolChoice(ToolChoice.required());
  }

  private static AssistantMessage output(ChatResponse response) {
    return response.getResult().getOutput();
  }

  /** A tool that keeps what it is called with. */
  private record Recorder(ToolDefinition definition, List<String> arguments)
      implements ToolCallback {
    static Recorder of(String schema) {
      return new Recorder(
          ToolDefinition.builder()
              .name("record")
              .description("Records its arguments.")
              .inputSchema(schema)
              .build(),
          new ArrayList<>());
    }

    @Override
    public ToolDefinition getToolDefinition() {
      return definition;
    }

    @Override
    public String call(String input) {
      arguments.add(input);
      return "{\"recorded\": " + arguments.size() + "}";
    }
  }

  @Test
  void callsOfToolsWithRandomSchemasFitThemAndAreAnswered(@TempDir Path random) {
    try (var model = MixtralForCausalLM.fromPretrained(RandomMixtral.write(random))) {
      JmixtralChatModel chance = JmixtralChatModel.builder(model).build();
      for (int seed = 0; seed < SCHEMAS; seed++) {
        callAndAnswer(chance, seed);
      }
    }
  }

  private static void callAndAnswer(ChatModel chance, long seed) {
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7);
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    String schema = RandomSchemas.object(random, 2);
    Recorder tool = Recorder.of(schema);
    JmixtralChatOptions options =
        required(tool).temperature(1.0).generationConfig(c -> c.withSeed(seed)).build();
    Prompt question = new Prompt("What do you know?", options);

    ChatResponse calls = chance.call(question);
    assertThat(output(calls).getToolCalls()).as(schema).isNotEmpty();
    assertThat(calls.getResult().getMetadata().getFinishReason()).isEqualTo("TOOL_CALLS");
    ToolExecutionResult executed = MANAGER.executeToolCalls(question, calls);
    assertThat(tool.arguments()).hasSameSizeAs(output(calls).getToolCalls());
    for (String arguments : tool.arguments()) {
      assertThat(registry.getSchema(schema).validate(arguments, InputFormat.JSON))
          .as("%s of %s", arguments, schema)
          .isEmpty();
    }
    ChatResponse answer =
        chance.call(
            new Prompt(
                executed.conversationHistory(),
                options.mutate().maxTokens(3).toolChoice(ToolChoice.none()).build()));
    assertThat(output(answer).getToolCalls()).isEmpty();
    assertThat(answer.getMetadata().getUsage().getCompletionTokens()).isBetween(1, 3);
  }

  @Test
  void aConversationWithToolsIsThePromptOfTheLibrary() {
    AssistantMessage called =
        AssistantMessage.builder()
            .content("")
            .toolCalls(
                List.of(
                    new AssistantMessage.ToolCall(
                        "call_1", "function", "weather", "{\"city\": \"Paris\"}")))
            .build();
    ToolResponseMessage result =
        ToolResponseMessage.builder()
            .responses(
                List.of(new ToolResponseMessage.ToolResponse("call_1", "weather", "{\"c\": 21}")))
            .build();
    ToolDefinition definition = ToolFixtures.weather().getToolDefinition();
    var prompt =
        Conversation.prompt(
            List.of(new UserMessage("How warm is it?"), called, result),
            List.of(definition),
            mixtral.tokenizer());
    assertThat(prompt)
        .isEqualTo(
            io.github.jmixtral.generation.Prompt.chat(
                List.of(
                    ChatMessage.user("How warm is it?"),
                    ChatMessage.assistant()
                        .withToolCalls(
                            List.of(ToolCall.of("call_1", "weather", "{\"city\": \"Paris\"}"))),
                    ChatMessage.toolResult("call_1", "{\"c\": 21}").withName("weather")),
                List.of(Tool.of("weather", "The weather at a place.", definition.inputSchema()))));
  }

  @Test
  void aNamedToolIsCalledOnce() {
    ChatResponse response =
        chat.call(
            new Prompt(
                "How warm is it?",
                required(ToolFixtures.weather(), Recorder.of("{}"))
                    .toolChoice(ToolChoice.tool("weather"))
                    .build()));
    assertThat(output(response).getToolCalls())
        .singleElement()
        .satisfies(
            call -> {
              assertThat(call.name()).isEqualTo("weather");
              assertThat(call.type()).isEqualTo("function");
              assertThat(call.arguments()).contains("\"city\"");
            });
  }

  @Test
  void aChoiceThatNeedsToolsIsRefusedWithoutThem() {
    assertThatThrownBy(
            () ->
                chat.call(
                    new Prompt(
                        "Hello",
                        JmixtralChatOptions.builder().toolChoice(ToolChoice.required()).build())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the options have the tool choice ToolChoice[required], but no tools");
  }

  @Test
  void aChoiceThatNeedsNoToolsDoesNotHinderOtherChats() {
    for (ToolChoice choice :
        List.of(ToolChoice.none(), ToolChoice.auto().withParallelCalls(false))) {
      ChatResponse response =
          chat.call(
              new Prompt(
                  "Hello", JmixtralChatOptions.builder().maxTokens(3).toolChoice(choice).build()));
      assertThat(response.getMetadata().getUsage().getCompletionTokens()).isPositive();
    }
  }

  @Test
  void aStreamEndsWithTheWholeCalls() {
    Prompt question = new Prompt("How warm is it?", required(ToolFixtures.weather()).build());
    AtomicReference<ChatResponse> aggregated = new AtomicReference<>();
    List<ChatResponse> parts =
        new MessageAggregator()
            .aggregate(chat.stream(question), aggregated::set)
            .collectList()
            .block();
    ChatResponse called = chat.call(question);
    assertThat(output(parts.getLast()).getToolCalls())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("id")
        .isEqualTo(output(called).getToolCalls());
    assertThat(parts.getLast().getResult().getMetadata().getFinishReason()).isEqualTo("TOOL_CALLS");
    assertThat(output(aggregated.get()).getToolCalls())
        .hasSameSizeAs(output(called).getToolCalls());
    assertThat(aggregated.get().getMetadata().getUsage().getCompletionTokens())
        .isEqualTo(called.getMetadata().getUsage().getCompletionTokens());
  }

  @Test
  void aToolOfAChatClientAnswersDirectly() {
    ToolCallback direct =
        org.springframework.ai.tool.function.FunctionToolCallback
            .<ToolFixtures.Place, String>builder("weather", place -> "warm")
            .description("The weather at a place.")
            .inputType(ToolFixtures.Place.class)
            .toolMetadata(ToolMetadata.builder().returnDirect(true).build())
            .build();
    String content =
        ChatClient.create(chat)
            .prompt("How warm is it?")
            .options(
                JmixtralChatOptions.builder().maxTokens(200).toolChoice(ToolChoice.tool("weather")))
            .tools(direct)
            .call()
            .content();
    assertThat(content).contains("warm");
  }

  @Test
  void aChatClientReadsATypedResultThatTheSchemaForces() {
    for (int seed = 0; seed < 10; seed++) {
      long number = seed;
      Weather weather =
          ChatClient.create(chat)
              .prompt("How warm is it in Paris?")
              .advisors(AdvisorParams.ENABLE_NATIVE_STRUCTURED_OUTPUT)
              .options(
                  JmixtralChatOptions.builder()
                      .maxTokens(200)
                      .temperature(1.0)
                      .generationConfig(config -> config.withSeed(number)))
              .call()
              .entity(Weather.class);
      assertThat(weather).isNotNull();
      assertThat(weather.city()).isNotNull();
    }
  }

  /** With a map, which Spring AI describes as an object that it says nothing more of. */
  public record Stock(String place, Map<String, Integer> counts) {}

  @Test
  void mapsInTypedResultsAndInArgumentsMayHaveAnyMembers() {
    String result = new BeanOutputConverter<>(Stock.class).getJsonSchema();
    String argument =
        FunctionToolCallback.builder("store", (Stock _) -> "done")
            .inputType(Stock.class)
            .build()
            .getToolDefinition()
            .inputSchema();
    for (String schema : List.of(result, argument)) {
      Constraint constraint = new OutputSchemas().constraint(schema);
      for (String counts : List.of("{}", "{\"ducks\": 3}", "{\"ducks\": 3, \"geese\": 1}")) {
        assertThat(constraint.matches("{\"counts\": " + counts + ", \"place\": \"pond\"}"))
            .as(counts)
            .isTrue();
      }
      assertThat(constraint.matches("{\"counts\": {}, \"place\": \"pond\", \"other\": 1}"))
          .isFalse();
    }
  }

  @Test
  void schemasAreCompiledOnce() {
    OutputSchemas schemas = new OutputSchemas();
    assertThat(schemas.constraint("{\"type\": \"string\"}"))
        .isSameAs(schemas.constraint("{\"type\": \"string\"}"));
    for (int i = 0; i < 100; i++) {
      schemas.constraint("{\"const\": " + i + "}");
    }
    assertThat(schemas.constraint("{\"const\": 99}"))
        .isSameAs(schemas.constraint("{\"const\": 99}"));
  }
}
