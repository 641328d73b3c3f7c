package io.github.jmixtral.constraint;

import static io.github.jmixtral.internal.automaton.Expression.choice;
import static io.github.jmixtral.internal.automaton.Expression.literal;
import static io.github.jmixtral.internal.automaton.Expression.optional;
import static io.github.jmixtral.internal.automaton.Expression.sequence;

import io.github.jmixtral.internal.automaton.Expression;
import java.util.List;

/** An object whose members come in a fixed order, some of which may be left out. */
record ObjectMembers(List<Member> members) {
  /** A name, its value, and whether it must be there. */
  record Member(String name, Expression value, boolean required) {
    Expression written() {
      return sequence(literal(JsonText.quoted(name)), JsonRules.colon(), value);
    }
  }

  /** The object: commas stand between the members that are there. */
  Expression object() {
    Expression[] written = members.stream().map(Member::written).toArray(Expression[]::new);
    Expression afterOthers = Expression.EMPTY;
    Expression asFirst = Expression.EMPTY;
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
