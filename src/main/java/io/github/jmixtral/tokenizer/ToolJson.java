package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.PythonJson;
import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tools, calls and results as values of JSON, keys in the order that models have seen. */
final class ToolJson {
  private ToolJson() {}

  /** {@code {"type": "function", "function": {"name", "description", "parameters"}}}. */
  static Map<String, Object> tool(Tool tool) {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", tool.name());
    function.put("description", tool.description());
    function.put("parameters", valueOf("parameters of the tool", tool.name(), tool.parameters()));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", "function");
    json.put("function", function);
    return json;
  }

  /** {@code {"name", "arguments", "id"}}, the last in version 3 only. */
  static Map<String, Object> call(ToolCall call, boolean withId) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", call.name());
    json.put("arguments", valueOf("arguments of the call of", call.name(), call.arguments()));
    if (withId) {
      json.put("id", call.id());
    }
    return json;
  }

  /** {@code {"content", "call_id"}} in version 3, {@code [{"name", "content"}]} in version 2. */
  static Object result(ChatMessage message, boolean withId) {
    String id = message.toolCallId().orElseThrow();
    Object content = valueOf("result of the call", id, message.content());
    Map<String, Object> json = new LinkedHashMap<>();
    if (withId) {
      json.put("content", content);
      json.put("call_id", id);
      return json;
    }
    json.put("name", message.name().orElse(null));
    json.put("content", content);
    return List.of(json);
  }

  /** What a text means where JSON is expected: its value, or itself; nothing is an empty object. */
  private static @Nullable Object valueOf(String what, String name, String text) {
    if (text.isEmpty()) {
      return Map.of();
    }
    try {
      return PythonJson.parse(text);
    } catch (ParseException _) {
      return text;
    } catch (IllegalArgumentException limit) {
      throw new IllegalArgumentException(
          "messages: " + what + " " + Excerpt.quote(name) + ": " + limit.getMessage(), limit);
    }
  }
}
