package io.github.jmixtral.config;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.JsonFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A JSON object whose values are fetched by key and type. Absent and null are both empty; another
 * type is an exception that names file, key, expected and found.
 */
final class JsonObject {
  private static final Logger LOGGER = LoggerFactory.getLogger(MixtralConfig.class);

  private final String file;
  private final String path;
  private final ObjectNode node;
  private final UnaryOperator<String> spelling;

  /**
   * @param file the file that it was read from; empty: a caller gave it
   * @param path the keys of the objects around it, each with {@code ": "} behind it
   * @param spelling how the file spells a key
   */
  private JsonObject(String file, String path, ObjectNode node, UnaryOperator<String> spelling) {
    this.file = file;
    this.path = path;
    this.node = node;
    this.spelling = spelling;
  }

  /** What a file holds. */
  static JsonObject of(String file, ObjectNode node) {
    return new JsonObject(file, "", node, UnaryOperator.identity());
  }

  /** What a file holds in other keys; messages name the file's own. */
  static JsonObject of(String file, ObjectNode node, UnaryOperator<String> spelling) {
    return new JsonObject(file, "", node, spelling);
  }

  /** What a caller gives: what is wrong with it is an {@link IllegalArgumentException}. */
  static JsonObject ofCaller(ObjectNode node) {
    return of("", node);
  }

  /** Whether a number is whole, as 20 and 20.0 are. */
  static boolean isWhole(JsonNode value) {
    return value.isNumber() && value.canConvertToExactIntegral();
  }

  ObjectNode node() {
    return node;
  }

  /** The file and a key, as messages name it. */
  String place(String key) {
    String inFile = path + spelling.apply(key);
    return file.isEmpty() ? inFile : file + ": " + inFile;
  }

  /** What is wrong with a value: the file's fault, or the caller's. */
  RuntimeException wrong(String key, String expected, String found) {
    return file.isEmpty()
        ? new IllegalArgumentException(place(key) + ": expected " + expected + ", found " + found)
        : new MalformedFileException(place(key), expected, found);
  }

  /** Asks for a rule to be kept. */
  void require(boolean kept, String key, String expected, Object found) {
    if (!kept) {
      throw wrong(key, expected, String.valueOf(found));
    }
  }

  /**
   * Reads what a model runs without: what is wrong with it in a file is named in the log, and then
   * it is as if it were absent.
   */
  <T> T unneeded(T otherwise, Supplier<T> read) {
    try {
      return read.get();
    } catch (MalformedFileException fault) {
      LOGGER.warn("{}; passed over", fault.getMessage());
      return otherwise;
    }
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

  OptionalInt integer(String key) {
    return find(key).map(value -> OptionalInt.of(integer(key, value))).orElse(OptionalInt.empty());
  }

  int requiredInteger(String key) {
    return integer(key).orElseThrow(() -> missing(key, "an integer"));
  }

  int positive(String key, int otherwise) {
    int value = integer(key).orElse(otherwise);
    require(value > 0, key, "a positive number", value);
    return value;
  }

  int requiredPositive(String key) {
    return positive(key, requiredInteger(key));
  }

  /** One id or a list of them; negative ones stand for none. */
  List<Integer> ids(String key) {
    List<Integer> ids = new ArrayList<>();
    JsonNode value = node.path(key);
    if (value.isArray()) {
      value.forEach(id -> ids.add(integer(key, id)));
    } else {
      integer(key).ifPresent(ids::add);
    }
    return ids.stream().filter(id -> id >= 0).toList();
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

  double positive(String key, double otherwise) {
    double value = number(key).orElse(otherwise);
    require(Double.isFinite(value) && value > 0, key, "a positive number", value);
    return value;
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

  /** Refuses what another model would have here. */
  void requireSupported(boolean supported, String key, String expected, String found) {
    if (!supported) {
      throw new UnsupportedCheckpointException(place(key), expected, found);
    }
  }

  private Optional<JsonNode> find(String key) {
    return node.optional(key).filter(value -> !value.isNull());
  }

  private int integer(String key, JsonNode value) {
    if (!isWhole(value)) {
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
    return new JsonObject(file, path + spelling.apply(key) + ": ", object, spelling);
  }

  private RuntimeException malformed(String key, String expected, JsonNode found) {
    return wrong(key, expected, JsonFile.excerpt(found));
  }

  RuntimeException missing(String key, String expected) {
    if (isNull(key)) {
      return wrong(key, expected, "null");
    }
    String problem = "the key is missing; it should be " + expected;
    return file.isEmpty()
        ? new IllegalArgumentException(place(key) + ": " + problem)
        : new MalformedFileException(place(key), problem);
  }
}
