package io.github.jmixtral.openai.internal.json;

import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of an object of a request. A field that is null counts as absent, one of the wrong
 * kind or out of range is refused with its place, such as {@code messages[0].role}.
 */
public final class Fields {
  private final ObjectNode node;
  private final String path;

  private Fields(ObjectNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /**
   * The fields of a whole request.
   *
   * @throws ApiException if it is no object
   */
  public static Fields of(JsonNode body) {
    if (body instanceof ObjectNode object) {
      return new Fields(object, "");
    }
    throw new ApiException(
        ApiError.invalid(
            "The body must be a JSON object, but is " + Refusal.excerpt(body) + ".", null, null));
  }

  /**
   * The fields of an object in a list or field.
   *
   * @throws ApiException if it is no object
   */
  public static Fields at(String place, JsonNode node) {
    if (node instanceof ObjectNode object) {
      return new Fields(object, place);
    }
    throw Refusal.type(place, "an object", node);
  }

  /** The place of a field, as errors name it. */
  public String place(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** Whether a field is there and not null. */
  public boolean has(String name) {
    return find(name).isPresent();
  }

  /** A field of any kind. */
  public Optional<JsonNode> find(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  /** A field of any kind that must be there. */
  public JsonNode require(String name) {
    return find(name).orElseThrow(() -> Refusal.missing(place(name)));
  }

  /** A text of valid Unicode. */
  public Optional<String> text(String name) {
    return find(name).map(value -> text(place(name), value));
  }

  /** A text that must be there. */
  public String requireText(String name) {
    return text(place(name), require(name));
  }

  /** A value that must be a text of valid Unicode. */
  public static String text(String place, JsonNode value) {
    if (!value.isString()) {
      throw Refusal.type(place, "a string", value);
    }
    String text = value.stringValue();
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw Refusal.value(place, "holds half a surrogate pair, which is no character");
    }
    return text;
  }

  /** One of several words that must be there. */
  public String requireWord(String name, List<String> words) {
    require(name);
    return word(name, words).orElseThrow();
  }

  /** One of several words. */
  public Optional<String> word(String name, List<String> words) {
    Optional<String> word = text(name);
    if (word.isPresent() && !words.contains(word.get())) {
      throw Refusal.range(place(name), "one of " + String.join(", ", words), require(name));
    }
    return word;
  }

  /** True or false. */
  public Optional<Boolean> flag(String name) {
    Optional<JsonNode> value = find(name);
    if (value.isPresent() && !value.get().isBoolean()) {
      throw Refusal.type(place(name), "true or false", value.get());
    }
    return value.map(JsonNode::booleanValue);
  }

  /** Whether a field is there and true. */
  public boolean isTrue(String name) {
    return flag(name).orElse(false);
  }

  /** A whole number within bounds. */
  public OptionalInt integer(String name, int least, int most) {
    Optional<JsonNode> value = find(name);
    return value.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(integer(place(name), value.get(), least, most));
  }

  /** A value that must be a whole number within bounds. */
  public static int integer(String place, JsonNode value, int least, int most) {
    String expected =
        most == Integer.MAX_VALUE
            ? "a whole number of at least " + least
            : "a whole number from " + least + " to " + most;
    if (!value.canConvertToExactIntegral()) {
      throw Refusal.type(place, expected, value);
    }
    if (!value.canConvertToInt() || value.asInt() < least || value.asInt() > most) {
      throw Refusal.range(place, expected, value);
    }
    return value.asInt();
  }

  /** A whole number of 64 bits. */
  public OptionalLong longInteger(String name) {
    Optional<JsonNode> value = find(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!value.get().canConvertToExactIntegral()) {
      throw Refusal.type(place(name), "a whole number", value.get());
    }
    if (!value.get().canConvertToLong()) {
      throw Refusal.range(place(name), "a whole number of 64 bits", value.get());
    }
    return OptionalLong.of(value.get().asLong());
  }

  /** A number within bounds, both included. */
  public OptionalDouble number(String name, double least, double most) {
    Optional<JsonNode> value = find(name);
    return value.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(number(place(name), value.get(), least, most));
  }

  /** A value that must be a number within bounds. */
  public static double number(String place, JsonNode value, double least, double most) {
    String expected =
        most == Double.MAX_VALUE
            ? "a number of at least " + plain(least)
            : "a number from " + plain(least) + " to " + plain(most);
    if (!value.isNumber()) {
      throw Refusal.type(place, expected, value);
    }
    double number = value.asDouble(Double.NaN);
    if (!(number >= least && number <= most)) {
      throw Refusal.range(place, expected, value);
    }
    return number;
  }

  private static String plain(double bound) {
    return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
  }

  /** An object. */
  public Optional<Fields> object(String name) {
    return find(name).map(value -> at(place(name), value));
  }

  /** An object that must be there. */
  public Fields requireObject(String name) {
    return at(place(name), require(name));
  }

  /** A list. */
  public Optional<List<JsonNode>> list(String name) {
    return find(name).map(value -> list(place(name), value));
  }

  /** A value that must be a list. */
  public static List<JsonNode> list(String place, JsonNode value) {
    if (value instanceof ArrayNode array) {
      return List.copyOf(array.values());
    }
    throw Refusal.type(place, "a list", value);
  }

  /** The objects of a list; none if it is absent. */
  public List<Fields> objects(String name) {
    List<JsonNode> values = list(name).orElse(List.of());
    List<Fields> objects = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      objects.add(at(place(name) + "[" + i + "]", values.get(i)));
    }
    return objects;
  }

  /** The texts of a list; none if it is absent. */
  public List<String> texts(String name) {
    return list(name).map(values -> texts(place(name), values)).orElse(List.of());
  }

  /** Values that must be texts. */
  public static List<String> texts(String place, List<JsonNode> values) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      texts.add(text(place + "[" + i + "]", values.get(i)));
    }
    return texts;
  }

  /** A JSON schema: an object, or the text of one. */
  public Optional<String> schema(String name) {
    return find(name).map(value -> schema(place(name), value));
  }

  /** A value that must be a JSON schema: an object, or the text of one. */
  public static String schema(String place, JsonNode value) {
    JsonNode schema = value.isString() ? Json.readWithin(text(place, value), place) : value;
    if (!schema.isObject()) {
      throw Refusal.type(place, "a JSON schema", value);
    }
    return schema.toString();
  }

  /**
   * Refuses a field that would change the answer and that cannot be heeded.
   *
   * @param name a field that may be absent, null, false, empty or 0
   * @param reason what is so, and what to do
   */
  public void refuse(String name, String reason) {
    Optional<JsonNode> value = find(name);
    if (value.isPresent() && !isNothing(value.get())) {
      throw Refusal.unsupported(place(name), reason);
    }
  }

  private static boolean isNothing(JsonNode value) {
    return value.isContainer() || value.isString()
        ? value.isEmpty() && (value.isContainer() || value.stringValue().isEmpty())
        : value.isBoolean()
            ? !value.booleanValue()
            : value.isNumber() && value.asDouble(Double.NaN) == 0;
  }
}
