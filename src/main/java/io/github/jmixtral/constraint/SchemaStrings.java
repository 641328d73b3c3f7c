package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Strings of a schema. */
record SchemaStrings(GrammarBuilder grammar, JsonRules rules) {
  /** The strings that fit. */
  Expression string(SchemaKeywords keywords) {
    Optional<SchemaCounts> counts = keywords.counts("minLength", "maxLength");
    if (counts.isEmpty()) {
      return Expression.NOTHING;
    }
    boolean counted = keywords.has("minLength") || keywords.has("maxLength");
    Optional<Expression> characters = characters(keywords);
    if (characters.isEmpty()) {
      return rules.string(counts.get().least(), counts.get().most());
    }
    return counted
        ? grammar.add(
            JsonText.stringOfMarked(characters.get()), counts.get().least(), counts.get().most())
        : JsonText.stringOf(characters.get());
  }

  /** What patterns and formats ask of a string's characters, if they ask something. */
  static Optional<Expression> characters(SchemaKeywords keywords) {
    List<Expression> all = new ArrayList<>();
    for (SchemaPart pattern : keywords.all("pattern")) {
      all.add(RegexParser.finding("schema: " + pattern.place() + ": regex", pattern.string()));
    }
    for (SchemaPart format : keywords.all("format")) {
      if (format.node().isString()) {
        StringFormats.named(format.string()).ifPresent(all::add);
      }
    }
    return all.stream().reduce(Expression.Both::new);
  }
}
