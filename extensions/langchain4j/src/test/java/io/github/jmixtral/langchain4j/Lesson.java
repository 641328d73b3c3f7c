package io.github.jmixtral.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.internal.Json;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a small model was not taught of a question: which tools to call with which arguments, and
 * what to say. It is put into a request by narrowing what the request allows already: an answer of
 * a response format still fits its schema, and arguments still fit those of their tools.
 *
 * @param question the whole text of the user's message
 * @param calls the calls of each step before the answer
 * @param answers the text, and the JSON in place of it where a request asks for JSON; or nothing
 * @param length the least number of tokens that the model says
 */
record Lesson(String question, List<List<Call>> calls, List<String> answers, int length) {
  /** A call: a tool, and its arguments as JSON. */
  record Call(String tool, String arguments) {
    Map<?, ?> values() {
      return Json.fromJson(arguments, Map.class);
    }
  }

  static Lesson of(String question) {
    return new Lesson(question, List.of(), List.of(), 0);
  }

  /** After this step the model calls these tools, in this order. */
  Lesson calls(Call... next) {
    List<List<Call>> steps = new ArrayList<>(calls);
    steps.add(List.of(next));
    return new Lesson(question, steps, answers, length);
  }

  Lesson calls(String tool, String arguments) {
    return calls(new Call(tool, arguments));
  }

  /** At last the model says this; JSON is said where JSON is asked for. */
  Lesson says(String... texts) {
    return new Lesson(question, calls, List.of(texts), length);
  }

  /** The model says what it likes, but not less than this number of tokens. */
  Lesson talks(int tokens) {
    return new Lesson(question, calls, answers, tokens);
  }

  /** Whether a request asks this question. */
  boolean fits(ChatRequest request) {
    return lastQuestion(request).filter(question::equals).isPresent();
  }

  private static Optional<String> lastQuestion(ChatRequest request) {
    return request.messages().reversed().stream()
        .filter(UserMessage.class::isInstance)
        .map(UserMessage.class::cast)
        .filter(UserMessage::hasSingleText)
        .map(UserMessage::singleText)
        .findFirst();
  }

  /** The calls that are next; none if an answer is. */
  List<Call> next(ChatRequest request) {
    int results = 0;
    for (ChatMessage message : request.messages()) {
      if (message instanceof UserMessage) {
        results = 0;
      } else if (message instanceof ToolExecutionResultMessage) {
        results++;
      }
    }
    for (List<Call> step : calls) {
      if (results < step.size()) {
        return step;
      }
      results -= step.size();
    }
    return List.of();
  }

  /** The request of one who knows. */
  ChatRequest taught(ChatRequest request) {
    List<Call> next = next(request);
    JmixtralChatRequestParameters.Builder changed = JmixtralChatRequestParameters.builder();
    if (!next.isEmpty()) {
      changed
          .toolChoice(ToolChoice.REQUIRED)
          .parallelToolCalls(next.size() > 1)
          .toolSpecifications(narrowed(request, next));
    } else if (!answers.isEmpty()) {
      changed.toolChoice(ToolChoice.NONE);
      ResponseFormat format = request.responseFormat();
      if (format == null || format.type() != ResponseFormatType.JSON) {
        changed.constraint(Constraint.oneOf(answers.getFirst()));
      } else {
        changed.responseFormat(narrowed(format));
      }
    }
    if (length > 0) {
      changed.generationConfig(GenerationConfig.inherit().withMinNewTokens(length));
    }
    return ChatRequest.builder()
        .messages(request.messages())
        .parameters(
            JmixtralChatRequestParameters.of(request.parameters()).overrideWith(changed.build()))
        .build();
  }

  private ResponseFormat narrowed(ResponseFormat format) {
    JsonSchemaElement any = JsonRawSchema.from("{}");
    return ResponseFormat.builder()
        .type(ResponseFormatType.JSON)
        .jsonSchema(
            JsonSchema.builder()
                .name("taught")
                .rootElement(
                    oneOf(
                        format.jsonSchema() == null ? any : format.jsonSchema().rootElement(),
                        "[" + answers.getLast() + "]"))
                .build())
        .build();
  }

  /** The tools of calls, whose arguments can only be those of the calls. */
  private static List<ToolSpecification> narrowed(ChatRequest request, List<Call> calls) {
    return request.toolSpecifications().stream()
        .filter(tool -> calls.stream().anyMatch(call -> call.tool().equals(tool.name())))
        .map(
            tool ->
                tool.parameters() == null
                    ? tool
                    : tool.toBuilder()
                        .parameters(
                            narrowed(
                                tool.parameters(),
                                calls.stream()
                                    .filter(call -> call.tool().equals(tool.name()))
                                    .map(Call::values)
                                    .toList()))
                        .build())
        .toList();
  }

  private static JsonObjectSchema narrowed(JsonObjectSchema schema, List<Map<?, ?>> arguments) {
    JsonObjectSchema.Builder narrowed =
        JsonObjectSchema.builder().definitions(schema.definitions());
    List<String> names = arguments.getFirst().keySet().stream().map(String::valueOf).toList();
    for (String name : names) {
      List<?> values = arguments.stream().map(call -> call.get(name)).distinct().toList();
      narrowed.addProperty(name, oneOf(schema.properties().get(name), Json.toJson(values)));
    }
    return narrowed.required(names).build();
  }

  /** What fits a schema and is one of these values. */
  private static JsonSchemaElement oneOf(JsonSchemaElement schema, String values) {
    Map<String, Object> whole = new LinkedHashMap<>();
    Map<?, ?> part = Json.fromJson(Schemas.json(schema), Map.class);
    // References begin at the root.
    if (part.remove("$defs") instanceof Map<?, ?> definitions) {
      whole.put("$defs", definitions);
    }
    whole.put("allOf", List.of(part, Map.of("enum", Json.fromJson(values, List.class))));
    return JsonRawSchema.from(Json.toJson(whole));
  }
}
