package io.github.jmixtral.cli;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.PythonJson;
import io.github.jmixtral.internal.jinja.JinjaException;
import io.github.jmixtral.internal.jinja.JinjaTemplate;
import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** Renders a line {@code {"template": "…", "context": {…}}}. */
final class TemplateLine {
  private TemplateLine() {}

  /**
   * {@code {"text": "…"}}, or {@code {"error": "…"}} if the template is broken or cannot render.
   *
   * @throws MalformedFileException if the line is of another form
   */
  static ObjectNode render(String line, String place) {
    Map<?, ?> object = read(line, place);
    if (!(object.get("template") instanceof String template)
        || !(object.get("context") instanceof Map<?, ?> context)) {
      throw new MalformedFileException(
          place, "an object such as {\"template\": \"…\", \"context\": {…}}", Excerpt.line(line));
    }
    Map<String, Object> variables = new LinkedHashMap<>();
    context.forEach((name, value) -> variables.put((String) name, value));
    try {
      return JsonLines.object().put("text", JinjaTemplate.parse(template).render(variables).text());
    } catch (JinjaException failure) {
      return JsonLines.object().put("error", failure.getMessage());
    }
  }

  private static Map<?, ?> read(String line, String place) {
    try {
      return PythonJson.parse(line) instanceof Map<?, ?> object ? object : Map.of();
    } catch (ParseException | IllegalArgumentException failure) {
      throw new MalformedFileException(
          place, "well-formed JSON", Excerpt.line(String.valueOf(failure.getMessage())), failure);
    }
  }
}
