package io.github.jmixtral.internal.chat;

import io.github.jmixtral.internal.format.PythonJson;
import io.github.jmixtral.tokenizer.Tool;
import java.math.BigInteger;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The JSON Schema of a list of calls, made of the schemas of tools. */
public final class CallSchema {
  /** Their values are no schemas. */
  private static final Set<String> VALUES = Set.of("const", "enum", "default", "examples");

  private CallSchema() {}

  /**
   * The schema of {@code [{"name": …, "arguments": …, "id": …}]}, the id of nine letters or digits
   * as models write it, if they do.
   *
   * @param tools at least one
   * @param single whether there is one call
   */
  public static String of(List<Tool> tools, boolean single) {
    List<Object> calls = new ArrayList<>();
    for (Tool tool : tools) {
      calls.add(call(tool, "#/items/anyOf/" + calls.size() + "/properties/arguments"));
    }
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "array");
    schema.put("minItems", BigInteger.ONE);
    if (single) {
      schema.put("maxItems", BigInteger.ONE);
    }
    schema.put("items", Map.of("anyOf", calls));
    return PythonJson.write(schema);
  }

  private static Map<String, Object> call(Tool tool, String place) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("name", Map.of("const", tool.name()));
    members.put("arguments", arguments(tool, place));
    members.put("id", Map.of("type", "string", "pattern", "^[a-zA-Z0-9]{9}$"));
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("type", "object");
    call.put("properties", members);
    call.put("required", List.of("name", "arguments"));
    call.put("additionalProperties", false);
    return call;
  }

  /** Arguments are an object, also where a tool's schema does not say it. */
  private static Object arguments(Tool tool, String place) {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    try {
      ((Map<?, ?>) moved(PythonJson.parse(tool.parameters()), place))
          .forEach((keyword, value) -> schema.put((String) keyword, value));
    } catch (ParseException e) {
      throw new AssertionError("a tool's parameters are JSON", e);
    }
    return schema;
  }

  /** A schema with references that hold where it stands now. */
  private static Object moved(Object schema, String place) {
    return switch (schema) {
      case Map<?, ?> map -> {
        Map<String, Object> moved = new LinkedHashMap<>();
        map.forEach(
            (key, value) ->
                moved.put(
                    (String) key,
                    VALUES.contains(key)
                        ? value
                        : key.equals("$ref") && value instanceof String reference
                            ? reference(reference, place)
                            : moved(value, place)));
        yield moved;
      }
      case List<?> list -> list.stream().map(element -> moved(element, place)).toList();
      case null, default -> schema;
    };
  }

  private static String reference(String reference, String place) {
    return reference.equals("#") || reference.startsWith("#/")
        ? place + reference.substring(1)
        : reference;
  }
}
