package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** Numbers of a schema. */
final class SchemaNumbers {
  /** The most digits of an integer that always fits into a long. */
  private static final int MAX_INTEGER_DIGITS = 18;

  /** Each remainder, for each number of digits behind the point, is a state. */
  private static final int MAX_DIVISOR = 10_000;

  /** Digits of a bound, before and behind the point. */
  private static final int MAX_BOUND_DIGITS = 30;

  private static final Expression DIGIT = Expression.characters('0', '9');

  private SchemaNumbers() {}

  /** Whole numbers. */
  static Expression integer(SchemaKeywords keywords) {
    NumberRange.Bound least = least(keywords, MAX_INTEGER_DIGITS);
    NumberRange.Bound most = most(keywords, MAX_INTEGER_DIGITS);
    if (keywords.all("format").stream().anyMatch(SchemaNumbers::isInt32)) {
      least = higher(least, new NumberRange.Bound(BigDecimal.valueOf(Integer.MIN_VALUE), false));
      most = lower(most, new NumberRange.Bound(BigDecimal.valueOf(Integer.MAX_VALUE), false));
    }
    Expression range = NumberRange.integers(above(least), above(most.negated()).negate());
    return withMultiples(range, keywords, true);
  }

  /** OpenAPI's word for what fits into an int; any integer that is written fits into a long. */
  private static boolean isInt32(SchemaPart format) {
    return format.node().isString() && format.node().stringValue().equals("int32");
  }

  /** Numbers with or without digits behind the point. */
  static Expression number(SchemaKeywords keywords, JsonRules rules) {
    boolean bounded =
        List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum").stream()
            .anyMatch(keywords::has);
    if (!bounded && !keywords.has("multipleOf")) {
      return rules.number();
    }
    // Fifteen digits in all: so many keep their order when they become a double.
    Expression range =
        new Expression.Both(
            NumberRange.decimals(
                least(keywords, JsonRules.MAX_DIGITS), most(keywords, JsonRules.MAX_DIGITS)),
            fifteenDigits());
    return withMultiples(range, keywords, false);
  }

  private static Expression fifteenDigits() {
    List<Expression> options = new ArrayList<>();
    for (int whole = 1; whole <= JsonRules.MAX_DIGITS; whole++) {
      Expression digits = new Expression.Repeat(DIGIT, whole, whole);
      int rest = JsonRules.MAX_DIGITS - whole;
      options.add(
          rest == 0
              ? digits
              : Expression.sequence(
                  digits,
                  Expression.optional(
                      Expression.sequence(
                          Expression.literal("."), new Expression.Repeat(DIGIT, 1, rest)))));
    }
    return Expression.sequence(
        Expression.optional(Expression.literal("-")), new Expression.Choice(options));
  }

  private static Expression withMultiples(
      Expression range, SchemaKeywords keywords, boolean whole) {
    Expression numbers = range;
    for (SchemaPart part : keywords.all("multipleOf")) {
      numbers = new Expression.Both(numbers, multiple(part, whole));
    }
    return numbers;
  }

  /** A divisor p / 10^q: of whole numbers, those divide by what of p is left beside 10^q. */
  private static Expression multiple(SchemaPart part, boolean whole) {
    BigDecimal value = part.number();
    if (value.signum() <= 0 || value.precision() > MAX_BOUND_DIGITS) {
      throw part.refuse("a number above 0, of few digits", part.describe());
    }
    BigDecimal stripped = value.stripTrailingZeros();
    int decimals = Math.max(0, stripped.scale());
    if (decimals > JsonRules.MAX_DIGITS || stripped.scale() < -MAX_INTEGER_DIGITS) {
      throw part.refuse("a number above 0, of few digits", part.describe());
    }
    BigInteger divisor = stripped.setScale(decimals).unscaledValue();
    if (whole) {
      divisor = divisor.divide(divisor.gcd(BigInteger.TEN.pow(decimals)));
      decimals = 0;
    }
    BigInteger states = divisor.multiply(BigInteger.valueOf(decimals == 0 ? 1 : decimals + 2L));
    if (states.compareTo(BigInteger.valueOf(MAX_DIVISOR)) > 0) {
      throw part.refuse("the divisor " + part.describe() + " has too many digits");
    }
    return new Expression.Multiple(divisor.intValueExact(), decimals);
  }

