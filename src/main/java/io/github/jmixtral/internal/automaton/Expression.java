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

  /** No text at all. */
  Expression NOTHING = new Choice(List.of());

  /** Any text. */
  Expression ANYTHING = any(new Characters(CodePointSet.ALL));

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
   * Repeated. Long repetitions become rules that count, unless they stand in {@link Both}, {@link
   * Without} or {@link Looking}: there every repetition has its own states.
   *
   * @param least at least so often
   * @param most at most so often, or {@link #UNBOUNDED}
   */
  record Repeat(Expression part, int least, int most) implements Expression {}

  /** What both match; neither may call a rule. */
  record Both(Expression first, Expression second) implements Expression {}

  /** What the first matches and the second does not; neither may call a rule. */
  record Without(Expression first, Expression second) implements Expression {}

  /**
   * A part whose occurrences the counter of the rule counts. It must begin with a character, a
   * literal or a call, each of which reads something.
   */
  record Marked(Expression part) implements Expression {}

  /** A text in which {@link Ahead} and {@link Behind} look around; it may not call a rule. */
  record Looking(Expression text) implements Expression {}

  /**
   * Nothing, in a place where the rest of the text around begins so.
   *
   * @param negated whether it is a place where the rest does not begin so
   */
  record Ahead(Expression beginning, boolean negated) implements Expression {}

  /**
   * Nothing, in a place where the text around ends so up to there.
   *
   * @param whole what the text from its beginning matches; it may not look ahead
   * @param negated whether it is a place where the text does not match
   */
  record Behind(Expression whole, boolean negated) implements Expression {}

  /**
   * A number in decimal that a divisor divides, with or without a minus sign: no more digits than
   * so many stand behind the point.
   *
   * @param divisor of the number times 10 to the power of {@code decimals}
   */
  record Multiple(int divisor, int decimals) implements Expression {}

  /** What another rule of the grammar matches. */
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

  /** One of several, or the only one itself. */
  static Expression anyOf(List<Expression> options) {
    return options.size() == 1 ? options.getFirst() : new Choice(options);
  }

  /** One behind the other, or the only one itself. */
  static Expression allOf(List<Expression> parts) {
    return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
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
