package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Expression.Call;
import io.github.jmixtral.internal.automaton.Expression.Choice;
import io.github.jmixtral.internal.automaton.Grammar;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import io.github.jmixtral.internal.format.Excerpt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a grammar of a JSON schema. Everything that it writes fits the schema; of what fits, it
 * leaves out other spellings: the order of properties is the schema's, white space is scarce.
 */
final class SchemaCompiler {
  /** They say nothing about which values fit. */
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "$schema",
          "$id",
          "$comment",
          "$defs",
          "definitions",
          "title",
          "description",
          "default",
          "deprecated",
          "readOnly",
          "writeOnly",
          "examples",
          "format",
          "contentEncoding",
          "contentMediaType");

  private final SchemaReferences references;
  private final GrammarBuilder grammar = new GrammarBuilder();
  private final JsonRules rules = new JsonRules(grammar);
  private final SchemaScalars scalars = new SchemaScalars(grammar, rules);

  /** The rules of the schemas that references lead to, by pointer. */
  private final Map<String, Call> referenced = new HashMap<>();

  private SchemaCompiler(SchemaPart root) {
    references = new SchemaReferences(root);
  }

  /**
   * The grammar of a schema.
   *
   * @throws IllegalArgumentException as {@link Constraint#jsonSchema} says
   */
  static Grammar compile(String schema) {
    SchemaPart root = SchemaPart.read(schema);
    SchemaCompiler compiler = new SchemaCompiler(root);
    int start = compiler.grammar.reserve();
    compiler.grammar.define(start, compiler.expression(root));
    return compiler.grammar.build();
  }

  private Expression expression(SchemaPart schema) {
    if (schema.node().isBoolean() && schema.node().booleanValue()) {
      return rules.value();
    }
    if (!schema.node().isObject()) {
      throw schema.refuse("a schema that some value fits", schema.describe());
    }
    for (String key : List.of("$ref", "anyOf", "oneOf", "allOf")) {
      if (schema.has(key)) {
        requireOnly(schema, Set.of(key));
        return combination(key, schema);
      }
    }
    for (String key : List.of("const", "enum")) {
      if (schema.has(key)) {
        requireOnly(schema, Set.of(key, "type"));
        return grammar.add(values(schema));
      }
    }
    requireOnly(schema, SchemaType.KEYWORDS);
    List<Expression> options =
        SchemaType.of(schema).stream().map(type -> expression(type, schema)).toList();
    return options.size() == 1 ? options.getFirst() : grammar.add(new Choice(options));
  }

  private static void requireOnly(SchemaPart schema, Set<String> keywords) {
    for (SchemaPart entry : schema.entries()) {
      String keyword = entry.name();
      if (keywords.contains(keyword) || ANNOTATIONS.contains(keyword)) {
        continue;
      }
      boolean known =
          SchemaType.KEYWORDS.contains(keyword)
              || Set.of("$ref", "anyOf", "oneOf", "allOf", "const", "enum").contains(keyword);
      throw schema.refuse(
          known ? "nothing else beside " + others(schema, keywords) : "keywords that are supported",
          Excerpt.quote(keyword));
    }
  }

  private static String others(SchemaPart schema, Set<String> keywords) {
    return keywords.stream().filter(schema::has).sorted().toList().toString();
  }

  private Expression combination(String key, SchemaPart schema) {
    SchemaPart value = schema.find(key).orElseThrow();
    if (key.equals("$ref")) {
      return reference(value);
    }
    List<SchemaPart> alternatives = value.elements();
    if (alternatives.isEmpty() || key.equals("allOf") && alternatives.size() > 1) {
      throw value.refuse(
          key.equals("allOf") ? "a single schema" : "at least one schema", value.describe());
    }
    if (key.equals("oneOf")) {
      new SchemaExclusion(references).requireExclusive(alternatives);
    }
    List<Expression> options = alternatives.stream().map(this::expression).toList();
    return options.size() == 1 ? options.getFirst() : grammar.add(new Choice(options));
  }

  private Expression reference(SchemaPart reference) {
    SchemaPart target = references.target(reference);
    Call known = referenced.get(target.pointer());
    if (known == null) {
      int rule = grammar.reserve();
      known = new Call(rule);
      referenced.put(target.pointer(), known);
      grammar.define(rule, expression(target));
    }
    return known;
  }

  private Expression values(SchemaPart schema) {
    List<SchemaPart> values =
        schema.has("const")
            ? List.of(schema.find("const").orElseThrow())
            : schema.find("enum").orElseThrow().elements();
    Set<SchemaType> types = SchemaType.of(schema);
    List<Expression> fitting =
        values.stream()
            .filter(value -> types.stream().anyMatch(type -> type.holds(value.node())))
            .map(value -> Expression.literal(JsonLiterals.write(value)))
            .toList();
    if (fitting.isEmpty()) {
      throw schema.refuse("a value of the type given", "none");
    }
    return new Choice(fitting);
  }

  private Expression expression(SchemaType type, SchemaPart schema) {
    return switch (type) {
      case NULL -> Expression.literal("null");
      case BOOLEAN -> Expression.choice(Expression.literal("true"), Expression.literal("false"));
      case STRING -> grammar.add(scalars.string(schema));
      case INTEGER -> grammar.add(scalars.integer(schema));
      case NUMBER -> grammar.add(scalars.number(schema));
      case ARRAY -> grammar.add(array(schema));
      case OBJECT -> grammar.add(object(schema));
    };
  }

  private Expression array(SchemaPart schema) {
    if (schema.find("uniqueItems").filter(part -> part.node().asBoolean(true)).isPresent()) {
      throw schema.refuse("keywords that are supported", "'uniqueItems'");
    }
    SchemaCounts counts = SchemaCounts.of(schema, "minItems", "maxItems");
    List<Expression> first =
        schema.find("prefixItems").map(SchemaPart::elements).orElse(List.of()).stream()
            .map(this::expression)
            .toList();
    // Without items, others may follow those of prefixItems, but need not: none are written.
    boolean more = schema.has("items") ? !isFalse(schema.find("items").get()) : first.isEmpty();
    if (first.isEmpty() && more) {
      Expression element = schema.find("items").map(this::expression).orElseGet(rules::value);
      return rules.array(grammar.add(element), counts.least(), counts.most());
    }
    int longest =
        more || counts.most() != Expression.UNBOUNDED && counts.most() < first.size()
            ? counts.most()
            : first.size();
    if (longest != Expression.UNBOUNDED && longest < counts.least()) {
      throw schema.refuse("minItems of at most " + longest, "" + counts.least());
    }
    Expression rest = Expression.EMPTY;
    if (more && (longest == Expression.UNBOUNDED || longest > first.size())) {
      Expression element = expression(schema.find("items").orElseThrow());
      rest =
          new Expression.Repeat(
              Expression.sequence(JsonRules.comma(), element),
              Math.max(0, counts.least() - first.size()),
              longest == Expression.UNBOUNDED ? longest : longest - first.size());
    }
    int written = longest == Expression.UNBOUNDED ? first.size() : Math.min(longest, first.size());
    for (int i = written - 1; i >= 0; i--) {
      Expression element =
          i == 0 ? first.get(i) : Expression.sequence(JsonRules.comma(), first.get(i));
      rest = Expression.sequence(element, rest);
      if (i >= counts.least()) {
        rest = Expression.optional(rest);
      }
    }
    return Expression.sequence(Expression.literal("["), rest, Expression.literal("]"));
  }

  private static boolean isFalse(SchemaPart part) {
    return part.node().isBoolean() && !part.node().booleanValue();
  }

  private Expression object(SchemaPart schema) {
    List<SchemaPart> properties =
        schema.find("properties").map(SchemaPart::entries).orElse(List.of());
    Set<String> names = Set.copyOf(properties.stream().map(SchemaPart::name).toList());
    List<String> required = new ArrayList<>();
    for (SchemaPart name : schema.find("required").map(SchemaPart::elements).orElse(List.of())) {
      if (!names.contains(name.string())) {
        throw name.refuse("the name of one of the properties", name.describe());
      }
      required.add(name.string());
    }
    if (properties.isEmpty()) {
      SchemaPart additional = schema.find("additionalProperties").orElse(null);
      return additional == null || isFalse(additional)
          ? Expression.literal("{}")
          : JsonRules.object(rules.string(), expression(additional));
    }
    schema
        .find("additionalProperties")
        .filter(part -> !part.node().isBoolean())
        .ifPresent(
            part -> {
              throw part.refuse("true or false beside properties", part.describe());
            });
    return new ObjectMembers(
            properties.stream()
                .map(
                    property ->
                        new ObjectMembers.Member(
                            property.name(),
                            expression(property),
                            required.contains(property.name())))
                .toList())
        .object();
  }
}
