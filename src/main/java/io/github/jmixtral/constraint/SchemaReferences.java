package io.github.jmixtral.constraint;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/**
 * Follows {@code $ref} within one schema. A schema in it with an {@code $id} of its own is the root
 * of the references inside, so that schemas may be put into others as they are.
 */
record SchemaReferences(SchemaPart root) {
  /**
   * The schema that a reference means.
   *
   * @param reference the value of {@code $ref}
   * @throws IllegalArgumentException when it leads out of the schema or to nothing
   */
  SchemaPart target(SchemaPart reference) {
    String text = reference.string();
    int hash = text.indexOf('#');
    String resource = hash < 0 ? text : text.substring(0, hash);
    String fragment = hash < 0 ? "" : decoded(reference, text.substring(hash + 1));
    SchemaPart enclosing = enclosing(reference);
    SchemaPart base =
        resource.isEmpty() || isString(enclosing, "$id", resource)
            ? enclosing
            : found(root, part -> isString(part, "$id", resource))
                .orElseThrow(
                    () ->
                        reference.refuse(
                            "a reference within the schema, # or #/…", reference.describe()));
    if (fragment.isEmpty()) {
      return base;
    }
    if (!fragment.startsWith("/")) {
      return found(base, part -> isString(part, "$anchor", fragment))
          .orElseThrow(
              () ->
                  reference.refuse(
                      "a reference within the schema, # or #/…", reference.describe()));
    }
    JsonNode node = base.node().at(pointer(reference, fragment));
    if (node.isMissingNode()) {
      throw reference.refuse("a reference to a part of the schema", reference.describe());
    }
    return new SchemaPart(base.pointer() + fragment, node);
  }

  private static String decoded(SchemaPart reference, String fragment) {
    try {
      return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      throw reference.refuse("a JSON pointer behind #", reference.describe());
    }
  }

  private static JsonPointer pointer(SchemaPart reference, String text) {
    try {
      return JsonPointer.compile(text);
    } catch (IllegalArgumentException malformed) {
      throw reference.refuse("a JSON pointer behind #", reference.describe());
    }
  }

  /** The innermost schema around a place that has an {@code $id}, or the whole. */
  private SchemaPart enclosing(SchemaPart place) {
    SchemaPart base = root;
    JsonNode node = root.node();
    StringBuilder pointer = new StringBuilder(root.pointer());
    for (JsonPointer rest = JsonPointer.compile(place.pointer().substring(1));
        !rest.matches() && node != null;
        rest = rest.tail()) {
      node =
          node.isArray() ? node.get(rest.getMatchingIndex()) : node.get(rest.getMatchingProperty());
      pointer.append('/').append(rest.getMatchingProperty().replace("~", "~0").replace("/", "~1"));
      if (node != null && node.isObject() && node.path("$id").isString()) {
        base = new SchemaPart(pointer.toString(), node);
      }
    }
    return base;
  }

  private static boolean isString(SchemaPart part, String key, String value) {
    return part.find(key)
        .filter(v -> v.node().isString() && v.node().stringValue().equals(value))
        .isPresent();
  }

  /** The first of a schema and all that is in it for which a condition holds. */
  private static Optional<SchemaPart> found(SchemaPart part, Predicate<SchemaPart> condition) {
    if (part.node().isObject()) {
      return condition.test(part)
          ? Optional.of(part)
          : part.entries().stream().flatMap(p -> found(p, condition).stream()).findFirst();
    }
    return part.node().isArray()
        ? part.elements().stream().flatMap(p -> found(p, condition).stream()).findFirst()
        : Optional.empty();
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
