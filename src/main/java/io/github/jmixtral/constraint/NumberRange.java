package io.github.jmixtral.constraint;

import static io.github.jmixtral.internal.automaton.Expression.any;
import static io.github.jmixtral.internal.automaton.Expression.characters;
import static io.github.jmixtral.internal.automaton.Expression.choice;
import static io.github.jmixtral.internal.automaton.Expression.literal;
import static io.github.jmixtral.internal.automaton.Expression.optional;
import static io.github.jmixtral.internal.automaton.Expression.sequence;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Expression.Repeat;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Numbers between bounds, in decimal, digit by digit. */
final class NumberRange {
  private static final Expression DIGIT = characters('0', '9');

  private NumberRange() {}

  /**
   * An end of a range.
   *
   * @param excluded whether the value itself is left out
   */
  record Bound(BigDecimal value, boolean excluded) {
    Bound negated() {
      return new Bound(value.negate(), excluded);
    }
  }

  /** The whole numbers from {@code least} to {@code most}, both included; maybe none. */
  static Expression integers(BigInteger least, BigInteger most) {
    List<Expression> options = new ArrayList<>();
    addNonNegative(least.max(BigInteger.ZERO), most, literal(""), options);
    addNonNegative(most.negate().max(BigInteger.ONE), least.negate(), literal("-"), options);
    return new Expression.Choice(options);
  }

  /** The numbers between two bounds, with or without digits behind the point; maybe none. */
  static Expression decimals(Bound least, Bound most) {
    Bound zero = new Bound(BigDecimal.ZERO, false);
    List<Expression> options = new ArrayList<>();
    if (most.value().signum() >= 0) {
      options.add(magnitudes(least.value().signum() < 0 ? zero : least, most));
    }
    if (least.value().signum() < 0) {
      options.add(
          sequence(
              literal("-"),
              magnitudes(most.value().signum() > 0 ? zero : most.negated(), least.negated())));
    }
    return new Expression.Choice(options);
  }

  /** Numbers without a sign. */
  private static Expression magnitudes(Bound least, Bound most) {
    return new Expression.Both(atLeast(least), atMost(most));
  }

  private static Expression atLeast(Bound bound) {
    BigInteger whole = bound.value().toBigInteger();
    Expression larger =
        sequence(
            integersFrom(whole.add(BigInteger.ONE)), optional(sequence(literal("."), digits())));
    Expression equal =
        sequence(literal(whole.toString()), fractionAtLeast(fraction(bound), bound.excluded()));
    return choice(larger, equal);
  }

  private static Expression atMost(Bound bound) {
    BigInteger whole = bound.value().toBigInteger();
    Expression smaller =
        sequence(
            integers(BigInteger.ZERO, whole.subtract(BigInteger.ONE)),
            optional(sequence(literal("."), digits())));
    Expression equal =
        sequence(literal(whole.toString()), fractionAtMost(fraction(bound), bound.excluded()));
    return choice(smaller, equal);
  }

  private static Expression digits() {
    return new Repeat(DIGIT, 1, JsonRules.MAX_DIGITS);
  }

  private static Expression integersFrom(BigInteger least) {
    BigInteger longest =
        BigInteger.TEN.pow(JsonRules.MAX_DIGITS + 1).subtract(BigInteger.ONE).max(least);
    return integers(least, longest);
  }

  /** The digits behind the point, without zeros at the end. */
  private static String fraction(Bound bound) {
    BigDecimal rest =
        bound.value().subtract(new BigDecimal(bound.value().toBigInteger())).stripTrailingZeros();
    return rest.signum() == 0 ? "" : rest.toPlainString().substring(2);
  }

  /** What follows the whole part: a point and digits that make at least so much, or nothing. */
  private static Expression fractionAtLeast(String digits, boolean excluded) {
    Expression behind = sequence(literal("."), digitsAtLeast(digits, excluded));
    return digits.isEmpty() && !excluded ? choice(Expression.EMPTY, behind) : behind;
  }

  private static Expression digitsAtLeast(String digits, boolean excluded) {
    if (digits.isEmpty()) {
      return excluded
          ? sequence(any(literal("0")), characters('1', '9'), any(DIGIT))
          : sequence(DIGIT, any(DIGIT));
    }
    Expression rest =
        digits.length() > 1
            ? digitsAtLeast(digits.substring(1), excluded)
            : excluded ? digitsAtLeast("", true) : any(DIGIT);
    return choice(
        sequence(characters(digits.charAt(0) + 1, '9'), any(DIGIT)),
        sequence(literal(digits.substring(0, 1)), rest));
  }

  private static Expression fractionAtMost(String digits, boolean excluded) {
    if (digits.isEmpty()) {
      return excluded
          ? Expression.NOTHING
          : optional(sequence(literal("."), literal("0"), any(literal("0"))));
    }
    return choice(Expression.EMPTY, sequence(literal("."), digitsAtMost(digits, excluded)));
  }

  private static Expression digitsAtMost(String digits, boolean excluded) {
    Expression smaller = sequence(characters('0', digits.charAt(0) - 1), any(DIGIT));
    Expression first = literal(digits.substring(0, 1));
    if (digits.length() == 1) {
      return excluded ? smaller : choice(smaller, sequence(first, any(literal("0"))));
    }
    return choice(smaller, first, sequence(first, digitsAtMost(digits.substring(1), excluded)));
  }

  /** Whole numbers behind a sign, length by length. */
  private static void addNonNegative(
      BigInteger least, BigInteger most, Expression sign, List<Expression> options) {
    BigInteger from = least;
    while (from.compareTo(most) <= 0) {
      BigInteger longest = BigInteger.TEN.pow(from.toString().length()).subtract(BigInteger.ONE);
      BigInteger to = longest.min(most);
      options.add(sequence(sign, sameLength(from.toString(), to.toString())));
      from = to.add(BigInteger.ONE);
    }
  }

  private static Expression sameLength(String least, String most) {
    int rest = least.length() - 1;
    if (rest < 0) {
      return Expression.EMPTY;
    }
    char first = least.charAt(0);
    char last = most.charAt(0);
    if (least.chars().skip(1).allMatch(c -> c == '0')
        && most.chars().skip(1).allMatch(c -> c == '9')) {
      return sequence(characters(first, last), new Repeat(DIGIT, rest, rest));
    }
    if (first == last) {
      return sequence(characters(first, first), sameLength(least.substring(1), most.substring(1)));
    }
    return choice(
        sequence(characters(first, first), sameLength(least.substring(1), "9".repeat(rest))),
        sequence(characters(first + 1, last - 1), new Repeat(DIGIT, rest, rest)),
        sequence(characters(last, last), sameLength("0".repeat(rest), most.substring(1))));
  }
}
