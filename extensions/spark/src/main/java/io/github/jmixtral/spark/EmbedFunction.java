package io.github.jmixtral.spark;

import io.github.jmixtral.spark.internal.executor.TextFunction;
import io.github.jmixtral.spark.internal.task.Task;
import java.util.List;
import org.apache.spark.sql.api.java.UDF1;
import org.jspecify.annotations.Nullable;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Makes vectors of texts in SQL, by a name that is given to this class: {@code
 * spark.udf.registerJavaFunction("embed", "io.github.jmixtral.spark.EmbedFunction")} in Python. The
 * model and its settings are those of the session's configuration when it is registered: {@code
 * spark.jmixtral.model} and others, which {@code docs/spark.md} lists. A text that is bad or null
 * gives null.
 *
 * @since 0.1.0
 */
public final class EmbedFunction implements UDF1<String, List<Float>> {
  private static final long serialVersionUID = 1;

  private final TextFunction function = new TextFunction(SqlOptions.ofSession().job(Task.EMBED));

  /**
   * Reads the configuration of the active session.
   *
   * @throws IllegalArgumentException if it names no model, or a value is not valid
   */
  public EmbedFunction() {}

  @Override
  public @Nullable List<Float> call(@Nullable String text) {
    Seq<?> vector = (Seq<?>) function.apply(text);
    return vector == null
        ? null
        : CollectionConverters.asJava(vector).stream().map(Float.class::cast).toList();
  }
}
