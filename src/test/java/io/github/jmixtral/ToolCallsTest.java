package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.testkit.RandomSchemas;
import io.github.jmixtral.testkit.ToolCallingModel;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tool;
import io.github.jmixtral.tokenizer.ToolCall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Calls of tools by the model in the box, whose vocabulary is given the control tokens for them.
 */
@RunsOnce
class ToolCallsTest {
  private static final Tool WEATHER =
      Tool.of(
          "weather",
          "The weather.",
          """
          {"type": "object", "properties": {"city": {"enum": ["Paris", "Rome"]},
           "days": {"$ref": "#/$defs/days"}}, "required": ["city", "days"],
           "$defs": {"days": {"type": "integer", "minimum": 1, "maximum": 9}}}\
          """);

  private static final Tool PING = Tool.of("ping", "Answers.", "{}");
  private static final List<ChatMessage> QUESTION = List.of(ChatMessage.user("How warm is it?"));

  @TempDir static Path folder;
  private static MixtralForCausalLM model;

  @BeforeAll
  static void loadModel() {
    model = MixtralForCausalLM.fromPretrained(ToolCallingModel.write(folder));
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  private static GenerationRequest request(Tool... tools) {
    return model
        .request(Prompt.chat(QUESTION, List.of(tools)))
        .withConfig(config -> config.withMaxNewTokens(120));
  }

  @Test
  void theExampleOfTheGuideCallsATool() {
    // docs/guide.md begins
    Tool weather =
        Tool.of(
            "weather",
            "The weather of a city.",
            """
            {"type": "object", "required": ["city"],
             "properties": {"city": {"enum": ["Paris", "Rome"]}}}\
            """);
    List<ChatMessage> messages = new ArrayList<>();
    messages.add(ChatMessage.user("How warm is it in Paris?"));
    Generation calls =
        model
            .request(Prompt.chat(messages, List.of(weather)))
            .withToolChoice(ToolChoice.required())
            .withConfig(config -> config.withMaxNewTokens(100))
            .generate();
    messages.add(calls.message());
    for (ToolCall call : calls.toolCalls()) {
      messages.add(ChatMessage.toolResult(call.id(), "{\"celsius\": 21}"));
    }
    Generation answer =
        model
            .request(Prompt.chat(messages, List.of(weather)))
            .withToolChoice(ToolChoice.none())
            .withConfig(config -> config.withMaxNewTokens(100))
            .generate();
    // docs/guide.md ends
    assertTrue(calls.toolCalls().size() >= 1, calls::toString);
    assertTrue(
        List.of("{\"city\": \"Paris\"}", "{\"city\": \"Rome\"}")
            .contains(calls.toolCalls().getFirst().arguments()),
        calls::toString);
    assertEquals(List.of(), answer.toolCalls());
  }

  @Test
  void aToolThatMustBeCalledIsCalledWithArgumentsThatFit() {
    for (int seed = 0; seed < 5; seed++) {
      long number = seed;
      Generation answer =
          request(WEATHER, PING)
              .withConfig(c -> c.withMaxNewTokens(120).withDoSample(true).withSeed(number))
              .withToolChoice(ToolChoice.tool("weather"))
              .generate();
      assertEquals(1, answer.toolCalls().size(), answer::toString);
      ToolCall call = answer.toolCalls().getFirst();
      assertEquals("weather", call.name());
      JsonNode arguments = JsonMapper.shared().readTree(call.arguments());
      assertTrue(List.of("Paris", "Rome").contains(arguments.get("city").asString()));
      assertTrue(arguments.get("days").asInt() >= 1 && arguments.get("days").asInt() <= 9);
      assertEquals("", answer.text());
      assertEquals(FinishReason.EOS, answer.finishReason());
    }
  }

  @Test
  void someToolIsCalledIfOneIsRequired() {
    Generation answer = request(WEATHER, PING).withToolChoice(ToolChoice.required()).generate();
    assertTrue(!answer.toolCalls().isEmpty(), answer::toString);
    for (ToolCall call : answer.toolCalls()) {
      assertTrue(List.of("weather", "ping").contains(call.name()));
    }
    assertEquals(ChatMessage.assistant().withToolCalls(answer.toolCalls()), answer.message());
  }

  @Test
  void oneToolIsCalledWhereCallsMayNotBeParallel() {
    int most = 0;
    for (int seed = 0; seed < 12; seed++) {
      long number = seed;
      GenerationRequest sampled =
          request(WEATHER, PING)
              .withConfig(c -> c.withMaxNewTokens(300).withDoSample(true).withSeed(number));
      most = Math.max(most, calls(sampled, ToolChoice.required()));
      for (ToolChoice choice : List.of(ToolChoice.required(), ToolChoice.tool("ping"))) {
        assertEquals(1, calls(sampled, choice.withParallelCalls(false)));
      }
    }
    assertTrue(most > 1);
    assertFalse(ToolChoice.none().withParallelCalls(true).allowsParallelCalls());
    assertEquals("ToolChoice[auto, one call]", "" + ToolChoice.auto().withParallelCalls(false));
  }

  private static int calls(GenerationRequest request, ToolChoice choice) {
    return request.withToolChoice(choice).generate().toolCalls().size();
  }

  @Test
  void referencesInAToolsSchemaHoldWhereverTheyStand() {
    Tool tool =
        Tool.of(
            "t",
            "",
            """
            {"properties": {"default": {"$ref": "#/$defs/a"}, "const": {"$ref": "#/$defs/a"}},
             "required": ["default", "const"], "$defs": {"a": {"const": 7}}}\
            """);
    Generation answer = request(WEATHER, tool).withToolChoice(ToolChoice.tool("t")).generate();
    assertEquals("{\"default\": 7, \"const\": 7}", answer.toolCalls().getFirst().arguments());
  }

  @Test
  void noToolIsCalledIfNoneMayBe() {
    int control = model.tokenizer().id("[TOOL_CALLS]").orElseThrow();
    Generation answer =
        request(WEATHER)
            .withLogitsProcessor((_, logits) -> logits[control] = 1000)
            .withToolChoice(ToolChoice.none())
            .generate();
    assertEquals(List.of(), answer.toolCalls());
    assertTrue(IntStream.of(answer.ids()).noneMatch(id -> id == control));
  }

  @Test
  void whereTheModelMayChooseItsCallsFit() {
    int control = model.tokenizer().id("[TOOL_CALLS]").orElseThrow();
    Generation text = request(WEATHER).withToolChoice(ToolChoice.auto()).generate();
    assertEquals(List.of(), text.toolCalls());
    Generation call =
        request(WEATHER)
            .withLogitsProcessor((ids, logits) -> logits[control] = ids.newLength() == 0 ? 1000 : 0)
            .withToolChoice(ToolChoice.auto())
            .generate();
    assertEquals("weather", call.toolCalls().getFirst().name());
  }

  @Test
  void withoutAChoiceAMalformedCallStaysText() {
    int control = model.tokenizer().id("[TOOL_CALLS]").orElseThrow();
    Generation answer =
        request(WEATHER)
            .withConfig(config -> config.withMaxNewTokens(8))
            .withLogitsProcessor((ids, logits) -> logits[control] = ids.newLength() == 0 ? 1000 : 0)
            .generate();
    assertEquals(List.of(), answer.toolCalls());
    assertTrue(answer.text().startsWith("[TOOL_CALLS]"), answer.text());
  }

  @Test
  void piecesOfCallsAreStreamedAndMakeUpTheCalls() {
    List<GeneratedToken> tokens = new ArrayList<>();
    Generation answer =
        request(WEATHER).withToolChoice(ToolChoice.required()).onToken(tokens::add).generate();
    Map<String, String> joined = new LinkedHashMap<>();
    StringBuilder text = new StringBuilder();
    for (GeneratedToken token : tokens) {
      text.append(token.text());
      token.toolCallParts().forEach(p -> joined.merge(p.id(), p.arguments(), String::concat));
    }
    Map<String, String> expected = new LinkedHashMap<>();
    answer.toolCalls().forEach(call -> expected.put(call.id(), call.arguments()));
    assertEquals(expected, joined);
    assertEquals(answer.text(), text.toString());
  }

  @Test
  void aSessionGoesOnWithTheResults() {
    try (Session session = model.newSession()) {
      Generation calls =
          session
              .request(Prompt.chat(QUESTION, List.of(PING)))
              .withConfig(config -> config.withMaxNewTokens(60))
              .withToolChoice(ToolChoice.tool("ping"))
              .generate();
      ToolCall call = calls.toolCalls().getFirst();
      Generation answer =
          session
              .request(ChatMessage.toolResult(call.id(), "{\"ok\": true}"))
              .withConfig(config -> config.withMaxNewTokens(5))
              .generate();
      int tools = model.tokenizer().id("[AVAILABLE_TOOLS]").orElseThrow();
      assertTrue(IntStream.of(answer.promptIds()).anyMatch(id -> id == tools));
      assertEquals(4, session.messages().size());
      assertEquals(List.of(call), session.messages().get(1).toolCalls());
    }
  }

  @Test
  void aSessionGoesOnAfterATextBesideCalls() {
    int control = model.tokenizer().id("[TOOL_CALLS]").orElseThrow();
    int word = model.tokenizer().encode("duck", false)[0];
    try (Session session = model.newSession()) {
      Generation calls =
          session
              .request(Prompt.chat(QUESTION, List.of(PING)))
              .withConfig(config -> config.withMaxNewTokens(60))
              .withToolChoice(ToolChoice.auto())
              .withLogitsProcessor(
                  (sequence, logits) -> {
                    if (sequence.newLength() < 3) {
                      logits[sequence.newLength() < 2 ? word : control] = 1000;
                    }
                  })
              .generate();
      assertFalse(calls.text().isBlank());
      assertEquals(ChatMessage.assistant().withToolCalls(calls.toolCalls()), calls.message());
      assertFalse(calls.toolCalls().isEmpty());
      ChatMessage[] results =
          calls.toolCalls().stream()
              .map(call -> ChatMessage.toolResult(call.id(), "{}"))
              .toArray(ChatMessage[]::new);
      Generation answer =
          session.request(results).withConfig(config -> config.withMaxNewTokens(5)).generate();
      assertEquals(5, answer.newTokenCount());
    }
  }

  @Test
  void whetherCallsMayBeParallelIsShown() {
    assertEquals("ToolChoice[ping]", ToolChoice.tool("ping").toString());
    assertEquals(
        "ToolChoice[ping, several calls]",
        ToolChoice.tool("ping").withParallelCalls(true).toString());
    assertEquals(
        "ToolChoice[auto, one call]", ToolChoice.auto().withParallelCalls(false).toString());
    assertEquals("ToolChoice[none]", ToolChoice.none().withParallelCalls(true).toString());
  }

  @Test
  void aSavedSessionKeepsItsTools(@TempDir Path sessions) {
    Path file = sessions.resolve("session.safetensors");
    ChatMessage next = ChatMessage.user("And in Rome?");
    int[] expected;
    try (Session session = model.newSession()) {
      session
          .request(Prompt.chat(QUESTION, List.of(WEATHER, PING)))
          .withConfig(config -> config.withMaxNewTokens(5))
          .withToolChoice(ToolChoice.none())
          .generate();
      session.save(file);
      expected = promptOf(session, next);
    }
    try (Session session = model.openSession(file)) {
      assertArrayEquals(expected, promptOf(session, next));
    }
    int tools = model.tokenizer().id("[AVAILABLE_TOOLS]").orElseThrow();
    assertTrue(IntStream.of(expected).anyMatch(id -> id == tools));
  }

  private static int[] promptOf(Session session, ChatMessage next) {
    return session
        .request(next)
        .withConfig(config -> config.withMaxNewTokens(1))
        .generate()
        .promptIds();
  }

  @Test
  void idsThatProgramsInventAreTaken() {
    List<ChatMessage> messages =
        List.of(
            ChatMessage.user("a"),
            ChatMessage.assistant()
                .withToolCalls(List.of(ToolCall.of("call_8d6fb2a0-1", "ping", "{}"))),
            ChatMessage.toolResult("call_8d6fb2a0-1", "pong"));
    Prompt prompt = Prompt.chat(messages, List.of(PING));
    assertEquals(messages, prompt.messages());
    assertTrue(prompt.encode(model::tokenizer).length > 10);
  }

  @Test
  void whatCannotBeMeantIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> request().withToolChoice(ToolChoice.required()).generate());
    assertThrows(
        IllegalArgumentException.class,
        () -> request(PING).withToolChoice(ToolChoice.tool("pong")).generate());
    assertThrows(
        IllegalArgumentException.class,
        () -> model.request(Prompt.text("a")).withToolChoice(ToolChoice.auto()).generate());
  }

  /** {@code -Djmixtral.toolSchemas=1000} tries more. */
  @Test
  void callsOfToolsMadeAtRandomFitTheirSchemas() {
    int schemas = Integer.getInteger("jmixtral.toolSchemas", 25);
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7);
    for (int seed = 0; seed < schemas; seed++) {
      RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
      Map<String, Schema> parameters = new LinkedHashMap<>();
      Tool[] tools = new Tool[1 + random.nextInt(3)];
      for (int i = 0; i < tools.length; i++) {
        String schema = RandomSchemas.object(random, 2);
        tools[i] = Tool.of("tool_" + i, "", schema);
        parameters.put(tools[i].name(), registry.getSchema(schema));
      }
      long number = seed;
      Generation answer =
          request(tools)
              .withConfig(c -> c.withMaxNewTokens(300).withDoSample(true).withSeed(number))
              .withToolChoice(ToolChoice.required())
              .generate();
      assertEquals(FinishReason.EOS, answer.finishReason());
      assertEquals("", answer.text());
      assertTrue(!answer.toolCalls().isEmpty());
      for (ToolCall call : answer.toolCalls()) {
        assertEquals(
            List.of(),
            parameters.get(call.name()).validate(call.arguments(), InputFormat.JSON),
            call::toString);
      }
    }
  }
}
