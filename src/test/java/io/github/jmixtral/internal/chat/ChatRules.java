package io.github.jmixtral.internal.chat;

import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The rules of Mistral's chat formats once more, written plainly, for conversations that fit. */
final class ChatRules {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private final int version;
  private final Tokenizer tokenizer;
  private final List<Integer> ids = new ArrayList<>();

  private ChatRules(int version, Tokenizer tokenizer) {
    this.version = version;
    this.tokenizer = tokenizer;
  }

  /** The ids of a conversation in OpenAI's form. */
  static int[] ids(int version, Tokenizer tokenizer, JsonNode chat) {
    ChatRules rules = new ChatRules(version, tokenizer);
    rules.conversation(chat);
    return rules.ids.stream().mapToInt(id -> id).toArray();
  }

  private void conversation(JsonNode chat) {
    List<ObjectNode> messages = joined(chat.get("messages"));
    boolean goesOn = chat.path("continue_final_message").asBoolean(false);
    int[] users =
        IntStream.range(0, messages.size())
            .filter(i -> messages.get(i).get("role").asString().equals("user"))
            .toArray();
    int last = users[users.length - 1];
    String system = system(chat.get("messages"));
    control("<s>");
    for (int i = 0; i < messages.size(); i++) {
      ObjectNode message = messages.get(i);
      String text = message.get("content").asString();
      boolean open = message.path("prefix").asBoolean(false) || goesOn && i == messages.size() - 1;
      switch (message.get("role").asString()) {
        case "user" -> {
          boolean holdsSystem = !system.isEmpty() && i == (version == 1 ? users[0] : last);
          String whole = holdsSystem ? system + "\n\n" + text : text;
          if (version == 1) {
            text("[INST] " + whole + " [/INST]");
          } else {
            if (i == last && chat.path("tools").size() > 0) {
              control("[AVAILABLE_TOOLS]");
              text(tools(chat.get("tools")));
              control("[/AVAILABLE_TOOLS]");
            }
            control("[INST]");
            text(whole);
            control("[/INST]");
          }
        }
        case "assistant" -> {
          if (message.path("tool_calls").size() > 0) {
            if (version == 2 && i < last) {
              continue;
            }
            control("[TOOL_CALLS]");
            text(calls(message.get("tool_calls")));
          } else {
            text(version == 1 ? text : text.replaceAll(" +$(?![\\s\\S])", ""));
          }
          if (!open) {
            control("</s>");
          }
        }
        default -> {
          if (version == 2 && i < last) {
            continue;
          }
          control("[TOOL_RESULTS]");
          text(result(message));
          control("[/TOOL_RESULTS]");
        }
      }
    }
  }

  private void control(String piece) {
    ids.add(tokenizer.id(piece).orElseThrow());
  }

  private void text(String text) {
    for (int id : tokenizer.encodePlain(text)) {
      ids.add(id);
    }
  }

  private static String content(JsonNode message) {
    JsonNode content = message.path("content");
    if (!content.isArray()) {
      return content.isString() ? content.asString() : "";
    }
    List<String> parts = new ArrayList<>();
    for (JsonNode part : content) {
      if (!part.get("text").asString().isEmpty()) {
        parts.add(part.get("text").asString());
      }
    }
    return String.join("\n\n", parts);
  }

  private static String system(JsonNode messages) {
    List<String> texts = new ArrayList<>();
    for (JsonNode message : messages) {
      if (message.get("role").asString().equals("system")
          && (message.get("content").isArray() || !content(message).isEmpty())) {
        texts.add(content(message));
      }
    }
    return String.join("\n\n", texts);
  }

  private static List<ObjectNode> joined(JsonNode messages) {
    List<ObjectNode> joined = new ArrayList<>();
    String previous = "";
    for (JsonNode message : messages) {
      String role = message.get("role").asString();
      boolean same = role.equals(previous) && !role.equals("tool") && !role.equals("system");
      if (same) {
        ObjectNode last = joined.getLast();
        String before = last.get("content").asString();
        String more = content(message);
        last.put("content", before + (before.isEmpty() || more.isEmpty() ? "" : "\n\n") + more);
        message.path("tool_calls").forEach(last.withArray("tool_calls")::add);
        last.put("prefix", message.path("prefix").asBoolean(false));
      } else if (!role.equals("system")) {
        ObjectNode copy = ((ObjectNode) message).deepCopy();
        copy.put("content", content(message));
        joined.add(copy);
      }
      previous = role;
    }
    if (joined.isEmpty() || !joined.getFirst().get("role").asString().equals("user")) {
      joined.addFirst(MAPPER.createObjectNode().put("role", "user").put("content", ""));
    }
    return joined;
  }

