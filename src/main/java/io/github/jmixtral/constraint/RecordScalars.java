package io.github.jmixtral.constraint;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Date;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The schemas of Java's types that are one JSON value. */
final class RecordScalars {
  private static final String DURATION =
      "^P(?=[0-9T])([0-9]{1,6}D)?"
          + "(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,6}(\\.[0-9]{1,9})?S)?)?$";

  /** {@link Date} counts milliseconds. */
  private static final String MILLISECONDS = "T[0-9:]{8}(\\.[0-9]{1,3})?Z$";

  private RecordScalars() {}

  /** The schema of a type; nothing for other types. */
  static Optional<ObjectNode> schema(Class<?> type) {
    return Optional.ofNullable(
        switch (type.getName()) {
          case "java.lang.String" -> typed("string");
          case "boolean", "java.lang.Boolean" -> typed("boolean");
          case "float", "java.lang.Float", "double", "java.lang.Double" -> typed("number");
          case "long", "java.lang.Long" -> typed("integer");
          case "int", "java.lang.Integer" -> integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
          case "short", "java.lang.Short" -> integer(Short.MIN_VALUE, Short.MAX_VALUE);
          case "byte", "java.lang.Byte" -> integer(Byte.MIN_VALUE, Byte.MAX_VALUE);
          case "char", "java.lang.Character" ->
              typed("string").put("pattern", "^[\\u0000-\\uFFFF]$");
          default -> object(type);
        });
  }

  private static @Nullable ObjectNode object(Class<?> type) {
    if (type == BigDecimal.class) {
      return typed("number");
    }
    if (type == BigInteger.class) {
      return typed("integer");
    }
    if (type == LocalDate.class) {
      return format("date");
    }
    if (type == LocalTime.class) {
      return format("local-time");
    }
    if (type == LocalDateTime.class) {
      return format("local-date-time");
    }
    if (type == Instant.class || type == OffsetDateTime.class) {
      return format("date-time");
    }
    if (type == Date.class) {
      return format("date-time").put("pattern", MILLISECONDS);
    }
    if (type == Duration.class) {
      return typed("string").put("pattern", DURATION);
    }
    if (type == UUID.class) {
      return format("uuid");
    }
    return type == URI.class ? format("uri") : null;
  }

  private static ObjectNode typed(String type) {
    return JsonNodeFactory.instance.objectNode().put("type", type);
  }

  private static ObjectNode format(String format) {
    return typed("string").put("format", format);
  }

  private static ObjectNode integer(int minimum, int maximum) {
    return typed("integer").put("minimum", minimum).put("maximum", maximum);
  }
}
