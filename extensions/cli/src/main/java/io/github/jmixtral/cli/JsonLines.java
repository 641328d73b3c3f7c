package io.github.jmixtral.cli;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.JsonFile;
import java.io.BufferedReader;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON on single lines, in and out. */
final class JsonLines {
  private static final JsonMapper MAPPER =
      JsonMapper.builder(JsonFile.STRICT)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** By code points: what belongs to a whole pair does not match. */
  private static final Pattern HALF_A_PAIR = Pattern.compile("[\\ud800-\\udfff]");

  private JsonLines() {}

  /** Hands each line's value on with its place, such as {@code cases.jsonl: line 3}. */
  static void forEach(BufferedReader reader, String name, BiConsumer<JsonNode, String> consumer) {
    forEachText(reader, name, (line, place) -> consumer.accept(parse(line, place), place));
  }

  /** Hands on the text of each line that is not blank, with its place. */
  static void forEachText(BufferedReader reader, String name, BiConsumer<String, String> consumer) {
    long number = 0;
    for (Optional<String> line = TextInput.readLine(reader, name);
        line.isPresent();
        line = TextInput.readLine(reader, name)) {
      number++;
      if (!line.get().isBlank()) {
        consumer.accept(line.get(), name + ": line " + number);
      }
    }
  }

  /** Reads one value. */
  static JsonNode parse(String text, String place) {
    try {
      return MAPPER.readTree(text);
    } catch (JacksonException failure) {
      throw new MalformedFileException(place, JsonFile.problem(failure), failure);
    }
  }

  /** An object to fill. */
  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** A list of ids. */
  static ArrayNode ids(int[] ids) {
    ArrayNode array = MAPPER.createArrayNode();
    for (int id : ids) {
      array.add(id);
    }
    return array;
  }

  /** A value on one line; half a surrogate pair, which UTF-8 cannot hold, is escaped. */
  static String line(JsonNode value) {
    return HALF_A_PAIR
        .matcher(MAPPER.writeValueAsString(value))
        .replaceAll(half -> "\\\\u%04x".formatted((int) half.group().charAt(0)));
  }
}
