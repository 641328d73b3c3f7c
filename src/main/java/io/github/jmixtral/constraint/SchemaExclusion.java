package io.github.jmixtral.constraint;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Makes sure that no value fits two alternatives of {@code oneOf}: then it is the same as {@code
 * anyOf}. They must differ in type, or list values none of which is in both, or be objects that
 * require a property whose listed values differ.
 */
record SchemaExclusion(SchemaReferences references) {
  /**
   * Checks every pair.
   *
   * @throws IllegalArgumentException when a pair is not seen to exclude each other
   */
  void requireExclusive(List<SchemaPart> alternatives) {
    for (int i = 0; i < alternatives.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (!exclude(
            references.resolved(alternatives.get(i)), references.resolved(alternatives.get(j)))) {
          throw alternatives
              .get(i)
              .refuse(
                  "an alternative that excludes the others by its type, its values or a required"
                      + " property with other values (or anyOf)",
                  "one that may overlap with " + alternatives.get(j).pointer());
        }
      }
    }
  }

  private boolean exclude(SchemaPart first, SchemaPart second) {
    if (!first.node().isObject() || !second.node().isObject()) {
      return false;
    }
    Optional<Set<Object>> firstValues = values(first);
    Optional<Set<Object>> secondValues = values(second);
    if (firstValues.isPresent() && secondValues.isPresent()) {
      return firstValues.get().stream().noneMatch(secondValues.get()::contains);
    }
    Set<SchemaType> others = types(second);
    boolean sameType =
        types(first).stream().anyMatch(type -> others.stream().anyMatch(type::overlaps));
    return !sameType || required(first).stream().anyMatch(name -> tagged(name, first, second));
  }

  /** Whether both require a property and list other values for it. */
  private boolean tagged(String name, SchemaPart first, SchemaPart second) {
    if (!required(second).contains(name) || !first.has("properties") || !second.has("properties")) {
      return false;
    }
    Optional<Set<Object>> firstValues = propertyValues(first, name);
    Optional<Set<Object>> secondValues = propertyValues(second, name);
    return firstValues.isPresent()
        && secondValues.isPresent()
        && firstValues.get().stream().noneMatch(secondValues.get()::contains);
  }

  private Optional<Set<Object>> propertyValues(SchemaPart schema, String name) {
    return schema
        .find("properties")
        .flatMap(properties -> properties.find(name))
        .flatMap(property -> values(references.resolved(property)));
  }

  /** The values that a schema lists, if it does. */
  private static Optional<Set<Object>> values(SchemaPart schema) {
    if (schema.has("const")) {
      return Optional.of(Set.of(comparable(schema.node().get("const"))));
    }
    return schema
        .find("enum")
        .map(
            list -> {
              Set<Object> values = new HashSet<>();
              list.elements().forEach(value -> values.add(comparable(value.node())));
              return values;
            });
  }

  /** 1 and 1.0 are equal to a schema. */
  private static Object comparable(JsonNode value) {
    return value.isNumber() ? value.decimalValue().stripTrailingZeros() : value;
  }

  private static Set<SchemaType> types(SchemaPart schema) {
    boolean listed = schema.has("const") || schema.has("enum");
    if (!listed || schema.has("type")) {
      // What has no type of its own may be of several by its alternatives.
      return schema.has("anyOf") || schema.has("oneOf") || schema.has("allOf")
          ? Set.of(SchemaType.values())
          : SchemaType.of(schema);
    }
    List<SchemaPart> values =
        schema.find("const").map(List::of).orElseGet(() -> schema.find("enum").get().elements());
    return Arrays.stream(SchemaType.values())
        .filter(type -> values.stream().anyMatch(value -> type.holds(value.node())))
        .collect(Collectors.toSet());
  }

  private static Set<String> required(SchemaPart schema) {
    // Only an object must have them: of other types, anything fits.
    if (!schema.find("type").filter(type -> type.node().isString()).isPresent()) {
      return Set.of();
    }
    Set<String> names = new HashSet<>();
    schema
        .find("required")
        .ifPresent(list -> list.elements().forEach(name -> names.add(name.string())));
    return names;
  }
}
