package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Writes a fixed JSON value. */
final class JsonLiterals {
  /** Numbers of at most so many digits are written without an exponent. */
  private static final int MOST_DIGITS = 30;

  private JsonLiterals() {}

  /** The value, with or without a space behind colons and commas. */
  static Expression expression(SchemaPart value) {
    JsonNode node = value.node();
    List<Expression> parts = new ArrayList<>();
    if (node.isObject()) {
      parts.add(Expression.literal("{"));
      for (SchemaPart entry : value.entries()) {
        separate(parts);
        parts.add(Expression.literal(JsonText.quoted(entry.name())));
        parts.add(JsonRules.colon());
        parts.add(expression(entry));
      }
      parts.add(Expression.literal("}"));
      return new Expression.Sequence(parts);
    }
    if (node.isArray()) {
      parts.add(Expression.literal("["));
      for (SchemaPart element : value.elements()) {
        separate(parts);
        parts.add(expression(element));
      }
      parts.add(Expression.literal("]"));
      return new Expression.Sequence(parts);
    }
    if (node.isNumber()) {
      return number(node.decimalValue());
    }
    return Expression.literal(
        node.isString() ? JsonText.quoted(node.stringValue()) : node.toString());
  }

  private static void separate(List<Expression> parts) {
    if (parts.size() > 1) {
      parts.add(JsonRules.comma());
    }
  }

  /** The number in digits, and as the schema writes it: 1 and 1.0, 100 and 1e2. */
  private static Expression number(BigDecimal value) {
    BigDecimal stripped = value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    String written = value.toString().replace("E", "e").replace("e+", "e");
    if (stripped.precision() - stripped.scale() > MOST_DIGITS || stripped.scale() > MOST_DIGITS) {
      return Expression.literal(written);
    }
    String plain = stripped.toPlainString();
    return plain.equals(written)
        ? Expression.literal(plain)
        : Expression.choice(Expression.literal(plain), Expression.literal(written));
  }
}
