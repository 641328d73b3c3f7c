package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Expression.Call;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Arrays of a schema.
 *
 * @param rule the rule of some schemas that must hold together
 */
record SchemaArrays(
    GrammarBuilder grammar,
    JsonRules rules,
    SchemaReferences references,
    Function<List<SchemaPart>, Call> rule) {
  /** Each set of elements that are taken is a state. */
  private static final int MOST_UNIQUE = 8;

  /** What a schema says of the element at a place. */
  static List<SchemaPart> element(SchemaPart schema, int index) {
    List<SchemaPart> first = prefix(schema);
    return index < first.size() ? List.of(first.get(index)) : rest(schema).stream().toList();
  }

  /** The schemas of the first elements: {@code prefixItems}, and {@code items} of draft 7. */
  private static List<SchemaPart> prefix(SchemaPart schema) {
    Optional<SchemaPart> tuple = schema.find("items").filter(items -> items.node().isArray());
    return schema.find("prefixItems").or(() -> tuple).map(SchemaPart::elements).orElse(List.of());
  }

  /** The schema of the elements behind those. */
  private static Optional<SchemaPart> rest(SchemaPart schema) {
    Optional<SchemaPart> items = schema.find("items");
    return items.filter(i -> i.node().isArray()).isPresent()
        ? schema.find("additionalItems")
        : items;
  }

  /** The arrays that fit. */
  Expression array(SchemaKeywords keywords) {
    Optional<SchemaCounts> counts = keywords.counts("minItems", "maxItems");
    if (counts.isEmpty()) {
      return Expression.NOTHING;
    }
    int least = counts.get().least();
    int most = counts.get().most();
    int tuple = keywords.parts().stream().mapToInt(part -> prefix(part).size()).max().orElse(0);
    List<SchemaPart> rest = keywords.each(part -> rest(part).stream().toList());
    Optional<SchemaPart> unique =
        keywords.all("uniqueItems").stream().filter(SchemaPart::isTrue).findFirst();
    if (unique.isPresent() && most != 0 && most != 1) {
      return unique(unique.get(), tuple, rest, least, most);
    }
    // Without a schema of the rest, others may follow the first ones, but need not: none do.
    boolean closed = rest.stream().anyMatch(SchemaPart::isFalse) || tuple > 0 && rest.isEmpty();
    if (closed && (most == Expression.UNBOUNDED || most > tuple)) {
      most = tuple;
    }
    if (most != Expression.UNBOUNDED && most < least) {
      return Expression.NOTHING;
    }
    if (tuple == 0) {
      return most == 0 ? Expression.literal("[]") : rules.array(rule.apply(rest), least, most);
    }
    return tuple(keywords, tuple, rest, least, most);
  }

  private Expression tuple(
      SchemaKeywords keywords, int tuple, List<SchemaPart> rest, int least, int most) {
    Expression elements = Expression.EMPTY;
    if (most == Expression.UNBOUNDED || most > tuple) {
      elements =
          new Expression.Repeat(
              Expression.sequence(JsonRules.comma(), rule.apply(rest)),
              Math.max(0, least - tuple),
              most == Expression.UNBOUNDED ? most : most - tuple);
    }
    int written = most == Expression.UNBOUNDED ? tuple : Math.min(most, tuple);
    for (int i = written - 1; i >= 0; i--) {
      int index = i;
      Expression element = rule.apply(keywords.each(part -> element(part, index)));
      if (i > 0) {
        element = Expression.sequence(JsonRules.comma(), element);
      }
      elements = Expression.sequence(element, elements);
      if (i >= least) {
        elements = Expression.optional(elements);
      }
    }
    return Expression.sequence(Expression.literal("["), elements, Expression.literal("]"));
  }

  /** Sets of few values that are listed: what is left to be written is what a rule stands for. */
  private Expression unique(
      SchemaPart keyword, int tuple, List<SchemaPart> rest, int least, int most) {
    Optional<List<SchemaPart>> listed =
        tuple > 0
            ? Optional.empty()
            : SchemaBranch.of(rest, references).stream()
                .map(SchemaBranch::keywords)
                .map(keywords -> new SchemaValues(references).listed(keywords))
                .reduce((a, b) -> Optional.empty())
                .orElse(Optional.empty());
    if (listed.isEmpty() || listed.get().size() > MOST_UNIQUE) {
      List<SchemaBranch> branches = tuple > 0 ? List.of() : SchemaBranch.of(rest, references);
      List<Expression> kinds =
          branches.size() == 1
              ? new DistinctKinds(grammar).of(branches.getFirst().keywords())
              : List.of();
      if (kinds.isEmpty()) {
        throw keyword.refuse(
            "uniqueItems is supported for strings and integers, and for at most "
                + MOST_UNIQUE
                + " listed values");
      }
      return rising(kinds, least, most);
    }
    List<Expression> values = listed.get().stream().map(JsonLiterals::expression).toList();
    int longest = most == Expression.UNBOUNDED ? values.size() : Math.min(most, values.size());
    if (longest < least) {
      return Expression.NOTHING;
    }
    Expression[] behind = new Expression[1 << values.size()];
    for (int taken = behind.length - 1; taken >= 0; taken--) {
      int count = Integer.bitCount(taken);
      List<Expression> options = new ArrayList<>();
      if (count >= least) {
        options.add(Expression.EMPTY);
      }
      for (int value = 0; value < values.size() && count < longest; value++) {
        if ((taken & 1 << value) == 0) {
          Expression next = Expression.sequence(values.get(value), behind[taken | 1 << value]);
          options.add(count == 0 ? next : Expression.sequence(JsonRules.comma(), next));
        }
      }
      behind[taken] = new Expression.Choice(options);
    }
    return Expression.sequence(Expression.literal("["), behind[0], Expression.literal("]"));
  }

  /** At most one element of each kind, in the order of the kinds. */
  private Expression rising(List<Expression> kinds, int least, int most) {
    Expression first = Expression.NOTHING; // from here on, without a comma before
    Expression behind = Expression.EMPTY; // behind an element
    for (Expression kind : kinds.reversed()) {
      Expression element = Expression.sequence(new Expression.Marked(kind), behind);
      first = Expression.choice(element, first);
      behind = Expression.optional(Expression.sequence(JsonRules.comma(), first));
    }
    return grammar.add(
        Expression.sequence(
            Expression.literal("["), Expression.optional(first), Expression.literal("]")),
        least,
        most);
  }
}
