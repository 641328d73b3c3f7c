package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The content of a message: a text, or a list of parts that must be texts. */
public final class ContentParts {
  private ContentParts() {}

  /**
   * The texts of a content.
   *
   * @throws ApiException if it is neither a text nor a list of parts, or a part is no text
   */
  public static String[] read(String place, JsonNode content) {
    if (content.isString()) {
      return new String[] {Fields.text(place, content)};
    }
    if (!content.isArray()) {
      throw Refusal.value(place, "must be a string or a list of parts");
    }
    List<JsonNode> values = Fields.list(place, content);
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      parts.add(part(Fields.at(place + "[" + i + "]", values.get(i))));
    }
    if (parts.isEmpty()) {
      throw Refusal.value(place, "holds no part");
    }
    return parts.toArray(String[]::new);
  }

  private static String part(Fields part) {
    String type = part.requireText("type");
    return switch (type) {
      case "text", "input_text", "output_text" -> part.requireText("text");
      case "refusal" -> part.requireText("refusal");
      default ->
          throw Refusal.value(
              part.place("type"),
              "is " + Refusal.excerpt(type) + ", but this model reads texts only");
    };
  }
}
