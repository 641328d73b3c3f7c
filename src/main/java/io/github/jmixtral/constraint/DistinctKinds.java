package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Parts values into kinds, so that values of different kinds differ: strings by the letter that
 * they begin with, whole numbers by their sign, their length and their first digit. An automaton
 * cannot compare what it reads with all that it has read, but it can take one value of each kind.
 */
record DistinctKinds(GrammarBuilder grammar) {
  private static final int MAX_INTEGER_DIGITS = 18;

  /** The kinds of the values that fit, in order; none if they are neither strings nor integers. */
  List<Expression> of(SchemaKeywords keywords) {
    if (keywords.has("const") || keywords.has("enum")) {
      return List.of();
    }
    Set<SchemaType> types = keywords.types();
    if (types.equals(Set.of(SchemaType.STRING))) {
      return strings(keywords);
    }
    return types.equals(Set.of(SchemaType.INTEGER)) ? integers(keywords) : List.of();
  }

  private List<Expression> strings(SchemaKeywords keywords) {
    SchemaCounts counts = keywords.counts("minLength", "maxLength").orElse(new SchemaCounts(0, 0));
    boolean counted = keywords.has("minLength") || keywords.has("maxLength");
    Expression fitting = SchemaStrings.characters(keywords).orElse(Expression.ANYTHING);
    CodePointSet others = CodePointSet.ALL;
    List<CodePointSet> beginnings = new ArrayList<>();
    for (char letter = 'a'; letter <= 'z'; letter++) {
      beginnings.add(CodePointSet.ofAll("" + letter + Character.toUpperCase(letter)));
    }
    for (char digit = '0'; digit <= '9'; digit++) {
      beginnings.add(CodePointSet.of(digit, digit));
    }
    for (CodePointSet beginning : beginnings) {
      others = others.minus(beginning);
    }
    beginnings.addFirst(others);
    List<Expression> kinds = new ArrayList<>();
    for (CodePointSet beginning : beginnings) {
      Expression begun =
          Expression.sequence(new Expression.Characters(beginning), Expression.ANYTHING);
      Expression characters =
          fitting == Expression.ANYTHING ? begun : new Expression.Both(begun, fitting);
      kinds.add(
          counted
              ? grammar.add(JsonText.stringOfMarked(characters), counts.least(), counts.most())
              : JsonText.stringOf(characters));
    }
    return kinds;
  }

  private List<Expression> integers(SchemaKeywords keywords) {
    List<Expression> kinds = new ArrayList<>();
    kinds.add(Expression.literal("0"));
    for (String sign : List.of("", "-")) {
      for (int digits = 1; digits <= MAX_INTEGER_DIGITS; digits++) {
        for (char first = '1'; first <= '9'; first++) {
          kinds.add(
              Expression.sequence(
                  Expression.literal(sign + first),
                  new Expression.Repeat(Expression.characters('0', '9'), digits - 1, digits - 1)));
        }
      }
    }
    if (keywords.parts().stream().allMatch(DistinctKinds::isPlain)) {
      return kinds;
    }
    Expression fitting = SchemaNumbers.integer(keywords);
    return kinds.stream()
        .<Expression>map(kind -> grammar.add(new Expression.Both(kind, fitting)))
        .toList();
  }

  /** Whether a schema says nothing of its integers. */
  private static boolean isPlain(SchemaPart part) {
    return List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
        .stream()
        .noneMatch(part::has);
  }
}
