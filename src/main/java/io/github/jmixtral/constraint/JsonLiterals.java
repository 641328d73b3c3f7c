package io.github.jmixtral.constraint;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Writes a fixed JSON value without white space. */
final class JsonLiterals {
  private JsonLiterals() {}

  static String write(SchemaPart value) {
    JsonNode node = value.node();
    if (node.isObject()) {
      List<String> members = new ArrayList<>();
      for (SchemaPart entry : value.entries()) {
        members.add(JsonText.quoted(entry.name()) + ":" + write(entry));
      }
      return "{" + String.join(",", members) + "}";
    }
    if (node.isArray()) {
      return "["
          + String.join(",", value.elements().stream().map(JsonLiterals::write).toList())
          + "]";
    }
    return node.isString() ? JsonText.quoted(node.stringValue()) : node.toString();
  }
}
