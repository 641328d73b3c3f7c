package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.jinja.WrittenText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The variables of a chat template as transformers passes them; whatever people wrote is marked.
 */
final class TemplateVariables {
  private TemplateVariables() {}

  static Map<String, Object> of(
      List<ChatMessage> messages, List<Tool> tools, Map<String, String> specialTokens) {
    Map<String, Object> variables = new LinkedHashMap<>(specialTokens);
    variables.put("messages", messages.stream().map(TemplateVariables::message).toList());
    variables.put(
        "tools",
        tools.isEmpty() ? null : tools.stream().map(tool -> written(ToolJson.tool(tool))).toList());
    variables.put("documents", null);
    variables.put("add_generation_prompt", !messages.getLast().isPrefix());
    return variables;
  }

  private static Map<String, Object> message(ChatMessage message) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("role", message.role().templateName());
    variables.put("content", message.parts().isEmpty() ? null : new WrittenText(message.content()));
    message.name().ifPresent(name -> variables.put("name", new WrittenText(name)));
    message.toolCallId().ifPresent(id -> variables.put("tool_call_id", new WrittenText(id)));
    if (!message.toolCalls().isEmpty()) {
      variables.put(
          "tool_calls", message.toolCalls().stream().map(TemplateVariables::call).toList());
    }
    return variables;
  }

  private static Map<String, Object> call(ToolCall call) {
    Map<String, Object> variables = new LinkedHashMap<>();
    if (!call.id().isEmpty()) {
      variables.put("id", new WrittenText(call.id()));
    }
    variables.put("type", "function");
    variables.put("function", written(ToolJson.call(call, false)));
    return variables;
  }

  /** A value of JSON with all of its texts marked; names of its own keys are the format's. */
  private static Object written(Object value) {
    return switch (value) {
      case String text -> new WrittenText(text);
      case List<?> list -> {
        List<Object> marked = new ArrayList<>();
        list.forEach(element -> marked.add(written(element)));
        yield marked;
      }
      case Map<?, ?> map -> {
        Map<Object, Object> marked = new LinkedHashMap<>();
        map.forEach((key, element) -> marked.put(written(key), written(element)));
        yield marked;
      }
      case null, default -> value;
    };
  }

  /**
   * Where an answer that is to be continued ends in the rendered text: what the template writes
   * behind it goes.
   *
   * @throws IllegalArgumentException if the template did not write the answer
   */
  static int endOfPrefix(String rendered, String prefix) {
    String stripped = prefix.strip();
    int place = rendered.lastIndexOf(stripped);
    if (place < 0) {
      throw new IllegalArgumentException(
          "messages: the chat template does not write the beginning of the answer as it is, so it"
              + " cannot be continued");
    }
    int whole = place + prefix.length();
    return rendered.startsWith(prefix, place) ? whole : place + prefix.stripTrailing().length();
  }
}
