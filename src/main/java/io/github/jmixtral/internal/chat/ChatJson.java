package io.github.jmixtral.internal.chat;

import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.PythonJson;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.ChatMessage.Role;
import io.github.jmixtral.tokenizer.Tool;
import io.github.jmixtral.tokenizer.ToolCall;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Conversations in the JSON of OpenAI's API, which other programs share: {@code {"messages": [],
 * "tools": [], "continue_final_message": false}}. What does not belong to a conversation is passed
 * over.
 *
 * @param messages the last may be a prefix to be continued
 * @param tools what the model may call
 */
public record ChatJson(List<ChatMessage> messages, List<Tool> tools) {

  /** Copies the lists. */
  public ChatJson {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
  }

  /**
   * Reads a conversation.
   *
   * @throws IllegalArgumentException if the text is none; the message names the place
   */
  public static ChatJson read(String text) {
    Map<?, ?> request = object("conversation", parse("conversation", text));
    List<ChatMessage> messages = new ArrayList<>();
    List<?> list = list("messages", required("messages", request.get("messages")));
    for (int i = 0; i < list.size(); i++) {
      messages.add(message("messages[" + i + "]", list.get(i)));
    }
    if (flag("continue_final_message", request.get("continue_final_message"))) {
      continueLast(messages);
    }
    Object tools = request.get("tools");
    return new ChatJson(messages, tools == null ? List.of() : tools("tools", tools));
  }

  /**
   * Reads a list of tools.
   *
   * @param place where it stands, as messages name it
   * @throws IllegalArgumentException if the text is none; the message names the place
   */
  public static List<Tool> readTools(String place, String text) {
    return tools(place, parse(place, text));
  }

  /** The JSON of this conversation, which {@link #read} takes; the messages are the same then. */
  public String write() {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("messages", messages.stream().map(ChatJson::json).toList());
    request.put("tools", tools.stream().map(ChatJson::json).toList());
    return PythonJson.write(request);
  }

