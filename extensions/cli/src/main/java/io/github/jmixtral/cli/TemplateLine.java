package io.github.jmixtral.cli;

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
   * {@code {"text": "…"}}, or {@code {"error": "…"}} if the line is of another form, or the
   * template is broken or cannot render.
   */
  static ObjectNode render(String line) {
    try {
      if (!(PythonJson.parse(line) instanceof Map<?, ?> object
          && object.get("template") instanceof String template
          && object.get("context") instanceof Map<?, ?> context)) {
        return error(
            "expected an object such as {\"template\": \"…\", \"context\": {…}}, found "
                + Excerpt.line(line));
      }
      Map<String, Object> variables = new LinkedHashMap<>();
      context.forEach((name, value) -> variables.put((String) name, value));
      return JsonLines.object().put("text", JinjaTemplate.parse(template).render(variables).text());
    } catch (ParseException | IllegalArgumentException | JinjaException failure) {
      return error(failure.getMessage());
    }
  }

  private static ObjectNode error(String message) {
    return JsonLines.object().put("error", message);
  }
}
