package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A value in a JSON file that knows its place, so that every complaint names it.
 *
 * @param place file and path, as {@code tokenizer.json: model.unk_token}
 */
record JsonPart(String place, JsonNode node) {

  /** The root of a file. */
  static JsonPart root(String fileName, JsonNode node) {
    JsonPart root = new JsonPart(fileName, node);
    root.expect(node.isObject(), "a JSON object");
    return root;
  }

  /** The member of this object, empty if it is absent or null. */
  Optional<JsonPart> optional(String name) {
    expect(node.isObject(), "a JSON object");
    JsonNode member = node.get(name);
    return member == null || member.isNull()
        ? Optional.empty()
        : Optional.of(new JsonPart(memberPlace(name), member));
  }

  /** The member of this object. */
  JsonPart required(String name) {
    return optional(name)
        .orElseThrow(() -> new MalformedFileException(memberPlace(name), "the value is missing"));
  }

  String string() {
    expect(node.isString(), "a string");
    return node.stringValue();
  }

  boolean bool() {
    expect(node.isBoolean(), "true or false");
    return node.booleanValue();
  }

  int nonNegativeInt() {
    expect(node.isInt() && node.intValue() >= 0, "an integer from 0 to 2147483647");
    return node.intValue();
  }

  boolean bool(String name, boolean absent) {
    return optional(name).map(JsonPart::bool).orElse(absent);
  }

  /** A member of this object under a name that the file has chosen. */
  JsonPart entry(String name, JsonNode value) {
    return new JsonPart(place + "[" + Excerpt.quote(name) + "]", value);
  }

  /** The elements of this array. */
  List<JsonPart> elements() {
    expect(node.isArray(), "an array");
    List<JsonPart> elements = new ArrayList<>(node.size());
    for (int i = 0; i < node.size(); i++) {
      elements.add(new JsonPart(place + "[" + i + "]", node.get(i)));
    }
    return elements;
  }

  /** The {@code type} that says what this component is. */
  String type() {
    return required("type").string();
  }

  MalformedFileException malformed(String problem) {
    return new MalformedFileException(place, problem);
  }

  UnsupportedCheckpointException unsupported(String problem) {
    return new UnsupportedCheckpointException(place, problem);
  }

  MalformedFileException malformed(String expected, String found) {
    return new MalformedFileException(place, expected, Excerpt.line(found));
  }

  UnsupportedCheckpointException unsupported(String supported, String found) {
    return new UnsupportedCheckpointException(place, supported, Excerpt.line(found));
  }

  private void expect(boolean met, String expected) {
    if (!met) {
      throw malformed(expected, describe());
    }
  }

  /** The value in a few words: a whole vocabulary does not belong in a message. */
  String describe() {
    if (node.isObject()) {
      return "an object";
    }
    if (node.isArray()) {
      return "an array";
    }
    String text = node.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }

  private String memberPlace(String name) {
    return place + (place.contains(": ") ? "." : ": ") + Excerpt.line(name);
  }
}
