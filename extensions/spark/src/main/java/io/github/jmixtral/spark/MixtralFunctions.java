package io.github.jmixtral.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.udf;

import io.github.jmixtral.spark.internal.executor.RowStream;
import io.github.jmixtral.spark.internal.executor.TextFunction;
import io.github.jmixtral.spark.internal.task.ConstraintText;
import io.github.jmixtral.spark.internal.task.Job;
import io.github.jmixtral.spark.internal.task.JsonColumn;
import io.github.jmixtral.spark.internal.task.RowReader;
import io.github.jmixtral.spark.internal.task.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;

/**
 * Mixtral for the rows of a Dataset, in Spark's executors. Each function adds three columns, named
 * in the options:
 *
 * <ul>
 *   <li>{@code output}: the result;
 *   <li>{@code details}: a struct with what is known beside it;
 *   <li>{@code error}: null, or a sentence that says what is wrong with the row, whose result and
 *       details are null then. A bad row never fails the job.
 * </ul>
 *
 * <pre>{@code
 * MixtralFunctions.chat(questions, MixtralOptions.of("/models/mixtral-q4").withInputCol("question"))
 *     .write()
 *     .parquet("answers");
 * }</pre>
 *
 * <p>An executor loads a model once, for all of its tasks and stages. The rows of its tasks share
 * their passes through the model, and pass through a partition one after the other, in their order.
 * Killed tasks and cancelled stages end within a token.
 *
 * @since 0.1.0
 */
public final class MixtralFunctions {
  private MixtralFunctions() {}

  /**
   * Continues texts. The details are {@code finish_reason}, {@code prompt_tokens}, {@code
   * completion_tokens} and, where it is asked for, {@code log_probability}.
   *
   * @throws IllegalArgumentException if the Dataset lacks a column, has one of the names of those
   *     to come, or one of the wrong type
   */
  public static Dataset<Row> generate(Dataset<Row> dataset, MixtralOptions options) {
    return run(Task.GENERATE, dataset, options);
  }

  /** Answers conversations; else as {@link #generate}. */
  public static Dataset<Row> chat(Dataset<Row> dataset, MixtralOptions options) {
    return run(Task.CHAT, dataset, options);
  }

  /**
   * Labels texts with a model whose head is a classifier's: the best label. The details are {@code
   * prompt_tokens} and {@code probabilities} by label.
   *
   * @throws IllegalArgumentException as {@link #generate}
   */
  public static Dataset<Row> classify(Dataset<Row> dataset, MixtralOptions options) {
    return run(Task.CLASSIFY, dataset, options);
  }

  /**
   * Makes vectors of texts, arrays of floats. The details are {@code prompt_tokens}.
   *
   * @throws IllegalArgumentException as {@link #generate}
   */
  public static Dataset<Row> embed(Dataset<Row> dataset, MixtralOptions options) {
    return run(Task.EMBED, dataset, options);
  }

  /**
   * Measures how likely the model finds texts: the sum of the log probabilities of all tokens but
   * the first. The details are {@code prompt_tokens}, {@code mean} and {@code perplexity}.
   *
   * @throws IllegalArgumentException as {@link #generate}
   */
  public static Dataset<Row> score(Dataset<Row> dataset, MixtralOptions options) {
    return run(Task.SCORE, dataset, options);
  }

  /**
   * Makes a function of SQL that takes a text and gives the result of a task, for example {@code
   * SELECT summary(article) FROM articles}. It computes row by row; only rows of several tasks of
   * an executor share their passes. A text that is bad or null gives null, and the executor's log
   * says why. JSON of a schema is a text here, to be read by {@code from_json}.
   *
   * @param name of the function
   * @param task {@code generate}, {@code chat}, {@code classify}, {@code embed} or {@code score}
   * @throws IllegalArgumentException if there is no such task, or the options do not fit it
   */
  public static void register(
      SparkSession session, String name, String task, MixtralOptions options) {
    Objects.requireNonNull(name, "name");
    Task named = Task.named(task);
    var function = new TextFunction(options.job(named));
    session
        .udf()
        .register(
            name,
            udf((UDF1<String, Object>) function::apply, named.valueType()).asNondeterministic());
  }

  static Dataset<Row> run(Task task, Dataset<Row> dataset, MixtralOptions options) {
    Objects.requireNonNull(dataset, "dataset");
    Objects.requireNonNull(options, "options");
    Job job = options.job(task);
    StructType before = dataset.schema();
    StructType after = schema(task, before, options);
    RowReader reader = RowReader.of(task, before, options.inputCol(), options.idCol());
    MixtralProgress given = options.progress();
    MixtralProgress progress = given == null ? MixtralProgress.in(dataset.sparkSession()) : given;
    StructType answeredSchema = withResults(before, task.valueType(), task, options);
    Dataset<Row> answered =
        dataset.mapPartitions(
            (MapPartitionsFunction<Row, Row>)
                rows -> RowStream.ofTask(rows, reader, job, answeredSchema, progress::count),
            Encoders.row(answeredSchema));
    DataType type = after.apply(options.outputCol()).dataType();
    return type.equals(task.valueType())
        ? answered
        : answered.withColumn(options.outputCol(), typed(column(options.outputCol()), type));
  }

  /**
   * The columns of the result.
   *
   * @throws IllegalArgumentException if a name is taken
   */
  static StructType schema(Task task, StructType before, MixtralOptions options) {
    // As Spark compares names.
    Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    names.addAll(Arrays.asList(before.fieldNames()));
    for (String name : List.of(options.outputCol(), options.detailsCol(), options.errorCol())) {
      if (!names.add(name)) {
        throw new IllegalArgumentException(
            "there would be two columns '%s'; give the new one another name".formatted(name));
      }
    }
    return withResults(before, valueType(task, options), task, options);
  }

  private static DataType valueType(Task task, MixtralOptions options) {
    ConstraintText constraint = options.constraint();
    if (constraint == null || constraint.kind() != ConstraintText.Kind.JSON_SCHEMA) {
      return task.valueType();
    }
    return JsonColumn.of(constraint.texts().getFirst());
  }

  /** A column of JSON texts as the type that they have. */
  private static Column typed(Column json, DataType type) {
    return switch (type) {
      case StructType _, ArrayType _, MapType _ -> from_json(json, type, Map.of());
      // A number, or true or false, is written as Spark writes it.
      default -> json.cast(type);
    };
  }

  private static Column column(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  private static StructType withResults(
      StructType before, DataType valueType, Task task, MixtralOptions options) {
    return before
        .add(options.outputCol(), valueType)
        .add(options.detailsCol(), task.detailsType())
        .add(options.errorCol(), DataTypes.StringType);
  }
}
