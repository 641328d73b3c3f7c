package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.format.Excerpt;
import java.util.Objects;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Java record as JSON: the schema that its components make, and the record that a text of that
 * schema becomes. Immutable; safe for use by several threads.
 *
 * <p>A component is
 *
 * <ul>
 *   <li>a {@code String}, a primitive or its box ({@code long} with up to 18 digits), {@code
 *       BigDecimal}, {@code BigInteger}, {@code UUID}, {@code URI}, an enum;
 *   <li>{@code LocalDate}, {@code LocalTime}, {@code LocalDateTime}, {@code Instant}, {@code
 *       OffsetDateTime}, {@code Duration} or {@code java.util.Date}, as ISO 8601 writes them;
 *   <li>a record, also a generic one whose type arguments are known;
 *   <li>a sealed interface that permits records: the member {@code @type} holds the record's simple
 *       name;
 *   <li>a {@code List}, {@code Set}, {@code Collection}, an array or a {@code Map<String, …>} of
 *       such, or a {@code Map} with an enum's constants as keys;
 *   <li>an {@code Optional} of such, an {@code OptionalInt}, {@code OptionalLong} or {@code
 *       OptionalDouble}, which may be missing.
 * </ul>
 *
 * <p>Records may contain themselves through collections and optional components. Names are those of
 * components and enum constants; Jackson's annotations are not looked at.
 *
 * <p>Jackson makes the record: in a named module, the record must be public in an exported package,
 * or its package be opened to {@code tools.jackson.databind}.
 *
 * @since 0.1.0
 */
public final class RecordBinding<T extends Record> {
  private final Class<T> type;
  private final String schema;
  private final Constraint constraint;
  private final JsonMapper mapper;

  private RecordBinding(Class<T> type, String schema) {
    this.type = type;
    this.schema = schema;
    constraint = Constraint.jsonSchema(schema);
    mapper =
        JsonMapper.builder()
            .annotationIntrospector(new SealedTypes())
            .disable(EnumFeature.READ_ENUMS_USING_TO_STRING)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();
  }

  /**
   * The binding of a record.
   *
   * @throws IllegalArgumentException when a component has another type, or when Jackson may not
   *     make the record; the message names the place
   */
  public static <T extends Record> RecordBinding<T> of(Class<T> type) {
    Objects.requireNonNull(type, "type");
    return new RecordBinding<>(type, RecordSchema.of(type));
  }

  /** The schema's JSON text. */
  public String schema() {
    return schema;
  }

  /** What a text must be like that becomes the record. */
  public Constraint constraint() {
    return constraint;
  }

  /**
   * The record that a text says.
   *
   * @throws IllegalArgumentException when the text does not fit, or the record's constructor
   *     refuses it
   */
  public T read(String json) {
    Objects.requireNonNull(json, "json");
    try {
      return mapper.readValue(json, type);
    } catch (JacksonException failure) {
      throw new IllegalArgumentException(
          "%s: the text %s does not become the record: %s"
              .formatted(type.getName(), Excerpt.quote(json), reason(failure)),
          failure);
    }
  }

  /** Without the words of the library, which mean nothing to those who do not use it. */
  private static String reason(JacksonException failure) {
    String place =
        failure.getPath().stream()
            .map(
                step ->
                    step.getPropertyName() != null
                        ? step.getPropertyName()
                        : "[" + step.getIndex() + "]")
            .collect(Collectors.joining("."));
    Throwable cause = failure.getCause();
    String fault =
        cause == null || cause instanceof JacksonException || cause.getMessage() == null
            ? "the JSON does not fit the type"
            : Excerpt.line(cause.getMessage());
    return place.isEmpty() ? fault : place + ": " + fault;
  }
}
