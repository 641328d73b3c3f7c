package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.PythonJson;
import java.math.BigInteger;
import java.text.ParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** What JSON Schema draft 7 asks of a schema itself: the rules of its meta-schema. */
final class SchemaRules {
  private static final Set<String> TYPES =
      Set.of("array", "boolean", "integer", "null", "number", "object", "string");

  private SchemaRules() {}

  /**
   * Checks a schema.
   *
   * @param place where it stands, as messages name it
   * @param schema JSON text
   * @throws IllegalArgumentException if it is none; the message names the place
   */
  static void check(String place, String schema) {
    try {
      checkSchema(place + ": #", PythonJson.parse(schema));
    } catch (ParseException failure) {
      throw new IllegalArgumentException(
          place + ": must be JSON, but is not: " + failure.getMessage(), failure);
    }
  }

  private static void checkSchema(String place, @Nullable Object schema) {
    if (schema instanceof Map<?, ?> keywords) {
      keywords.forEach(
          (keyword, value) -> checkKeyword(place + "/" + keyword, (String) keyword, value));
    } else {
      require(schema instanceof Boolean, place, "a schema: an object, true or false", schema);
    }
  }

  private static void checkKeyword(String place, String keyword, @Nullable Object value) {
    switch (keyword) {
      case "$id",
          "$schema",
          "$ref",
          "$comment",
          "title",
          "description",
          "format",
          "contentMediaType",
          "contentEncoding" ->
          require(value instanceof String, place, "a text", value);
      case "readOnly", "uniqueItems" ->
          require(value instanceof Boolean, place, "true or false", value);
      case "enum", "examples" -> require(value instanceof List, place, "a list", value);
      case "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum" ->
          require(value instanceof Number, place, "a number", value);
      case "multipleOf" ->
          require(
              value instanceof Number number && number.doubleValue() > 0,
              place,
              "a number above 0",
              value);
      case "maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties" ->
          require(isCount(value), place, "an integer of 0 or more", value);
      case "required" -> checkNames(place, value);
      case "type" -> checkType(place, value);
      case "pattern" -> checkPattern(place, value);
      case "additionalItems",
          "contains",
          "additionalProperties",
          "propertyNames",
          "if",
          "then",
          "else",
          "not" ->
          checkSchema(place, value);
      case "allOf", "anyOf", "oneOf" -> checkSchemas(place, value);
      case "items" -> {
        if (value instanceof List) {
          checkSchemas(place, value);
        } else {
          checkSchema(place, value);
        }
      }
      case "definitions", "properties", "patternProperties", "dependencies" ->
          checkMembers(place, keyword, value);
      default -> {
        // An annotation, or a keyword of another draft.
      }
    }
  }

  private static void checkMembers(String place, String keyword, @Nullable Object value) {
    if (!(value instanceof Map<?, ?> members)) {
      throw refused(place, "an object", value);
    }
    members.forEach(
        (name, member) -> {
          String at = place + "/" + Excerpt.line((String) name);
          if (keyword.equals("patternProperties")) {
            checkPattern(at, name);
          }
          if (keyword.equals("dependencies") && member instanceof List) {
            checkNames(at, member);
          } else {
            checkSchema(at, member);
          }
        });
  }

  private static void checkSchemas(String place, @Nullable Object value) {
    if (!(value instanceof List<?> list) || list.isEmpty()) {
      throw refused(place, "a list of at least one schema", value);
    }
    for (int i = 0; i < list.size(); i++) {
      checkSchema(place + "/" + i, list.get(i));
    }
  }

  private static void checkNames(String place, @Nullable Object value) {
    require(
        value instanceof List<?> list
            && list.stream().allMatch(String.class::isInstance)
            && new HashSet<>(list).size() == list.size(),
        place,
        "a list of names, each once",
        value);
  }

  private static void checkType(String place, @Nullable Object value) {
    boolean known =
        switch (value) {
          case String type -> TYPES.contains(type);
          case List<?> list ->
              !list.isEmpty()
                  && new HashSet<>(list).size() == list.size()
                  && list.stream()
                      .allMatch(type -> type instanceof String name && TYPES.contains(name));
          case null, default -> false;
        };
    require(
        known,
        place,
        "array, boolean, integer, null, number, object or string, or a list of these",
        value);
  }

  private static void checkPattern(String place, @Nullable Object value) {
    if (!(value instanceof String pattern)) {
      throw refused(place, "a regular expression", value);
    }
    try {
      PythonPattern.check(pattern);
    } catch (PatternSyntaxException failure) {
      throw new IllegalArgumentException(
          place
              + ": must be a regular expression, but is "
              + Excerpt.quote(pattern)
              + " ("
              + Excerpt.line(failure.getDescription())
              + ")",
          failure);
    }
  }

  private static boolean isCount(@Nullable Object value) {
    return switch (value) {
      case BigInteger integer -> integer.signum() >= 0;
      case Double number -> number >= 0 && number == Math.rint(number) && !number.isInfinite();
      case null, default -> false;
    };
  }

  private static void require(boolean met, String place, String rule, @Nullable Object found) {
    if (!met) {
      throw refused(place, rule, found);
    }
  }

  private static IllegalArgumentException refused(
      String place, String rule, @Nullable Object found) {
    return new IllegalArgumentException(
        Excerpt.line(place)
            + ": must be "
            + rule
            + ", but is "
            + Excerpt.line(PythonJson.write(found)));
  }
}
