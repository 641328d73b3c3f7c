package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Expression.Call;
import io.github.jmixtral.internal.automaton.Grammar;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes a grammar of a JSON schema. Everything that it writes fits the schema; of what fits, it
 * leaves out other spellings: the order of properties is the schema's, white space is scarce.
 *
 * <p>Schemas that must hold together are one rule. The rules that it calls are defined after it,
 * one by one, so that references may lead anywhere.
 */
final class SchemaCompiler {
  /** Bounds time and memory: conjunctions may multiply. */
  private static final int MAX_RULES = 20_000;

  private final SchemaReferences references;
  private final SchemaValues values;
  private final GrammarBuilder grammar = new GrammarBuilder();
  private final JsonRules rules = new JsonRules(grammar);
  private final SchemaStrings strings = new SchemaStrings(grammar, rules);
  private final SchemaArrays arrays;
  private final SchemaObjects objects;
  private final Map<Set<String>, Call> known = new HashMap<>();
  private final Deque<Pending> pending = new ArrayDeque<>();

  /** A rule to be defined. */
  private record Pending(int rule, List<SchemaPart> schemas) {}

  private SchemaCompiler(SchemaPart root) {
    references = new SchemaReferences(root);
    values = new SchemaValues(references);
    arrays = new SchemaArrays(grammar, rules, references, this::rule);
    objects = new SchemaObjects(grammar, rules, references, this::rule);
  }

  /**
   * The grammar of a schema.
   *
   * @throws IllegalArgumentException as {@link Constraint#jsonSchema} says
   */
  static Grammar compile(String schema) {
    SchemaPart root = SchemaPart.read(schema);
    SchemaCompiler compiler = new SchemaCompiler(root);
    compiler.rule(List.of(root));
    while (!compiler.pending.isEmpty()) {
      Pending next = compiler.pending.remove();
      compiler.grammar.define(next.rule(), compiler.expression(next.schemas()));
    }
    return compiler.grammar.build();
  }

  /** The rule of some schemas that must hold together. */
  private Call rule(List<SchemaPart> schemas) {
    List<SchemaPart> telling =
        schemas.stream().map(references::meant).filter(schema -> !schema.isTrue()).toList();
    if (telling.isEmpty() && !known.isEmpty()) {
      return rules.value();
    }
    Set<String> key = telling.stream().map(SchemaPart::pointer).collect(Collectors.toSet());
    Call rule = known.get(key);
    if (rule == null) {
      if (known.size() > MAX_RULES) {
        throw schemas
            .getFirst()
            .refuse("the schemas make more than " + MAX_RULES + " combinations");
      }
      rule = new Call(grammar.reserve());
      known.put(key, rule);
      pending.add(new Pending(rule.rule(), telling));
    }
    return rule;
  }

  private Expression expression(List<SchemaPart> schemas) {
    List<Expression> options = new ArrayList<>();
    for (SchemaBranch branch : SchemaBranch.of(schemas, references)) {
      options.addAll(options(branch.keywords()));
    }
    return Expression.anyOf(options);
  }

  private List<Expression> options(SchemaKeywords keywords) {
    if (keywords.has("const") || keywords.has("enum")) {
      return values.listed(keywords).orElseThrow().stream().map(JsonLiterals::expression).toList();
    }
    if (SchemaType.KEYWORDS.stream().noneMatch(keywords::has) && !keywords.has("format")) {
      return List.of(rules.value());
    }
    return keywords.types().stream().map(type -> expression(type, keywords)).toList();
  }

  private Expression expression(SchemaType type, SchemaKeywords keywords) {
    return switch (type) {
      case NULL -> Expression.literal("null");
      case BOOLEAN -> Expression.choice(Expression.literal("true"), Expression.literal("false"));
      case STRING -> strings.string(keywords);
      case INTEGER -> SchemaNumbers.integer(keywords);
      case NUMBER -> SchemaNumbers.number(keywords, rules);
      case ARRAY -> arrays.array(keywords);
      case OBJECT -> objects.object(keywords);
    };
  }
}
