package io.github.jmixtral.langchain4j;

import dev.langchain4j.internal.Json;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Schemas of LangChain4j as JSON. */
final class Schemas {
  private Schemas() {}

  /**
   * The JSON of a schema. An object without properties within it may have any: LangChain4j
   * describes maps so.
   */
  static String json(JsonSchemaElement schema) {
    Map<String, Object> root = JsonSchemaElementUtils.toMap(schema);
    Map<String, @Nullable Object> opened = new LinkedHashMap<>();
    root.forEach((name, value) -> opened.put(name, opened(value)));
    return Json.toJson(opened);
  }

  private static @Nullable Object opened(@Nullable Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        Map<Object, @Nullable Object> copy = new LinkedHashMap<>();
        map.forEach((name, part) -> copy.put(name, opened(part)));
        boolean isMap =
            "object".equals(map.get("type"))
                && map.get("properties") instanceof Map<?, ?> properties
                && properties.isEmpty();
        if (isMap) {
          copy.putIfAbsent("additionalProperties", true);
        }
        yield copy;
      }
      case Collection<?> list -> list.stream().map(Schemas::opened).toList();
      case null, default -> value;
    };
  }
}