  private static String tools(JsonNode tools) {
    List<String> written = new ArrayList<>();
    for (JsonNode tool : tools) {
      JsonNode function = tool.get("function");
      written.add(
          "{\"type\": \"function\", \"function\": {\"name\": %s, \"description\": %s, \"parameters\": %s}}"
              .formatted(
                  dump(function.get("name")),
                  function.path("description").isString()
                      ? dump(function.get("description"))
                      : "\"\"",
                  function.path("parameters").isObject()
                      ? dump(function.get("parameters"))
                      : "{}"));
    }
    return "[" + String.join(", ", written) + "]";
  }

  private String calls(JsonNode calls) {
    List<String> written = new ArrayList<>();
    for (JsonNode call : calls) {
      JsonNode function = call.get("function");
      String id = version == 3 ? ", \"id\": " + dump(call.get("id")) : "";
      written.add(
          "{\"name\": %s, \"arguments\": %s%s}"
              .formatted(dump(function.get("name")), value(function.get("arguments")), id));
    }
    return "[" + String.join(", ", written) + "]";
  }

  private String result(JsonNode message) {
    String content = value(message.get("content"));
    if (version == 2) {
      String name = message.path("name").isString() ? dump(message.get("name")) : "null";
      return "[{\"name\": %s, \"content\": %s}]".formatted(name, content);
    }
    return "{\"content\": %s, \"call_id\": %s}"
        .formatted(content, dump(message.get("tool_call_id")));
  }

  /** A text that may hold JSON, as JSON. */
  private static String value(JsonNode node) {
    if (!node.isString()) {
      return node.isNull() ? "{}" : dump(node);
    }
    if (node.asString().isEmpty()) {
      return "{}";
    }
    try {
      JsonNode parsed = MAPPER.readTree(node.asString());
      return parsed.isMissingNode() ? dump(node) : dump(parsed);
    } catch (JacksonException notJson) {
      return dump(node);
    }
  }

  private static String dump(JsonNode node) {
    if (node.isObject()) {
      List<String> members = new ArrayList<>();
      for (Map.Entry<String, JsonNode> member : node.properties()) {
        members.add(quoted(member.getKey()) + ": " + dump(member.getValue()));
      }
      return "{" + String.join(", ", members) + "}";
    }
    if (node.isArray()) {
      List<String> elements = new ArrayList<>();
      node.forEach(element -> elements.add(dump(element)));
      return "[" + String.join(", ", elements) + "]";
    }
    if (node.isString()) {
      return quoted(node.asString());
    }
    return node.isFloatingPointNumber() ? number(node.doubleValue()) : node.toString();
  }

  /** The fewest digits that give the number back, as Python writes them. */
  static String number(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return "" + value;
    }
    int precision = 0;
    while (Double.parseDouble(scientific(value, precision)) != value) {
      precision++;
    }
    String text = scientific(value, precision);
    int exponent = Integer.parseInt(text.substring(text.indexOf('e') + 1));
    if (value != 0 && (exponent < -4 || exponent > 15)) {
      return text;
    }
    return String.format("%." + Math.max(1, precision - exponent) + "f", value);
  }

  private static String scientific(double value, int precision) {
    return String.format("%." + precision + "e", value);
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char unit : text.toCharArray()) {
      int named = "\"\\\n\r\t\b\f".indexOf(unit);
      if (named >= 0) {
        quoted.append('\\').append("\"\\nrtbf".charAt(named));
      } else if (unit < 32) {
        quoted.append(String.format("\\u%04x", (int) unit));
      } else {
        quoted.append(unit);
      }
    }
    return quoted.append('"').toString();
  }
}
