package io.github.jmixtral.tokenizer;

import com.hubspot.jinjava.interpret.InterpretException;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.AdvancedFilter;
import java.util.List;
import java.util.Map;

/**
 * The filter {@code tojson} as chat templates know it: Python's {@code json.dumps} with {@code
 * ensure_ascii=False}, so {@code {"a": [1, true]}} with a space behind colons and commas.
 */
final class PythonJson implements AdvancedFilter {
  private static final int DEEPEST = 50;
  private static final int WIDEST_INDENT = 16;

  private final int longest;

  /**
   * @param longest most characters that are written
   */
  PythonJson(int longest) {
    this.longest = longest;
  }

  @Override
  public String getName() {
    return "tojson";
  }

  @Override
  public Object filter(
      Object value,
      JinjavaInterpreter interpreter,
      Object[] arguments,
      Map<String, Object> namedArguments) {
    Object indent =
        arguments.length > 0 ? arguments[0] : namedArguments.getOrDefault("indent", null);
    int width = indent instanceof Number number ? number.intValue() : 0;
    if (width < 0 || width > WIDEST_INDENT) {
      throw new InterpretException("tojson: expected an indent up to 16, found " + width);
    }
    StringBuilder json = new StringBuilder();
    write(value, json, width, 1);
    return json.toString();
  }

  private void write(Object value, StringBuilder json, int indent, int depth) {
    if (depth > DEEPEST || json.length() > longest) {
      throw new InterpretException("tojson: expected a smaller value");
    }
    switch (value) {
      case null -> json.append("null");
      case Boolean bool -> json.append(bool);
      case Number number -> json.append(number);
      case Map<?, ?> map -> {
        json.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          separate(json, separator, indent, depth);
          writeString(String.valueOf(entry.getKey()), json);
          json.append(": ");
          write(entry.getValue(), json, indent, depth + 1);
          separator = indent > 0 ? "," : ", ";
        }
        end(json, map.isEmpty(), indent, depth).append('}');
      }
      case List<?> list -> {
        json.append('[');
        String separator = "";
        for (Object element : list) {
          separate(json, separator, indent, depth);
          write(element, json, indent, depth + 1);
          separator = indent > 0 ? "," : ", ";
        }
        end(json, list.isEmpty(), indent, depth).append(']');
      }
      default -> writeString(value.toString(), json);
    }
  }

  private static void separate(StringBuilder json, String separator, int indent, int depth) {
    json.append(separator);
    if (indent > 0) {
      json.append('\n').repeat(' ', indent * depth);
    }
  }

  private static StringBuilder end(StringBuilder json, boolean empty, int indent, int depth) {
    return indent > 0 && !empty ? json.append('\n').repeat(' ', indent * (depth - 1)) : json;
  }

  private static void writeString(String text, StringBuilder json) {
    json.append('"');
    for (char unit : text.toCharArray()) {
      switch (unit) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        case '\b' -> json.append("\\b");
        case '\f' -> json.append("\\f");
        default -> {
          if (unit < ' ') {
            json.append(String.format("\\u%04x", (int) unit));
          } else {
            json.append(unit);
          }
        }
      }
    }
    json.append('"');
  }
}
