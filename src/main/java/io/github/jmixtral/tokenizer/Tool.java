package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.PythonJson;
import java.text.ParseException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tool that the model may call. Immutable.
 *
 * <pre>{@code
 * Tool.of("weather", "The weather at a place.",
 *     """
 *     {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}""")
 * }</pre>
 *
 * @since 0.1.0
 */
public final class Tool {
  private final String name;
  private final String description;
  private final String parameters;

  private Tool(String name, String description, String parameters) {
    this.name = name;
    this.description = description;
    this.parameters = parameters;
  }

  /**
   * A tool.
   *
   * @param name 1 to 64 letters, digits, {@code _} and {@code -}
   * @param description what it does, for the model; may be empty
   * @param parameters the JSON Schema (draft 7) of its arguments as JSON text: an object, <code>{}
   *     </code> where anything goes
   * @throws IllegalArgumentException if {@code parameters} is no JSON object, or a text has half a
   *     surrogate pair
   */
  public static Tool of(String name, String description, String parameters) {
    Objects.requireNonNull(parameters, "parameters");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(description, "description");
    UnicodeText.require("name of a tool", name);
    UnicodeText.require("description of the tool " + Excerpt.quote(name), description);
    String place = "parameters of the tool " + Excerpt.quote(name);
    Object value = value(place, parameters);
    if (!(value instanceof Map)) {
      throw new IllegalArgumentException(
          place + ": must be a JSON object, but are " + Excerpt.quote(parameters));
    }
    UnicodeText.require(place, PythonJson.write(value));
    return new Tool(name, description, parameters);
  }

  private static @Nullable Object value(String place, String parameters) {
    try {
      return PythonJson.parse(parameters);
    } catch (ParseException failure) {
      throw new IllegalArgumentException(
          place + ": must be JSON, but are not: " + failure.getMessage(), failure);
    } catch (IllegalArgumentException limit) {
      throw new IllegalArgumentException(place + ": " + limit.getMessage(), limit);
    }
  }

  /** The name by which the model calls it. */
  public String name() {
    return name;
  }

  /** What it does, for the model. */
  public String description() {
    return description;
  }

  /** The JSON Schema of its arguments as JSON text. */
  public String parameters() {
    return parameters;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tool that
        && name.equals(that.name)
        && description.equals(that.description)
        && parameters.equals(that.parameters);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, description, parameters);
  }

  @Override
  public String toString() {
    return "Tool[name="
        + name
        + ", description="
        + description
        + ", parameters="
        + parameters
        + "]";
  }
}
