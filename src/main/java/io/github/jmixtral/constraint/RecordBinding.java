package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.format.Excerpt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Java record as JSON: the schema that its components make, and the record that a text of that
 * schema becomes. Immutable; safe for use by several threads.
 *
 * <p>A component is a {@code String}, {@code boolean}, {@code byte}, {@code short}, {@code int},
 * {@code long} (up to 18 digits), {@code float}, {@code double} or the box of one, an enum, a
 * record, a {@code List} or a {@code Map<String, …>} of such, or an {@code Optional} of such, which
 * may be missing. Records may contain themselves through {@code List}, {@code Map} and {@code
 * Optional}. Names are those of components and enum constants; Jackson's annotations are not looked
 * at.
 *
 * <p>Jackson makes the record: in a named module, the record must be public in an exported package,
 * or its package be opened to {@code tools.jackson.databind}.
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
            .disable(MapperFeature.USE_ANNOTATIONS)
            .disable(EnumFeature.READ_ENUMS_USING_TO_STRING)
            .build();
  }

  /**
   * The binding of a record.
   *
   * @throws IllegalArgumentException when a component has another type, or when Jackson may not
   *     make the record; the message names the place
   */
  public static <T extends Record> RecordBinding<T> of(Class<T> type) {
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
    try {
      return mapper.readValue(json, type);
    } catch (JacksonException failure) {
      throw new IllegalArgumentException(
          "%s: expected JSON that becomes the record, found %s (%s)"
              .formatted(
                  type.getName(), Excerpt.quote(json), Excerpt.line(failure.getOriginalMessage())),
          failure);
    }
  }
}
