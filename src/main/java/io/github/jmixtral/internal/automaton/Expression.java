package io.github.jmixtral.internal.automaton;

import java.util.Arrays;
import java.util.List;

/**
 * A regular expression over characters and calls of rules. Where the same object stands twice with
 * the same continuation, it becomes the same states.
 */
public sealed interface Expression {
  /** The empty text. */
  Expression EMPTY = new Sequence(List.of());

  /** For {@link Repeat}: no upper limit. */
  int UNBOUNDED = -1;

  /** One character of a set. */
  record Characters(CodePointSet set) implements Expression {}

  /** Exactly this text. */
  record Literal(String text) implements Expression {}

  /** One after the other. */
  record Sequence(List<Expression> parts) implements Expression {}

  /** One of them; of none, nothing at all. */
  record Choice(List<Expression> options) implements Expression {}

  /**
   * Repeated.
   *
   * @param least at least so often
   * @param most at most so often, or {@link #UNBOUNDED}
   */
  record Repeat(Expression part, int least, int most) implements Expression {}

  /** What both match; neither may call a rule. */
  record Both(Expression first, Expression second) implements Expression {}

  /** A whole number in decimal, with a minus sign or without, that a divisor divides. */
  record Multiple(int divisor) implements Expression {}

  /** What another rule of the grammar matches; no rule that is called matches the empty text. */
  record Call(int rule) implements Expression {}

  static Expression literal(String text) {
    return new Literal(text);
  }

  static Expression sequence(Expression... parts) {
    return new Sequence(List.copyOf(Arrays.asList(parts)));
  }

  static Expression choice(Expression... options) {
    return new Choice(List.copyOf(Arrays.asList(options)));
  }

  static Expression optional(Expression part) {
    return new Repeat(part, 0, 1);
  }

  static Expression any(Expression part) {
    return new Repeat(part, 0, UNBOUNDED);
  }

  static Expression characters(int first, int last) {
    return new Characters(CodePointSet.of(first, last));
  }

  static Expression oneCharacterOf(String characters) {
    return new Characters(CodePointSet.ofAll(characters));
  }
}
