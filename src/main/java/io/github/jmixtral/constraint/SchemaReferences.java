package io.github.jmixtral.constraint;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/** Follows {@code $ref} within one schema. */
record SchemaReferences(SchemaPart root) {
  /**
   * The schema that a reference means.
   *
   * @param reference the value of {@code $ref}
   * @throws IllegalArgumentException when it leads out of the schema or to nothing
   */
  SchemaPart target(SchemaPart reference) {
    String text = reference.string();
    if (!text.equals("#") && !text.startsWith("#/")) {
      throw reference.refuse("a reference within the schema, # or #/…", reference.describe());
    }
    try {
      String pointer =
          URLDecoder.decode(text.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
      JsonNode node = root.node().at(JsonPointer.compile(pointer));
      if (node.isMissingNode()) {
        throw reference.refuse("a reference to a part of the schema", reference.describe());
      }
      return new SchemaPart("#" + pointer, node);
    } catch (IllegalArgumentException malformed) {
      if (String.valueOf(malformed.getMessage()).startsWith("schema: ")) {
        throw malformed;
      }
      throw reference.refuse("a JSON pointer behind #", reference.describe());
    }
  }

  /** The schema itself, or what stands at the end of its references. */
  SchemaPart resolved(SchemaPart schema) {
    Set<String> seen = new HashSet<>();
    SchemaPart at = schema;
    while (at.has("$ref")) {
      if (!seen.add(at.pointer())) {
        throw at.refuse("references that end somewhere", "a circle");
      }
      at = target(at.find("$ref").get());
    }
    return at;
  }
}
