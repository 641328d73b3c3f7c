package io.github.jmixtral.constraint;

import static io.github.jmixtral.internal.automaton.Expression.choice;
import static io.github.jmixtral.internal.automaton.Expression.literal;
import static io.github.jmixtral.internal.automaton.Expression.sequence;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.Expression;

/**
 * The places in a text that a regular expression may ask for: its ends, those of lines and words.
 */
final class RegexPlaces {
  /** The place before which there is nothing. */
  static final Expression BEGINNING = new Expression.Behind(Expression.EMPTY, false);

  /** The place behind which there is nothing. */
  static final Expression END =
      new Expression.Ahead(new Expression.Characters(CodePointSet.ALL), true);

  private RegexPlaces() {}

  /** Whether an expression asks for places. */
  static boolean in(Expression expression) {
    return switch (expression) {
      case Expression.Ahead _, Expression.Behind _ -> true;
      case Expression.Sequence sequence -> sequence.parts().stream().anyMatch(RegexPlaces::in);
      case Expression.Choice choice -> choice.options().stream().anyMatch(RegexPlaces::in);
      case Expression.Repeat repeat -> in(repeat.part());
      case Expression _ -> false;
    };
  }

  /** Whether an expression asks for a place, and for nothing else. */
  static boolean only(Expression expression) {
    return switch (expression) {
      case Expression.Ahead _, Expression.Behind _ -> true;
      case Expression.Sequence sequence -> sequence.parts().stream().allMatch(RegexPlaces::only);
      case Expression.Choice choice -> choice.options().stream().allMatch(RegexPlaces::only);
      case Expression _ -> false;
    };
  }

  /** Whether an expression asks for places by what comes behind them. */
  static boolean lookAheadIn(Expression expression) {
    return switch (expression) {
      case Expression.Ahead _ -> true;
      case Expression.Sequence sequence ->
          sequence.parts().stream().anyMatch(RegexPlaces::lookAheadIn);
      case Expression.Choice choice -> choice.options().stream().anyMatch(RegexPlaces::lookAheadIn);
      case Expression.Repeat repeat -> lookAheadIn(repeat.part());
      case Expression _ -> false;
    };
  }

  /** The end, or a line break that stands at the end: Java's {@code $} and {@code \Z}. */
  static Expression endBeforeLineBreak() {
    return choice(
        END,
        new Expression.Ahead(sequence(literal("\r\n"), END), false),
        sequence(
            new Expression.Behind(endingWith(CodePointSet.ofAll("\r")), true),
            new Expression.Ahead(sequence(literal("\n"), END), false)),
        new Expression.Ahead(
            sequence(
                new Expression.Characters(RegexClasses.LINE_BREAKS.minus(CodePointSet.ofAll("\n"))),
                END),
            false));
  }

  /** The beginning and behind every line break, but not the end: Java's {@code (?m)^}. */
  static Expression lineBeginning() {
    return choice(
        sequence(BEGINNING, ahead(CodePointSet.ALL)),
        sequence(
            behind(RegexClasses.LINE_BREAKS.minus(CodePointSet.ofAll("\r"))),
            ahead(CodePointSet.ALL)),
        sequence(behind(CodePointSet.ofAll("\r")), ahead(CodePointSet.ofAll("\n").complement())));
  }

  /** The end, and before every line break: Java's {@code (?m)$}. */
  static Expression lineEnd() {
    return choice(
        END,
        ahead(RegexClasses.LINE_BREAKS.minus(CodePointSet.ofAll("\n"))),
        sequence(
            new Expression.Behind(endingWith(CodePointSet.ofAll("\r")), true),
            ahead(CodePointSet.ofAll("\n"))));
  }

  /** Between a character of a word and another or none. */
  static Expression wordBoundary(RegexDialect dialect) {
    CodePointSet word = dialect.word(false);
    CodePointSet other = dialect.word(true).complement();
    return choice(
        sequence(behind(word), choice(ahead(other), END)),
        sequence(choice(behind(other), BEGINNING), ahead(word)));
  }

  /** Everywhere else. */
  static Expression noWordBoundary(RegexDialect dialect) {
    CodePointSet word = dialect.word(false);
    CodePointSet other = dialect.word(true).complement();
    CodePointSet disputed = word.union(other).complement();
    return choice(
        sequence(behind(word), ahead(word)),
        sequence(choice(behind(other), BEGINNING), choice(ahead(other), END)),
        sequence(behind(disputed), ahead(disputed)));
  }

  /** Texts that end with a character of a set. */
  private static Expression endingWith(CodePointSet set) {
    return sequence(Expression.ANYTHING, new Expression.Characters(set));
  }

  private static Expression behind(CodePointSet set) {
    return new Expression.Behind(endingWith(set), false);
  }

  private static Expression ahead(CodePointSet set) {
    return new Expression.Ahead(new Expression.Characters(set), false);
  }
}
