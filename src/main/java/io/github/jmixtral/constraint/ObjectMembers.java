package io.github.jmixtral.constraint;

import static io.github.jmixtral.internal.automaton.Expression.any;
import static io.github.jmixtral.internal.automaton.Expression.choice;
import static io.github.jmixtral.internal.automaton.Expression.literal;
import static io.github.jmixtral.internal.automaton.Expression.optional;
import static io.github.jmixtral.internal.automaton.Expression.sequence;

import io.github.jmixtral.internal.automaton.Expression;
import java.util.List;

/**
 * An object whose members come in a fixed order, some of which may be left out; behind them, any
 * number of others.
 *
 * @param others a member with another name, {@link Expression#NOTHING} if there are none
 */
record ObjectMembers(List<Member> members, Expression others) {
  /** A name, its value, and whether it must be there. */
  record Member(String name, Expression value, boolean required) {
    Expression written() {
      return sequence(literal(JsonText.quoted(name)), JsonRules.colon(), value);
    }
  }

  /**
   * The object: commas stand between the members that are there.
   *
   * @param counted whether members are marked, to be counted
   */
  Expression object(boolean counted) {
    Expression[] written =
        members.stream()
            .map(Member::written)
            .map(member -> counted ? new Expression.Marked(member) : member)
            .toArray(Expression[]::new);
    Expression other = counted ? new Expression.Marked(others) : others;
    boolean more = others != Expression.NOTHING;
    Expression afterOthers = more ? any(sequence(JsonRules.comma(), other)) : Expression.EMPTY;
    Expression asFirst = more ? optional(sequence(other, afterOthers)) : Expression.EMPTY;
    for (int i = written.length - 1; i >= 0; i--) {
      Expression member = sequence(JsonRules.comma(), written[i]);
      Expression beginning = sequence(written[i], afterOthers);
      boolean required = members.get(i).required();
      asFirst = required ? beginning : choice(beginning, asFirst);
      afterOthers = sequence(required ? member : optional(member), afterOthers);
    }
    return sequence(literal("{"), asFirst, literal("}"));
  }
}
