package io.github.jmixtral.constraint;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/**
 * Follows {@code $ref} within one schema. A schema in it with an {@code $id} of its own is the root
 * of the references inside, so that schemas may be put into others as they are.
 */
final class SchemaReferences {
  private static final Set<String> WITH_SCHEMA =
      Set.of(
          "additionalItems",
          "additionalProperties",
          "contains",
          "contentSchema",
          "else",
          "if",
          "items",
          "not",
          "propertyNames",
          "then",
          "unevaluatedItems",
          "unevaluatedProperties");

  /** What a reference may stand beside without another meaning. */
  private static final Set<String> ANNOTATIONS =
      Set.of("$ref", "$comment", "title", "description", "default", "examples", "deprecated");

  private static final Set<String> WITH_LIST =
      Set.of("allOf", "anyOf", "items", "oneOf", "prefixItems");

  private static final Set<String> WITH_NAMES =
      Set.of(
          "$defs",
          "definitions",
          "dependencies",
          "dependentSchemas",
          "patternProperties",
          "properties");

  private final SchemaPart root;

  /** The schemas with an {@code $id}, by pointer: where their references begin. */
  private final Map<String, String> bases = new HashMap<>();

  /** The schemas that have a name of their own: an identifier, or a base, # and an anchor. */
  private final Map<String, SchemaPart> named = new HashMap<>();

  SchemaReferences(SchemaPart root) {
    this.root = root;
    gather(root, "");
  }

  /** Finds the names in a schema and the schemas in it; what else looks like one names nothing. */
  private void gather(SchemaPart schema, String outerBase) {
    if (!schema.node().isObject()) {
      return;
    }
    Optional<String> id = text(schema, "$id").filter(text -> !text.startsWith("#"));
    String base = id.map(text -> resolved(outerBase, withoutFragment(text))).orElse(outerBase);
    if (id.isPresent()) {
      bases.put(schema.pointer(), base);
      named.putIfAbsent(base, schema);
    }
    text(schema, "$anchor").ifPresent(anchor -> named.putIfAbsent(base + "#" + anchor, schema));
    for (SchemaPart entry : schema.entries()) {
      String key = entry.name();
      if (WITH_NAMES.contains(key) && entry.node().isObject()) {
        entry.entries().forEach(part -> gather(part, base));
      } else if (WITH_LIST.contains(key) && entry.node().isArray()) {
        entry.elements().forEach(part -> gather(part, base));
      } else if (WITH_SCHEMA.contains(key)) {
        gather(entry, base);
      }
    }
  }

  private static Optional<String> text(SchemaPart schema, String key) {
    return schema.find(key).filter(v -> v.node().isString()).map(SchemaPart::string);
  }

  private static String withoutFragment(String identifier) {
    int hash = identifier.indexOf('#');
    return hash < 0 ? identifier : identifier.substring(0, hash);
  }

  private static String resolved(String base, String identifier) {
    try {
      return base.isEmpty() ? identifier : URI.create(base).resolve(identifier).toString();
    } catch (IllegalArgumentException _) {
      return identifier; // names are compared, whatever they look like
    }
  }

  /**
   * The schema that a reference means.
   *
   * @param reference the value of {@code $ref}
   * @throws IllegalArgumentException when it leads out of the schema or to nothing
   */
  SchemaPart target(SchemaPart reference) {
    String text = reference.string();
    String resource = withoutFragment(text);
    int hash = text.indexOf('#');
    String fragment = hash < 0 ? "" : decoded(reference, text.substring(hash + 1));
    SchemaPart around = enclosing(reference);
    String base = bases.getOrDefault(around.pointer(), "");
    String identifier = resource.isEmpty() ? base : resolved(base, resource);
    SchemaPart schema = identifier.equals(base) ? around : known(named.get(identifier), reference);
    if (fragment.isEmpty()) {
      return schema;
    }
    if (!fragment.startsWith("/")) {
      return known(named.get(identifier + "#" + fragment), reference);
    }
    JsonNode node = schema.node().at(pointer(reference, fragment));
    if (node.isMissingNode()) {
      throw reference.refuse("the schema has no part " + reference.describe());
    }
    return new SchemaPart(schema.pointer() + fragment, node);
  }

  private static SchemaPart known(@Nullable SchemaPart schema, SchemaPart reference) {
    if (schema == null) {
      throw reference.refuse("a reference within the schema, # or #/…", reference.describe());
    }
    return schema;
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
      if (node != null && bases.containsKey(pointer.toString())) {
        base = new SchemaPart(pointer.toString(), node);
      }
    }
    return base;
  }

  /** What a schema means that says nothing but where another one stands; else the schema. */
  SchemaPart meant(SchemaPart schema) {
    Set<String> seen = new HashSet<>();
    SchemaPart at = schema;
    while (at.has("$ref") && ANNOTATIONS.containsAll(at.node().propertyNames())) {
      if (!seen.add(at.pointer())) {
        return schema; // a circle, to be refused
      }
      at = target(at.find("$ref").get());
    }
    return at;
  }

  /** The schema itself, or what stands at the end of its references. */
  SchemaPart resolved(SchemaPart schema) {
    Set<String> seen = new HashSet<>();
    SchemaPart at = schema;
    while (at.has("$ref")) {
      if (!seen.add(at.pointer())) {
        throw at.refuse("the references go round in a circle");
      }
      at = target(at.find("$ref").get());
    }
    return at;
  }
}
