package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A value within a schema.
 *
 * @param pointer where it stands, as a JSON pointer behind {@code #}
 */
record SchemaPart(String pointer, JsonNode node) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder(JsonFile.STRICT) // whose limit on nesting bounds the recursion
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  /**
   * Reads a schema.
   *
   * @throws IllegalArgumentException when it is not JSON
   */
  static SchemaPart read(String schema) {
    try {
      return new SchemaPart("#", MAPPER.readTree(schema));
    } catch (JacksonException failure) {
      throw new IllegalArgumentException("schema: " + JsonFile.problem(failure), failure);
    }
  }

  /** The value of a key, if it is there. */
  Optional<SchemaPart> find(String key) {
    return node.optional(key).map(value -> child(key, value));
  }

  boolean isFalse() {
    return node.isBoolean() && !node.booleanValue();
  }

  boolean isTrue() {
    return node.isBoolean() && node.booleanValue();
  }

  boolean has(String key) {
    return node.has(key);
  }

  /** The entries of an object, in order. */
  List<SchemaPart> entries() {
    if (!node.isObject()) {
      throw refuse("an object", describe());
    }
    List<SchemaPart> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      entries.add(child(entry.getKey(), entry.getValue()));
    }
    return entries;
  }

  /** The elements of an array. */
  List<SchemaPart> elements() {
    if (!node.isArray()) {
      throw refuse("an array", describe());
    }
    List<SchemaPart> elements = new ArrayList<>();
    for (JsonNode element : node) {
      elements.add(child("" + elements.size(), element));
    }
    return elements;
  }

  String string() {
    if (!node.isString()) {
      throw refuse("a string", describe());
    }
    return node.stringValue();
  }

  BigDecimal number() {
    if (!node.isNumber()) {
      throw refuse("a number", describe());
    }
    return node.decimalValue();
  }

  /** A whole number of at least 0; what is larger than an int counts as the largest int. */
  int count() {
    BigDecimal value = number();
    if (value.signum() < 0 || value.stripTrailingZeros().scale() > 0) {
      throw refuse("a whole number of at least 0", describe());
    }
    return value.min(BigDecimal.valueOf(Integer.MAX_VALUE)).intValueExact();
  }

  /** The pointer, fit for a message. */
  String place() {
    return Excerpt.line(pointer);
  }

  /** The name of the last step of the pointer. */
  String name() {
    String last = pointer.substring(pointer.lastIndexOf('/') + 1);
    return last.replace("~1", "/").replace("~0", "~");
  }

  String describe() {
    return Excerpt.line(node.toString());
  }

  /** What is wrong here, as the rest of the sentence. */
  IllegalArgumentException refuse(String problem) {
    return new IllegalArgumentException("schema: " + place() + ": " + problem);
  }

  /** A value here is another than it should be. */
  IllegalArgumentException refuse(String expected, String found) {
    return refuse("expected " + expected + ", found " + found);
  }

  private SchemaPart child(String key, JsonNode value) {
    return new SchemaPart(pointer + "/" + key.replace("~", "~0").replace("/", "~1"), value);
  }
}
