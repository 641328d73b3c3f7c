package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.Expression;
import java.util.ArrayList;
import java.util.List;

/** How JSON writes the characters of a string: as they are, or escaped where it must be so. */
final class JsonText {
  /** Characters that JSON does not take as they are. */
  private static final CodePointSet ESCAPED =
      CodePointSet.of(0, 0x1F).union(CodePointSet.ofAll("\"\\"));

  private static final String SHORT_ESCAPES = "\"\\\b\f\n\r\t";
  private static final String SHORT_LETTERS = "\"\\bfnrt";

  private JsonText() {}

  /** A string as JSON: in quotes, escaped where it must be. */
  static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    text.codePoints().forEach(c -> json.append(escape(c)));
    return json.append('"').toString();
  }

  /** The strings whose values an expression matches, escaped only where they must be. */
  static Expression stringOf(Expression characters) {
    return inQuotes(new Escaping(false).of(characters));
  }

  /** As {@link #stringOf}, with every character marked. */
  static Expression stringOfMarked(Expression characters) {
    return inQuotes(new Escaping(true).of(characters));
  }

  static Expression inQuotes(Expression inside) {
    return Expression.sequence(Expression.literal("\""), inside, Expression.literal("\""));
  }

  /** One character, in any of the ways that JSON has. */
  static Expression character() {
    Expression hex = Expression.oneCharacterOf("0123456789abcdefABCDEF");
    // Surrogates are left out: half a pair is no character, and a whole one has a UTF-8 form.
    Expression fourDigits =
        Expression.choice(
            Expression.sequence(Expression.oneCharacterOf("0123456789abcefABCEF"), hex, hex, hex),
            Expression.sequence(
                Expression.oneCharacterOf("dD"), Expression.characters('0', '7'), hex, hex));
    return Expression.choice(
        new Expression.Characters(ESCAPED.complement()),
        Expression.sequence(Expression.literal("\\"), Expression.oneCharacterOf("\"\\/bfnrt")),
        Expression.sequence(Expression.literal("\\u"), fourDigits));
  }

  private static String escape(int codePoint) {
    if (!ESCAPED.contains(codePoint)) {
      return Character.toString(codePoint);
    }
    int index = SHORT_ESCAPES.indexOf(codePoint);
    return index >= 0 ? "\\" + SHORT_LETTERS.charAt(index) : "\\u%04x".formatted(codePoint);
  }

  /**
   * Turns an expression over a string's characters into one over how JSON writes them.
   *
   * @param marked whether each character is marked
   */
  private record Escaping(boolean marked) {
    Expression of(Expression expression) {
      return switch (expression) {
        case Expression.Characters characters -> of(characters.set());
        case Expression.Literal literal ->
            new Expression.Sequence(
                literal.text().codePoints().mapToObj(c -> of(CodePointSet.of(c, c))).toList());
        case Expression.Sequence sequence ->
            new Expression.Sequence(sequence.parts().stream().map(this::of).toList());
        case Expression.Choice choice ->
            new Expression.Choice(choice.options().stream().map(this::of).toList());
        case Expression.Repeat repeat ->
            new Expression.Repeat(of(repeat.part()), repeat.least(), repeat.most());
        case Expression.Both both -> new Expression.Both(of(both.first()), of(both.second()));
        case Expression.Without without ->
            new Expression.Without(of(without.first()), of(without.second()));
        case Expression.Looking looking -> new Expression.Looking(of(looking.text()));
        case Expression.Ahead ahead -> new Expression.Ahead(of(ahead.beginning()), ahead.negated());
        case Expression.Behind behind ->
            new Expression.Behind(of(behind.whole()), behind.negated());
        case Expression.Marked _, Expression.Multiple _, Expression.Call _ ->
            throw new IllegalArgumentException("not of characters: " + expression.getClass());
      };
    }

    private Expression of(CodePointSet set) {
      List<Expression> options = new ArrayList<>();
      CodePointSet plain = set.minus(ESCAPED);
      if (!plain.isEmpty()) {
        options.add(new Expression.Characters(plain));
      }
      for (CodePointSet.Range range : set.intersection(ESCAPED).ranges()) {
        for (int c = range.first(); c <= range.last(); c++) {
          options.add(Expression.literal(escape(c)));
        }
      }
      Expression one = Expression.anyOf(options);
      return marked ? new Expression.Marked(one) : one;
    }
  }
}