  private static Map<String, Object> json(ChatMessage message) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("role", message.role().name().toLowerCase(Locale.ROOT));
    if (!message.parts().isEmpty()) {
      json.put(
          "content",
          message.parts().stream().map(part -> Map.of("type", "text", "text", part)).toList());
    }
    message.name().ifPresent(name -> json.put("name", name));
    message.toolCallId().ifPresent(id -> json.put("tool_call_id", id));
    if (!message.toolCalls().isEmpty()) {
      json.put("tool_calls", message.toolCalls().stream().map(ChatJson::json).toList());
    }
    if (message.isPrefix()) {
      json.put("prefix", true);
    }
    return json;
  }

  private static Map<String, Object> json(ToolCall call) {
    return Map.of(
        "id", call.id(), "function", Map.of("name", call.name(), "arguments", call.arguments()));
  }

  private static Map<String, Object> json(Tool tool) {
    Object parameters = required("parameters", parse("parameters", tool.parameters()));
    return Map.of(
        "function",
        Map.of(
            "name", tool.name(),
            "description", tool.description(),
            "parameters", parameters));
  }

  private static @Nullable Object parse(String place, String text) {
    try {
      return PythonJson.parse(text);
    } catch (ParseException failure) {
      throw refused(place, "must be JSON, but is not: " + failure.getMessage());
    }
  }

  private static void continueLast(List<ChatMessage> messages) {
    String place = "continue_final_message";
    if (messages.isEmpty() || messages.getLast().role() != Role.ASSISTANT) {
      throw refused(place, "only a last message of the assistant can be continued");
    }
    if (messages.getLast().isPrefix()) {
      throw refused(place, "the last message is marked as a prefix already: use one of the two");
    }
    messages.set(messages.size() - 1, messages.getLast().asPrefix());
  }

  private static ChatMessage message(String place, Object value) {
    Map<?, ?> json = object(place, value);
    String role = text(place + ".role", required(place + ".role", json.get("role")));
    String at = place + ".content";
    ChatMessage message =
        switch (role) {
          case "system" -> ChatMessage.system(parts(at, required(at, json.get("content"))));
          case "user" -> ChatMessage.user(parts(at, required(at, json.get("content"))));
          case "assistant" -> assistant(place, json);
          case "tool" ->
              ChatMessage.toolResult(
                  id(place + ".tool_call_id", json.get("tool_call_id")),
                  parts(at, required(at, json.get("content"))));
          default ->
              throw refused(
                  place + ".role",
                  "must be system, user, assistant or tool, but is " + Excerpt.quote(role));
        };
    Object name = json.get("name");
    return name == null ? message : message.withName(text(place + ".name", name));
  }

  private static ChatMessage assistant(String place, Map<?, ?> json) {
    Object content = json.get("content");
    ChatMessage message =
        ChatMessage.assistant(content == null ? new String[0] : parts(place + ".content", content));
    List<ToolCall> calls = new ArrayList<>();
    if (json.get("tool_calls") instanceof Object list) {
      String at = place + ".tool_calls";
      for (Object call : list(at, list)) {
        calls.add(call(at + "[" + calls.size() + "]", call));
      }
    }
    message = message.withToolCalls(calls);
    return flag(place + ".prefix", json.get("prefix")) ? message.asPrefix() : message;
  }

  private static ToolCall call(String place, Object value) {
    Map<?, ?> json = object(place, value);
    requireFunction(place, json.get("type"));
    String at = place + ".function";
    Map<?, ?> function = object(at, required(at, json.get("function")));
    return ToolCall.of(
        id(place + ".id", json.get("id")),
        text(at + ".name", required(at + ".name", function.get("name"))),
        switch (function.get("arguments")) {
          case null -> "";
          case String arguments -> arguments;
          case Map<?, ?> arguments -> PythonJson.write(arguments);
          case Object other ->
              throw mustBe(at + ".arguments", "a text with JSON, or an object", other);
        });
  }

  private static List<Tool> tools(String place, @Nullable Object value) {
    List<Tool> tools = new ArrayList<>();
    for (Object tool : list(place, value)) {
      tools.add(tool(place + "[" + tools.size() + "]", tool));
    }
    return tools;
  }

  private static Tool tool(String place, Object value) {
    Map<?, ?> json = object(place, value);
    requireFunction(place, json.get("type"));
    String at = place + ".function";
    Map<?, ?> function = object(at, required(at, json.get("function")));
    Object description = function.get("description");
    Object parameters = function.get("parameters");
    return Tool.of(
        text(at + ".name", required(at + ".name", function.get("name"))),
        description == null ? "" : text(at + ".description", description),
        parameters == null ? "{}" : PythonJson.write(object(at + ".parameters", parameters)));
  }

  /** An id; the word null stands for none in Mistral AI's programs. */
  private static String id(String place, @Nullable Object value) {
    String id = value == null ? "" : text(place, value);
    return id.equals("null") ? "" : id;
  }

  private static void requireFunction(String place, @Nullable Object type) {
    if (type != null && !type.equals("function")) {
      throw mustBe(place + ".type", "function", type);
    }
  }

  /** A text, or a list of {@code {"type": "text", "text": ""}}. */
  private static String[] parts(String place, Object content) {
    if (content instanceof String text) {
      return new String[] {text};
    }
    if (!(content instanceof List<?> list)) {
      throw mustBe(place, "a text or a list of parts", content);
    }
    List<String> parts = new ArrayList<>();
    for (Object element : list) {
      String at = place + "[" + parts.size() + "]";
      Map<?, ?> part = object(at, element);
      Object type = part.get("type");
      if (!"text".equals(type)) {
        throw mustBe(at + ".type", "text, all that the model reads", type);
      }
      parts.add(text(at + ".text", required(at + ".text", part.get("text"))));
    }
    return parts.isEmpty() ? new String[] {""} : parts.toArray(new String[0]);
  }

  private static Object required(String place, @Nullable Object value) {
    if (value == null) {
      throw refused(place, "is missing");
    }
    return value;
  }

  private static Map<?, ?> object(String place, @Nullable Object value) {
    if (value instanceof Map<?, ?> object) {
      return object;
    }
    throw mustBe(place, "an object", value);
  }

  private static List<?> list(String place, @Nullable Object value) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw mustBe(place, "a list", value);
  }

  private static String text(String place, Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw mustBe(place, "a text", value);
  }

  private static boolean flag(String place, @Nullable Object value) {
    return switch (value) {
      case null -> false;
      case Boolean flag -> flag;
      case Object other -> throw mustBe(place, "true or false", other);
    };
  }

  private static IllegalArgumentException mustBe(
      String place, String rule, @Nullable Object found) {
    return refused(place, "must be " + rule + ", but is " + Excerpt.line(PythonJson.write(found)));
  }

  private static IllegalArgumentException refused(String place, String fault) {
    return new IllegalArgumentException(place + ": " + fault);
  }
}
