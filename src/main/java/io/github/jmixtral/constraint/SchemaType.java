package io.github.jmixtral.constraint;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** The types of JSON schema, with the keywords that speak of each. */
enum SchemaType {
  NULL(),
  BOOLEAN(),
  INTEGER("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
  NUMBER("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
  STRING("minLength", "maxLength", "pattern"),
  ARRAY("items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"),
  OBJECT(
      "properties",
      "required",
      "additionalProperties",
      "patternProperties",
      "propertyNames",
      "minProperties",
      "maxProperties");

  /** The keywords of all types, and {@code type} itself. */
  static final Set<String> KEYWORDS = keywordsOfAll();

  private final Set<String> keywords;

  SchemaType(String... keywords) {
    this.keywords = Set.of(keywords);
  }

  /**
   * The types that a schema speaks of: those that {@code type} names, else those whose keywords it
   * has, else all.
   */
  static Set<SchemaType> of(SchemaPart schema) {
    Set<SchemaType> types = EnumSet.noneOf(SchemaType.class);
    schema
        .find("type")
        .ifPresent(
            type -> {
              if (type.node().isArray()) {
                type.elements().forEach(name -> types.add(named(name)));
              } else {
                types.add(named(type));
              }
            });
    if (types.isEmpty()) {
      for (SchemaType type : values()) {
        if (type != INTEGER && type.keywords.stream().anyMatch(schema::has)) {
          types.add(type);
        }
      }
    }
    if (types.isEmpty()) {
      types.addAll(EnumSet.allOf(SchemaType.class));
    }
    if (types.contains(NUMBER)) {
      types.remove(INTEGER);
    }
    return types;
  }

  /** Whether a value is of this type; 1.0 is an integer, too. */
  boolean holds(JsonNode value) {
    return switch (this) {
      case NULL -> value.isNull();
      case BOOLEAN -> value.isBoolean();
      case INTEGER -> value.isNumber() && isWhole(value.decimalValue());
      case NUMBER -> value.isNumber();
      case STRING -> value.isString();
      case ARRAY -> value.isArray();
      case OBJECT -> value.isObject();
    };
  }

  /** Whether some value is of both types. */
  boolean overlaps(SchemaType other) {
    return this == other
        || this == INTEGER && other == NUMBER
        || this == NUMBER && other == INTEGER;
  }

  static boolean isWhole(BigDecimal value) {
    return value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
  }

  private static SchemaType named(SchemaPart name) {
    return Arrays.stream(values())
        .filter(type -> type.name().toLowerCase(Locale.ROOT).equals(name.string()))
        .findFirst()
        .orElseThrow(
            () ->
                name.refuse(
                    "null, boolean, integer, number, string, array or object", name.describe()));
  }

  private static Set<String> keywordsOfAll() {
    Set<String> all = new TreeSet<>(Set.of("type"));
    for (SchemaType type : values()) {
      all.addAll(type.keywords);
    }
    return Set.copyOf(all);
  }
}
