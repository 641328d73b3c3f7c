package io.github.jmixtral.constraint;

import static io.github.jmixtral.internal.automaton.Expression.any;
import static io.github.jmixtral.internal.automaton.Expression.characters;
import static io.github.jmixtral.internal.automaton.Expression.choice;
import static io.github.jmixtral.internal.automaton.Expression.literal;
import static io.github.jmixtral.internal.automaton.Expression.oneCharacterOf;
import static io.github.jmixtral.internal.automaton.Expression.optional;
import static io.github.jmixtral.internal.automaton.Expression.sequence;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Expression.Call;
import io.github.jmixtral.internal.automaton.Expression.Characters;
import io.github.jmixtral.internal.automaton.Expression.Choice;
import io.github.jmixtral.internal.automaton.Expression.Literal;
import io.github.jmixtral.internal.automaton.Expression.Repeat;
import io.github.jmixtral.internal.automaton.Expression.Sequence;
import io.github.jmixtral.internal.automaton.Grammar;
import java.util.ArrayList;
import java.util.List;

/** How JSON is written: what all schemas share, as rules of one grammar. */
final class JsonRules {
  /** Digits before the point, and behind it. */
  static final int MAX_DIGITS = 15;

  /** Characters that JSON does not take as they are. */
  private static final CodePointSet ESCAPED =
      CodePointSet.of(0, 0x1F).union(CodePointSet.ofAll("\"\\"));

  private static final String SHORT_ESCAPES = "\"\\\b\f\n\r\t";
  private static final String SHORT_LETTERS = "\"\\bfnrt";

  private final Grammar.Builder grammar;
  private Call string;
  private Call number;
  private Call value;

  JsonRules(Grammar.Builder grammar) {
    this.grammar = grammar;
  }

  /** Any value. */
  Expression value() {
    if (value == null) {
      int rule = grammar.reserve();
      value = new Call(rule);
      grammar.define(
          rule,
          choice(
              string(),
              number(),
              object(string(), value),
              array(value, 0, Expression.UNBOUNDED),
              literal("true"),
              literal("false"),
              literal("null")));
    }
    return value;
  }

  /** Any string. */
  Expression string() {
    if (string == null) {
      string = grammar.add(string(0, Expression.UNBOUNDED));
    }
    return string;
  }

  /** A string of so many characters; most may be {@link Expression#UNBOUNDED}. */
  static Expression string(int least, int most) {
    return sequence(literal("\""), new Repeat(character(), least, most), literal("\""));
  }

  /** A string whose value an expression over its characters matches. */
  static Expression stringOf(Expression characters) {
    return sequence(literal("\""), escaped(characters), literal("\""));
  }

  private static Expression character() {
    Expression hex = oneCharacterOf("0123456789abcdefABCDEF");
    // Surrogates are left out: half a pair is no character, and a whole one has a UTF-8 form.
    Expression fourDigits =
        choice(
            sequence(oneCharacterOf("0123456789abcefABCEF"), hex, hex, hex),
            sequence(oneCharacterOf("dD"), characters('0', '7'), hex, hex));
    return choice(
        new Characters(ESCAPED.complement()),
        sequence(literal("\\"), oneCharacterOf("\"\\/bfnrt")),
        sequence(literal("\\u"), fourDigits));
  }

  /** Any number. */
  Expression number() {
    if (number == null) {
      Expression digit = characters('0', '9');
      number =
          grammar.add(
              sequence(
                  optional(literal("-")),
                  choice(
                      literal("0"),
                      sequence(characters('1', '9'), new Repeat(digit, 0, MAX_DIGITS - 1))),
                  optional(sequence(literal("."), new Repeat(digit, 1, MAX_DIGITS))),
                  optional(sequence(oneCharacterOf("eE"), optional(oneCharacterOf("+-")), digit))));
    }
    return number;
  }

  /** An object with any names. */
  static Expression object(Expression name, Expression value) {
    Expression member = sequence(name, colon(), value);
    Expression more = any(sequence(comma(), member));
    return sequence(literal("{"), optional(sequence(member, more)), literal("}"));
  }

  /** An array of equal elements; most may be {@link Expression#UNBOUNDED}. */
  static Expression array(Expression element, int least, int most) {
    if (most == 0) {
      return literal("[]");
    }
    Expression more =
        new Repeat(
            sequence(comma(), element),
            Math.max(0, least - 1),
            most == Expression.UNBOUNDED ? most : most - 1);
    Expression elements = sequence(element, more);
    return sequence(literal("["), least == 0 ? optional(elements) : elements, literal("]"));
  }

  /** Between elements. */
  static Expression comma() {
    return sequence(literal(","), optional(literal(" ")));
  }

  /** Between a name and its value. */
  static Expression colon() {
    return sequence(literal(":"), optional(literal(" ")));
  }

  /** A string as JSON: in quotes, escaped where it must be. */
  static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    text.codePoints().forEach(c -> json.append(escape(c)));
    return json.append('"').toString();
  }

  private static String escape(int codePoint) {
    if (!ESCAPED.contains(codePoint)) {
      return Character.toString(codePoint);
    }
    int index = SHORT_ESCAPES.indexOf(codePoint);
    return index >= 0 ? "\\" + SHORT_LETTERS.charAt(index) : "\\u%04x".formatted(codePoint);
  }

  /** The expression over a string's characters as one over how JSON writes them. */
  private static Expression escaped(Expression expression) {
    return switch (expression) {
      case Characters characters -> escaped(characters.set());
      case Literal literal ->
          new Sequence(literal.text().codePoints().mapToObj(c -> literal(escape(c))).toList());
      case Sequence sequence ->
          new Sequence(sequence.parts().stream().map(JsonRules::escaped).toList());
      case Choice choice -> new Choice(choice.options().stream().map(JsonRules::escaped).toList());
      case Repeat repeat -> new Repeat(escaped(repeat.part()), repeat.least(), repeat.most());
      case Expression.Both both ->
          new Expression.Both(escaped(both.first()), escaped(both.second()));
      case Expression.Multiple multiple -> multiple;
      case Call call -> call;
    };
  }

  private static Expression escaped(CodePointSet set) {
    List<Expression> options = new ArrayList<>();
    options.add(new Characters(set.minus(ESCAPED)));
    for (CodePointSet.Range range : set.intersection(ESCAPED).ranges()) {
      for (int c = range.first(); c <= range.last(); c++) {
        options.add(literal(escape(c)));
      }
    }
    return new Choice(options);
  }
}
