package io.github.jmixtral.constraint;

import static io.github.jmixtral.internal.automaton.Expression.characters;
import static io.github.jmixtral.internal.automaton.Expression.choice;
import static io.github.jmixtral.internal.automaton.Expression.literal;
import static io.github.jmixtral.internal.automaton.Expression.optional;
import static io.github.jmixtral.internal.automaton.Expression.sequence;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Expression.Repeat;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Numbers between two whole numbers, in decimal, digit by digit. */
final class NumberRange {
  private static final Expression DIGIT = characters('0', '9');

  private NumberRange() {}

  /** The whole numbers from {@code least} to {@code most}, both included; maybe none. */
  static Expression integers(BigInteger least, BigInteger most) {
    List<Expression> options = new ArrayList<>();
    addNonNegative(least.max(BigInteger.ZERO), most, literal(""), options);
    addNonNegative(most.negate().max(BigInteger.ONE), least.negate(), literal("-"), options);
    return new Expression.Choice(options);
  }

  /**
   * The numbers from {@code least} to {@code most} with or without digits behind the point.
   *
   * @param leastExcluded whether {@code least} itself is left out
   * @param mostExcluded whether {@code most} itself is left out
   */
  static Expression decimals(
      BigInteger least, boolean leastExcluded, BigInteger most, boolean mostExcluded) {
    List<Expression> options = new ArrayList<>();
    boolean fromZero = least.signum() < 0;
    options.add(
        magnitudes(least.max(BigInteger.ZERO), !fromZero && leastExcluded, most, mostExcluded));
    boolean toZero = most.signum() > 0;
    options.add(
        sequence(
            literal("-"),
            magnitudes(
                most.negate().max(BigInteger.ZERO),
                !toZero && mostExcluded,
                least.negate(),
                leastExcluded)));
    return new Expression.Choice(options);
  }

  /** Numbers without a sign; nothing when the ends cross. */
  private static Expression magnitudes(
      BigInteger least, boolean leastExcluded, BigInteger most, boolean mostExcluded) {
    if (least.compareTo(most) > 0) {
      return choice();
    }
    List<Expression> options = new ArrayList<>();
    if (least.equals(most)) {
      return leastExcluded || mostExcluded ? choice() : literal(most.toString());
    }
    Expression fraction = sequence(literal("."), new Repeat(DIGIT, 1, JsonRules.MAX_DIGITS));
    Expression aboveZero =
        sequence(
            literal("."), new Repeat(DIGIT, 0, JsonRules.MAX_DIGITS - 1), characters('1', '9'));
    options.add(
        sequence(literal(least.toString()), leastExcluded ? aboveZero : optional(fraction)));
    options.add(
        sequence(
            integers(least.add(BigInteger.ONE), most.subtract(BigInteger.ONE)),
            optional(fraction)));
    if (!mostExcluded) {
      options.add(literal(most.toString()));
    }
    return new Expression.Choice(options);
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
