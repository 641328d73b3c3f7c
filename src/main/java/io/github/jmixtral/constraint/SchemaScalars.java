package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Strings and numbers of a schema. */
final class SchemaScalars {
  /** Integers of so many digits fit into a long. */
  private static final int MAX_INTEGER_DIGITS = 18;

  private static final int MAX_DIVISOR = 1000;

  private final GrammarBuilder grammar;
  private final JsonRules rules;

  SchemaScalars(GrammarBuilder grammar, JsonRules rules) {
    this.grammar = grammar;
    this.rules = rules;
  }

  Expression string(SchemaPart schema) {
    boolean counted = schema.has("minLength") || schema.has("maxLength");
    if (!counted && !schema.has("pattern")) {
      return rules.string();
    }
    SchemaCounts counts = SchemaCounts.of(schema, "minLength", "maxLength");
    if (!schema.has("pattern")) {
      return rules.string(counts.least(), counts.most());
    }
    SchemaPart pattern = schema.find("pattern").get();
    Expression matching =
        RegexParser.finding("schema: " + pattern.pointer() + ": regex", pattern.string());
    return counted
        ? grammar.add(JsonText.stringOfMarked(matching), counts.least(), counts.most())
        : JsonText.stringOf(matching);
  }

  Expression integer(SchemaPart schema) {
    BigInteger limit = largest(MAX_INTEGER_DIGITS);
    BigInteger least =
        highest(
            limit.negate(),
            schema.find("minimum").map(part -> rounded(part, RoundingMode.CEILING)),
            schema
                .find("exclusiveMinimum")
                .map(part -> rounded(part, RoundingMode.FLOOR).add(BigInteger.ONE)));
    BigInteger most =
        lowest(
            limit,
            schema.find("maximum").map(part -> rounded(part, RoundingMode.FLOOR)),
            schema
                .find("exclusiveMaximum")
                .map(part -> rounded(part, RoundingMode.CEILING).subtract(BigInteger.ONE)));
    requireSome(schema, least, most);
    Expression range = NumberRange.integers(least, most);
    return schema
        .find("multipleOf")
        .<Expression>map(
            part -> new Expression.Both(range, new Expression.Multiple(divisor(part), 0)))
        .orElse(range);
  }

  Expression number(SchemaPart schema) {
    if (schema.has("multipleOf")) {
      return integer(schema); // the whole numbers among the numbers that fit
    }
    List<String> bounds = List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");
    if (bounds.stream().noneMatch(schema::has)) {
      return rules.number();
    }
    for (String bound : bounds) {
      schema
          .find(bound)
          .filter(part -> !SchemaType.isWhole(part.number()))
          .ifPresent(
              part -> {
                throw part.refuse("a whole number, as others are not supported", part.describe());
              });
    }
    BigInteger limit = largest(JsonRules.MAX_DIGITS);
    Optional<BigInteger> minimum = whole(schema, "minimum");
    Optional<BigInteger> above = whole(schema, "exclusiveMinimum");
    Optional<BigInteger> maximum = whole(schema, "maximum");
    Optional<BigInteger> below = whole(schema, "exclusiveMaximum");
    BigInteger least = highest(limit.negate(), minimum, above);
    BigInteger most = lowest(limit, maximum, below);
    boolean leastExcluded = above.filter(least::equals).isPresent();
    boolean mostExcluded = below.filter(most::equals).isPresent();
    requireSome(schema, least, most);
    if (least.equals(most) && (leastExcluded || mostExcluded)) {
      throw schema.refuse("bounds that some number fits", "an exclusive bound at " + least);
    }
    return NumberRange.decimals(least, leastExcluded, most, mostExcluded);
  }

  private static int divisor(SchemaPart part) {
    BigDecimal value = part.number();
    if (!SchemaType.isWhole(value)
        || value.signum() <= 0
        || value.compareTo(BigDecimal.valueOf(MAX_DIVISOR)) > 0) {
      throw part.refuse(
          "a whole number from 1 to " + MAX_DIVISOR + ", as others are not supported",
          part.describe());
    }
    return value.intValueExact();
  }

  private static void requireSome(SchemaPart schema, BigInteger least, BigInteger most) {
    if (least.compareTo(most) > 0) {
      throw schema.refuse("bounds that some number fits", "only from " + least + " to " + most);
    }
  }

  private static Optional<BigInteger> whole(SchemaPart schema, String key) {
    return schema.find(key).map(part -> rounded(part, RoundingMode.UNNECESSARY));
  }

  /** Beyond any number that is written, only the side of zero counts. */
  private static BigInteger rounded(SchemaPart part, RoundingMode mode) {
    BigDecimal value = part.number();
    BigDecimal limit = new BigDecimal(BigInteger.TEN.pow(MAX_INTEGER_DIGITS + 2));
    if (value.abs().compareTo(limit) > 0) {
      return value.signum() < 0 ? limit.toBigInteger().negate() : limit.toBigInteger();
    }
    if (value.scale() > 1000) {
      throw part.refuse("at most 1000 digits behind the point", "more");
    }
    return value.setScale(0, mode).toBigIntegerExact();
  }

  private static BigInteger largest(int digits) {
    return BigInteger.TEN.pow(digits).subtract(BigInteger.ONE);
  }

  private static BigInteger highest(
      BigInteger start, Optional<BigInteger> first, Optional<BigInteger> second) {
    return Stream.of(first, second).flatMap(Optional::stream).reduce(start, BigInteger::max);
  }

  private static BigInteger lowest(
      BigInteger start, Optional<BigInteger> first, Optional<BigInteger> second) {
    return Stream.of(first, second).flatMap(Optional::stream).reduce(start, BigInteger::min);
  }
}