  /** The least whole number that a lower bound allows. */
  private static BigInteger above(NumberRange.Bound bound) {
    BigInteger ceiling = bound.value().setScale(0, RoundingMode.CEILING).toBigInteger();
    boolean itself = bound.excluded() && SchemaType.isWhole(bound.value());
    return itself ? ceiling.add(BigInteger.ONE) : ceiling;
  }

  private static NumberRange.Bound least(SchemaKeywords keywords, int digits) {
    BigDecimal limit = new BigDecimal(BigInteger.TEN.pow(digits).subtract(BigInteger.ONE));
    NumberRange.Bound least = new NumberRange.Bound(limit.negate(), false);
    for (SchemaPart part : keywords.all("minimum")) {
      least = higher(least, new NumberRange.Bound(bounded(part, digits), false));
    }
    for (SchemaPart part : keywords.all("exclusiveMinimum")) {
      if (!part.node().isBoolean()) {
        least = higher(least, new NumberRange.Bound(bounded(part, digits), true));
      }
    }
    return excludedByFlag(keywords, "minimum", "exclusiveMinimum", least);
  }

  private static NumberRange.Bound most(SchemaKeywords keywords, int digits) {
    BigDecimal limit = new BigDecimal(BigInteger.TEN.pow(digits).subtract(BigInteger.ONE));
    NumberRange.Bound most = new NumberRange.Bound(limit, false);
    for (SchemaPart part : keywords.all("maximum")) {
      most = lower(most, new NumberRange.Bound(bounded(part, digits), false));
    }
    for (SchemaPart part : keywords.all("exclusiveMaximum")) {
      if (!part.node().isBoolean()) {
        most = lower(most, new NumberRange.Bound(bounded(part, digits), true));
      }
    }
    return excludedByFlag(keywords, "maximum", "exclusiveMaximum", most);
  }

  /** In draft 4, {@code exclusiveMinimum: true} says that {@code minimum} is left out. */
  private static NumberRange.Bound excludedByFlag(
      SchemaKeywords keywords, String key, String flag, NumberRange.Bound bound) {
    for (SchemaPart part : keywords.parts()) {
      if (part.find(flag).filter(SchemaPart::isTrue).isPresent()
          && part.find(key).filter(v -> v.number().compareTo(bound.value()) == 0).isPresent()) {
        return new NumberRange.Bound(bound.value(), true);
      }
    }
    return bound;
  }

  private static NumberRange.Bound higher(NumberRange.Bound a, NumberRange.Bound b) {
    int order = a.value().compareTo(b.value());
    return order == 0 ? (a.excluded() ? a : b) : order > 0 ? a : b;
  }

  private static NumberRange.Bound lower(NumberRange.Bound a, NumberRange.Bound b) {
    return higher(a.negated(), b.negated()).negated();
  }

  /** Beyond any number that is written, only the side of zero counts. */
  private static BigDecimal bounded(SchemaPart part, int digits) {
    BigDecimal value = part.number();
    BigDecimal limit = new BigDecimal(BigInteger.TEN.pow(digits + 1));
    if (value.precision() - (long) value.scale() > digits + 2L) {
      return value.signum() < 0 ? limit.negate() : limit;
    }
    if (value.scale() > MAX_BOUND_DIGITS || value.precision() > 2 * MAX_BOUND_DIGITS) {
      throw part.refuse(
          "the bound "
              + part.describe()
              + " has more than "
              + MAX_BOUND_DIGITS
              + " digits behind the point");
    }
    return value.abs().compareTo(limit) > 0 ? (value.signum() < 0 ? limit.negate() : limit) : value;
  }
}
