package io.github.jmixtral.constraint;

import static io.github.jmixtral.internal.automaton.Expression.any;
import static io.github.jmixtral.internal.automaton.Expression.characters;
import static io.github.jmixtral.internal.automaton.Expression.choice;
import static io.github.jmixtral.internal.automaton.Expression.literal;
import static io.github.jmixtral.internal.automaton.Expression.oneCharacterOf;
import static io.github.jmixtral.internal.automaton.Expression.optional;
import static io.github.jmixtral.internal.automaton.Expression.sequence;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Expression.Call;
import io.github.jmixtral.internal.automaton.Expression.Marked;
import io.github.jmixtral.internal.automaton.Expression.Repeat;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How JSON is written: what all schemas share, as rules of one grammar. */
final class JsonRules {
  /** Digits before the point, and behind it. */
  static final int MAX_DIGITS = 15;

  private final GrammarBuilder grammar;

  /** One object, so that strings of all lengths share an automaton. */
  private final Expression anyString = JsonText.inQuotes(any(new Marked(JsonText.character())));

  private final Map<List<Integer>, Call> strings = new HashMap<>();
  private @Nullable Call number;
  private @Nullable Call value;

  JsonRules(GrammarBuilder grammar) {
    this.grammar = grammar;
  }

  /** Any value. */
  Call value() {
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
  Call string() {
    return string(0, Expression.UNBOUNDED);
  }

  /** A string with bounds on its characters; most may be {@link Expression#UNBOUNDED}. */
  Call string(int least, int most) {
    return strings.computeIfAbsent(List.of(least, most), _ -> grammar.add(anyString, least, most));
  }

  /** Any number. */
  Call number() {
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
  Expression array(Call element, int least, int most) {
    Expression marked = new Marked(element);
    Expression elements = optional(sequence(marked, any(sequence(comma(), marked))));
    Expression written = sequence(literal("["), elements, literal("]"));
    return least == 0 && most == Expression.UNBOUNDED ? written : grammar.add(written, least, most);
  }

  /** Between elements. */
  static Expression comma() {
    return sequence(literal(","), optional(literal(" ")));
  }

  /** Between a name and its value. */
  static Expression colon() {
    return sequence(literal(":"), optional(literal(" ")));
  }
}
