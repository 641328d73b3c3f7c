package io.github.jmixtral.config;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A JSON object whose values are fetched by key and type. Absent and null are both empty; another
 * type is a {@link MalformedFileException} that names file, key, expected and found.
 */
final class JsonObject {
  private final String place;
  private final ObjectNode node;

  /**
   * @param place the file and, for an inner object, its key
   * @param node the object
   */
  JsonObject(String place, ObjectNode node) {
    this.place = place;
    this.node = node;
  }

  /** The file and a key, as messages name it. */
  String place(String key) {
    return place + ": " + key;
  }

  Collection<String> keys() {
    return node.propertyNames();
  }

  /** Whether the key stands there, if only with null. */
  boolean has(String key) {
    return node.has(key);
  }

  boolean isNull(String key) {
    return node.path(key).isNull();
  }

  boolean isArray(String key) {
    return node.path(key).isArray();
  }

  OptionalInt integer(String key) {
    return find(key).map(value -> OptionalInt.of(integer(key, value))).orElse(OptionalInt.empty());
  }

  int requiredInteger(String key) {
    return integer(key).orElseThrow(() -> missing(key, "an integer"));
  }

  List<Integer> integers(String key) {
    List<Integer> integers = new ArrayList<>();
    find(key).ifPresent(array -> array.forEach(value -> integers.add(integer(key, value))));
    return integers;
  }

  OptionalDouble number(String key) {
    Optional<JsonNode> value = find(key);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!value.get().isNumber()) {
      throw malformed(key, "a number", value.get());
    }
    // Beyond the range of double this is infinite, which the rules refuse.
    return OptionalDouble.of(value.get().asDouble(Double.POSITIVE_INFINITY));
  }

  Optional<Boolean> flag(String key) {
    return find(key).map(value -> flag(key, value));
  }

  Optional<String> string(String key) {
    return find(key).map(value -> string(key, value));
  }

  String requiredString(String key) {
    return string(key).orElseThrow(() -> missing(key, "a string"));
  }

  List<String> strings(String key) {
    List<String> strings = new ArrayList<>();
    Optional<JsonNode> array = find(key);
    if (array.isPresent()) {
      if (!array.get().isArray()) {
        throw malformed(key, "an array of strings", array.get());
      }
      array.get().forEach(value -> strings.add(string(key, value)));
    }
    return strings;
  }

  Optional<JsonObject> object(String key) {
    return find(key).map(value -> object(key, value));
  }

  private Optional<JsonNode> find(String key) {
    return node.optional(key).filter(value -> !value.isNull());
  }

  private int integer(String key, JsonNode value) {
    if (!value.isIntegralNumber()) {
      throw malformed(key, "an integer", value);
    }
    if (!value.canConvertToInt()) {
      throw malformed(key, "an integer below 2^31", value);
    }
    return value.intValue();
  }

  private boolean flag(String key, JsonNode value) {
    if (!value.isBoolean()) {
      throw malformed(key, "true or false", value);
    }
    return value.booleanValue();
  }

  private String string(String key, JsonNode value) {
    if (!value.isString()) {
      throw malformed(key, "a string", value);
    }
    return value.stringValue();
  }

  private JsonObject object(String key, JsonNode value) {
    if (!(value instanceof ObjectNode object)) {
      throw malformed(key, "a JSON object", value);
    }
    return new JsonObject(place(key), object);
  }

  private MalformedFileException malformed(String key, String expected, JsonNode found) {
    return new MalformedFileException(place(key), expected, Excerpt.line(found.toString()));
  }

  private MalformedFileException missing(String key, String expected) {
    return new MalformedFileException(place(key), expected, isNull(key) ? "null" : "no such key");
  }
}
