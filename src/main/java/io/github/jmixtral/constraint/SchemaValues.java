package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Grammar;
import io.github.jmixtral.internal.automaton.PushdownMachine;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** Tells which of the values that {@code const} and {@code enum} list fit other keywords, too. */
record SchemaValues(SchemaReferences references) {
  /** The listed values that fit all schemas, if any schema lists values. */
  Optional<List<SchemaPart>> listed(SchemaKeywords keywords) {
    List<SchemaPart> first =
        keywords.has("const")
            ? List.of(keywords.all("const").getFirst())
            : keywords.has("enum") ? keywords.all("enum").getFirst().elements() : null;
    if (first == null) {
      return Optional.empty();
    }
    Set<Object> common = common(keywords);
    List<SchemaPart> fitting = new ArrayList<>();
    for (SchemaPart value : first) {
      boolean fits = keywords.parts().stream().allMatch(part -> fitsOthers(value.node(), part));
      if (fits && common.remove(comparable(value.node()))) {
        fitting.add(value);
      }
    }
    return Optional.of(fitting);
  }

  /** What all lists have in common. */
  private static Set<Object> common(SchemaKeywords keywords) {
    List<Set<Object>> lists = new ArrayList<>();
    keywords.all("const").forEach(value -> lists.add(Set.of(comparable(value.node()))));
    keywords.all("enum").forEach(list -> lists.add(comparable(list)));
    Set<Object> common = new HashSet<>(lists.getFirst());
    lists.forEach(common::retainAll);
    return common;
  }

  /** The values of a list, to be compared. */
  static Set<Object> comparable(SchemaPart list) {
    Set<Object> values = new HashSet<>();
    list.elements().forEach(value -> values.add(comparable(value.node())));
    return values;
  }

  /** A value that equals another where schemas take the two to be equal: 1 and 1.0. */
  static Object comparable(JsonNode value) {
    if (value.isNumber()) {
      BigDecimal number = value.decimalValue();
      return number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
    }
    if (value.isArray()) {
      List<Object> elements = new ArrayList<>();
      value.forEach(element -> elements.add(comparable(element)));
      return elements;
    }
    if (value.isObject()) {
      Map<String, Object> members = new TreeMap<>();
      value.properties().forEach(m -> members.put(m.getKey(), comparable(m.getValue())));
      return members;
    }
    return value;
  }

  /** Whether a value fits a schema with everything that it refers to. */
  private boolean fits(JsonNode value, SchemaPart schema) {
    return SchemaBranch.of(List.of(schema), references).stream()
        .anyMatch(
            branch -> branch.parts().values().stream().allMatch(part -> fitsKeywords(value, part)));
  }

  /** Whether a value fits the keywords of a schema, but for those that apply others in place. */
  private boolean fitsKeywords(JsonNode value, SchemaPart schema) {
    return schema.find("const").stream()
            .allMatch(c -> comparable(c.node()).equals(comparable(value)))
        && schema.find("enum").stream().allMatch(l -> comparable(l).contains(comparable(value)))
        && fitsOthers(value, schema);
  }

  /** The same but for the keywords that list values. */
  private boolean fitsOthers(JsonNode value, SchemaPart schema) {
    return fitsType(value, schema)
        && (!value.isNumber() || fitsNumber(value.decimalValue(), schema))
        && (!value.isString() || fitsString(value.stringValue(), schema))
        && (!value.isArray() || fitsArray(value, schema))
        && (!value.isObject() || fitsObject(value, schema));
  }

  private static boolean fitsType(JsonNode value, SchemaPart schema) {
    return !schema.has("type")
        || SchemaType.of(schema).stream().anyMatch(type -> type.holds(value));
  }

  private static boolean fitsNumber(BigDecimal value, SchemaPart schema) {
    return order(value, schema, "minimum").orElse(0) >= 0
        && order(value, schema, "maximum").orElse(0) <= 0
        && order(value, schema, "exclusiveMinimum").orElse(1) > 0
        && order(value, schema, "exclusiveMaximum").orElse(-1) < 0
        && schema.find("multipleOf").stream()
            .allMatch(part -> value.remainder(part.number()).signum() == 0);
  }

  private static Optional<Integer> order(BigDecimal value, SchemaPart schema, String key) {
    return schema
        .find(key)
        .filter(part -> !part.node().isBoolean())
        .map(part -> value.compareTo(part.number()));
  }

  private static boolean fitsString(String value, SchemaPart schema) {
    int length = value.codePointCount(0, value.length());
    return fitsCounts(length, schema, "minLength", "maxLength")
        && SchemaStrings.characters(new SchemaKeywords(List.of(schema))).stream()
            .allMatch(e -> new PushdownMachine(Grammar.of(e)).matches(value));
  }

  private static boolean fitsCounts(int count, SchemaPart schema, String minimum, String maximum) {
    return schema.find(minimum).map(SchemaPart::count).orElse(0) <= count
        && schema.find(maximum).map(SchemaPart::count).orElse(count) >= count;
  }

  private boolean fitsArray(JsonNode value, SchemaPart schema) {
    Set<Object> distinct = new HashSet<>();
    for (int i = 0; i < value.size(); i++) {
      JsonNode element = value.get(i);
      distinct.add(comparable(element));
      if (!SchemaArrays.element(schema, i).stream().allMatch(s -> fits(element, s))) {
        return false;
      }
    }
    boolean unique = schema.find("uniqueItems").filter(SchemaPart::isTrue).isPresent();
    return fitsCounts(value.size(), schema, "minItems", "maxItems")
        && (!unique || distinct.size() == value.size());
  }

  private boolean fitsObject(JsonNode value, SchemaPart schema) {
    for (Map.Entry<String, JsonNode> member : value.properties()) {
      if (!SchemaObjects.member(schema, member.getKey()).stream()
          .allMatch(s -> fits(member.getValue(), s))) {
        return false;
      }
    }
    return fitsCounts(value.size(), schema, "minProperties", "maxProperties")
        && schema.find("required").map(SchemaPart::elements).orElse(List.of()).stream()
            .allMatch(name -> value.has(name.string()));
  }
}
