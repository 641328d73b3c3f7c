package io.github.jmixtral.constraint;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes sure that no value fits two alternatives of {@code oneOf}: then it is the same as {@code
 * anyOf}. They must differ in type, or list values none of which is in both, or be objects that
 * require a property whose listed values differ.
 */
record SchemaExclusion(SchemaReferences references) {
  /**
   * Checks every pair.
   *
   * @param around the schema with the alternatives, whose type counts for each
   * @throws IllegalArgumentException when a pair is not seen to exclude each other
   */
  void requireExclusive(List<SchemaPart> alternatives, SchemaPart around) {
    Set<SchemaType> possible = declared(around);
    for (int i = 0; i < alternatives.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (!exclude(
            references.resolved(alternatives.get(i)),
            references.resolved(alternatives.get(j)),
            possible)) {
          throw alternatives
              .get(i)
              .refuse(
                  "the alternative may overlap with "
                      + alternatives.get(j).place()
                      + "; tell them apart by a type, by values or by a required property with"
                      + " other values, or use anyOf");
        }
      }
    }
  }

  private boolean exclude(SchemaPart first, SchemaPart second, Set<SchemaType> possible) {
    if (!first.node().isObject() || !second.node().isObject()) {
      return first.isFalse() || second.isFalse();
    }
    Optional<Set<Object>> firstValues = values(first);
    Optional<Set<Object>> secondValues = values(second);
    if (firstValues.isPresent() && secondValues.isPresent()) {
      return firstValues.get().stream().noneMatch(secondValues.get()::contains);
    }
    Set<SchemaType> types = both(types(first), possible);
    Set<SchemaType> others = both(types(second), possible);
    Set<SchemaType> shared = both(types, others);
    return shared.isEmpty()
        || shared.equals(Set.of(SchemaType.OBJECT))
            && required(first).stream().anyMatch(name -> tagged(name, first, second));
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
      return Optional.of(Set.of(SchemaValues.comparable(schema.node().get("const"))));
    }
    return schema.find("enum").map(SchemaValues::comparable);
  }

  /** Types of both sets; whole numbers are of both kinds of numbers. */
  private static Set<SchemaType> both(Set<SchemaType> first, Set<SchemaType> second) {
    return first.stream()
        .filter(type -> second.stream().anyMatch(type::overlaps))
        .collect(Collectors.toSet());
  }

  /** The types of the values that fit. */
  private static Set<SchemaType> types(SchemaPart schema) {
    boolean listed = schema.has("const") || schema.has("enum");
    if (!listed || schema.has("type")) {
      return declared(schema);
    }
    List<SchemaPart> values =
        schema.find("const").map(List::of).orElseGet(() -> schema.find("enum").get().elements());
    return Arrays.stream(SchemaType.values())
        .filter(type -> values.stream().anyMatch(value -> type.holds(value.node())))
        .collect(Collectors.toSet());
  }

  /** The types that a schema names; without one, whatever its keywords are about, all fit. */
  private static Set<SchemaType> declared(SchemaPart schema) {
    return schema.has("type") ? SchemaType.of(schema) : Set.of(SchemaType.values());
  }

  private static Set<String> required(SchemaPart schema) {
    Set<String> names = new HashSet<>();
    schema
        .find("required")
        .filter(list -> !list.node().isBoolean()) // of draft 3, where a property says it
        .ifPresent(list -> list.elements().forEach(name -> names.add(name.string())));
    return names;
  }
}
