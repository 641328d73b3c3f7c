package io.github.jmixtral.spark;

import io.github.jmixtral.spark.internal.executor.TextFunction;
import io.github.jmixtral.spark.internal.task.Task;
import org.apache.spark.sql.api.java.UDF1;
import org.jspecify.annotations.Nullable;

/**
 * Measures how likely the model finds texts in SQL: the sum of their log probabilities, by a name
 * that is given to this class: {@code spark.udf.registerJavaFunction("score",
 * "io.github.jmixtral.spark.ScoreFunction")} in Python. The model and its settings are those of the
 * session's configuration when it is registered: {@code spark.jmixtral.model} and others, which
 * {@code docs/spark.md} lists. A text that is bad or null gives null.
 *
 * @since 0.1.0
 */
public final class ScoreFunction implements UDF1<String, Double> {
  private static final long serialVersionUID = 1;

  private final TextFunction function = new TextFunction(SqlOptions.ofSession().job(Task.SCORE));

  /**
   * Reads the configuration of the active session.
   *
   * @throws IllegalArgumentException if it names no model, or a value is not valid
   */
  public ScoreFunction() {}

  @Override
  public @Nullable Double call(@Nullable String text) {
    return (Double) function.apply(text);
  }
}
