package io.github.jmixtral.spark.internal.task;

import java.util.Locale;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** What becomes of a row, and the columns that it takes. */
public enum Task {
  /** The text is continued. */
  GENERATE,
  /** The conversation is answered. */
  CHAT,
  /** A classifier's label. */
  CLASSIFY,
  /** A vector. */
  EMBED,
  /** How likely the text is. */
  SCORE;

  /**
   * The task of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Task named(String name) {
    for (Task task : values()) {
      if (task.title().equals(name)) {
        return task;
      }
    }
    throw new IllegalArgumentException(
        "task is '%s', but must be generate, chat, classify, embed or score".formatted(name));
  }

  /** The name as users write it. */
  public String title() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The type of the result. */
  public DataType valueType() {
    return switch (this) {
      case GENERATE, CHAT, CLASSIFY -> DataTypes.StringType;
      case EMBED -> DataTypes.createArrayType(DataTypes.FloatType, false);
      case SCORE -> DataTypes.DoubleType;
    };
  }

  /** The type of what is known beside the result. */
  public StructType detailsType() {
    StructType counts = new StructType().add("prompt_tokens", DataTypes.IntegerType);
    return switch (this) {
      case GENERATE, CHAT ->
          new StructType()
              .add("finish_reason", DataTypes.StringType)
              .add("prompt_tokens", DataTypes.IntegerType)
              .add("completion_tokens", DataTypes.IntegerType)
              .add("log_probability", DataTypes.DoubleType);
      case CLASSIFY ->
          counts.add(
              "probabilities",
              DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType, false));
      case EMBED -> counts;
      case SCORE ->
          counts.add("mean", DataTypes.DoubleType).add("perplexity", DataTypes.DoubleType);
    };
  }
}
