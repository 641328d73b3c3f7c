package io.github.jmixtral.spark.internal.task;

import io.github.jmixtral.constraint.Constraint;
import java.io.Serializable;
import java.util.List;

/**
 * A constraint as executors receive it.
 *
 * @param texts the schema, the expression, or the choices
 */
public record ConstraintText(Kind kind, List<String> texts) implements Serializable {
  /** What the texts are. */
  public enum Kind {
    /** JSON that fits the schema. */
    JSON_SCHEMA,
    /** A text that the expression matches. */
    REGEX,
    /** One of the choices. */
    CHOICES
  }

  /** A constraint with a copy of these texts. */
  public ConstraintText {
    texts = List.copyOf(texts);
  }

  /**
   * The constraint.
   *
   * @throws IllegalArgumentException if the texts are not valid
   */
  public Constraint compile() {
    return switch (kind) {
      case JSON_SCHEMA -> Constraint.jsonSchema(texts.getFirst());
      case REGEX -> Constraint.regex(texts.getFirst());
      case CHOICES -> Constraint.oneOf(texts);
    };
  }
}
