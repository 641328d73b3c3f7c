package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Expression.Call;
import io.github.jmixtral.internal.automaton.Grammar;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import io.github.jmixtral.internal.automaton.PushdownMachine;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Objects of a schema.
 *
 * @param rule the rule of some schemas that must hold together
 */
record SchemaObjects(
    GrammarBuilder grammar,
    JsonRules rules,
    SchemaReferences references,
    Function<List<SchemaPart>, Call> rule) {
  /** What a schema says of the member with a name. */
  static List<SchemaPart> member(SchemaPart schema, String name) {
    List<SchemaPart> found = new ArrayList<>();
    schema.find("properties").flatMap(properties -> properties.find(name)).ifPresent(found::add);
    for (SchemaPart pattern : patterns(schema)) {
      if (new PushdownMachine(Grammar.of(names(pattern))).matches(name)) {
        found.add(pattern);
      }
    }
    if (found.isEmpty()) {
      schema.find("additionalProperties").ifPresent(found::add);
    }
    return found;
  }

  private static List<SchemaPart> patterns(SchemaPart schema) {
    return schema.find("patternProperties").map(SchemaPart::entries).orElse(List.of());
  }

  private static Expression names(SchemaPart pattern) {
    return RegexParser.finding("schema: " + pattern.place() + ": regex", pattern.name());
  }

  /** The objects that fit. */
  Expression object(SchemaKeywords keywords) {
    Optional<SchemaCounts> counts = keywords.counts("minProperties", "maxProperties");
    if (counts.isEmpty()) {
      return Expression.NOTHING;
    }
    Set<String> required = new LinkedHashSet<>();
    keywords.all("required").stream()
        .filter(list -> !list.node().isBoolean()) // of draft 3, where a property says it
        .forEach(list -> list.elements().forEach(name -> required.add(name.string())));
    Set<String> names = new LinkedHashSet<>();
    keywords.all("properties").forEach(p -> p.entries().forEach(e -> names.add(e.name())));
    names.addAll(required);
    Optional<List<String>> listed = listedNames(keywords);
    boolean open = isOpen(keywords);
    if (open && listed.isPresent()) {
      names.addAll(listed.get());
    }
    List<ObjectMembers.Member> members = new ArrayList<>();
    for (String name : names) {
      Expression value =
          fitsNames(name, keywords, listed)
              ? rule.apply(keywords.each(part -> member(part, name)))
              : Expression.NOTHING;
      members.add(new ObjectMembers.Member(name, value, required.contains(name)));
    }
    Expression others = open && listed.isEmpty() ? others(keywords, names) : Expression.NOTHING;
    boolean counted = keywords.has("minProperties") || keywords.has("maxProperties");
    boolean named = others == Expression.NOTHING || required.size() >= counts.get().least();
    if (!named && counts.get().least() > 1) {
      throw keywords
          .all("minProperties")
          .getFirst()
          .refuse(
              "minProperties above 1 is supported only where as many properties are required, but"
                  + " it is "
                  + counts.get().least());
    }
    Expression object = new ObjectMembers(members, others).object(counted);
    return counted ? grammar.add(object, counts.get().least(), counts.get().most()) : object;
  }

  /** Whether other members than those listed are written. */
  private static boolean isOpen(SchemaKeywords keywords) {
    List<SchemaPart> additional = keywords.all("additionalProperties");
    if (keywords.has("patternProperties")) {
      return true;
    }
    return additional.isEmpty()
        ? !keywords.has("properties")
        : additional.stream().noneMatch(SchemaPart::isFalse);
  }

  /** The names that {@code propertyNames} lists, if it does. */
  private Optional<List<String>> listedNames(SchemaKeywords keywords) {
    List<SchemaBranch> branches = nameBranches(keywords);
    if (!keywords.has("propertyNames") || branches.size() != 1) {
      return Optional.empty();
    }
    return new SchemaValues(references)
        .listed(branches.getFirst().keywords())
        .map(
            values ->
                values.stream()
                    .filter(value -> value.node().isString())
                    .map(SchemaPart::string)
                    .toList());
  }

  private List<SchemaBranch> nameBranches(SchemaKeywords keywords) {
    return SchemaBranch.of(keywords.all("propertyNames"), references);
  }

  private boolean fitsNames(String name, SchemaKeywords keywords, Optional<List<String>> listed) {
    return !keywords.has("propertyNames")
        || (listed.isPresent()
            ? listed.get().contains(name)
            : new PushdownMachine(Grammar.of(nameCharacters(keywords))).matches(name));
  }

  /** The names that {@code propertyNames} allows. */
  private Expression nameCharacters(SchemaKeywords keywords) {
    List<Expression> options = new ArrayList<>();
    for (SchemaBranch branch : nameBranches(keywords)) {
      SchemaKeywords names = branch.keywords();
      Optional<SchemaCounts> counts = names.counts("minLength", "maxLength");
      Optional<List<SchemaPart>> listed = new SchemaValues(references).listed(names);
      if (listed.isPresent()) {
        listed.get().stream()
            .filter(value -> value.node().isString())
            .forEach(value -> options.add(Expression.literal(value.string())));
      } else if (counts.isPresent() && names.types().contains(SchemaType.STRING)) {
        Expression ofLength =
            new Expression.Repeat(
                new Expression.Characters(CodePointSet.ALL),
                counts.get().least(),
                counts.get().most());
        options.add(
            SchemaStrings.characters(names)
                .<Expression>map(c -> new Expression.Both(c, ofLength))
                .orElse(ofLength));
      }
    }
    return new Expression.Choice(options);
  }

  /** A member with another name than those listed. */
  private Expression others(SchemaKeywords keywords, Set<String> listed) {
    List<SchemaPart> patterns = keywords.each(SchemaObjects::patterns);
    List<Expression> literals = new ArrayList<>();
    listed.forEach(name -> literals.add(Expression.literal(name)));
    boolean restricted = keywords.has("propertyNames");
    if (patterns.isEmpty() && literals.isEmpty() && !restricted) {
      return member(rules.string(), keywords.all("additionalProperties"));
    }
    Expression all = restricted ? nameCharacters(keywords) : Expression.ANYTHING;
    List<Expression> options = new ArrayList<>();
    for (SchemaPart pattern : patterns) {
      // A name that fits two patterns is not written.
      List<Expression> not = new ArrayList<>(literals);
      patterns.stream().filter(other -> other != pattern).forEach(other -> not.add(names(other)));
      Expression names =
          new Expression.Without(
              new Expression.Both(all, names(pattern)), new Expression.Choice(not));
      List<SchemaPart> value = new ArrayList<>(List.of(pattern));
      keywords.parts().stream()
          .filter(
              part -> patterns(part).stream().noneMatch(p -> p.pointer().equals(pattern.pointer())))
          .forEach(part -> part.find("additionalProperties").ifPresent(value::add));
      options.add(member(JsonText.stringOf(names), value));
    }
    boolean free = patterns.isEmpty() || !keywords.all("additionalProperties").isEmpty();
    if (free && keywords.all("additionalProperties").stream().noneMatch(SchemaPart::isFalse)) {
      List<Expression> not = new ArrayList<>(literals);
      patterns.forEach(pattern -> not.add(names(pattern)));
      Expression names = new Expression.Without(all, new Expression.Choice(not));
      options.add(member(JsonText.stringOf(names), keywords.all("additionalProperties")));
    }
    return new Expression.Choice(options);
  }

  private Expression member(Expression name, List<SchemaPart> value) {
    return Expression.sequence(name, JsonRules.colon(), rule.apply(value));
  }
}
