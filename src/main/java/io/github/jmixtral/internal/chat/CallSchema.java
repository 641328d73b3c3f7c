package io.github.jmixtral.internal.chat;

import io.github.jmixtral.internal.format.PythonJson;
import io.github.jmixtral.tokenizer.Tool;
import java.math.BigInteger;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The JSON Schema of a list of calls, made of the schemas of tools. */
public final class CallSchema {
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
      calls.add(call(tool, "urn:tool:" + calls.size()));
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

  private static Map<String, Object> call(Tool tool, String id) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("name", Map.of("const", tool.name()));
    members.put("arguments", arguments(tool, id));
    members.put("id", Map.of("type", "string", "pattern", "^[a-zA-Z0-9]{9}$"));
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("type", "object");
    call.put("properties", members);
    call.put("required", List.of("name", "arguments"));
    call.put("additionalProperties", false);
    return call;
  }

  /**
   * The tool's schema as the root of its own references. Arguments are an object, also where it
   * does not say it.
   */
  private static Object arguments(Tool tool, String id) {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("$id", id);
    schema.put("type", "object");
    try {
      ((Map<?, ?>) Objects.requireNonNull(PythonJson.parse(tool.parameters())))
          .forEach((keyword, value) -> schema.put((String) keyword, value));
    } catch (ParseException e) {
      throw new AssertionError("a tool's parameters are JSON", e);
    }
    if (schema.get("type") instanceof List<?> types && types.contains("object")) {
      schema.put("type", "object");
    }
    return schema;
  }
}
