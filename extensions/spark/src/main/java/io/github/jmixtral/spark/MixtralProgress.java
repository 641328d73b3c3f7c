package io.github.jmixtral.spark;

import io.github.jmixtral.spark.internal.executor.Answer;
import java.io.Serializable;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;

/**
 * Counts of what was computed, while it is computed: accumulators of Spark, which its web interface
 * shows for each stage. A task that is repeated counts its rows again.
 *
 * <pre>{@code
 * MixtralProgress progress = MixtralProgress.in(spark);
 * MixtralFunctions.generate(prompts, options.withProgress(progress)).write().parquet("answers");
 * System.out.println(progress.rows() + " rows, " + progress.newTokens() + " tokens");
 * }</pre>
 *
 * @since 0.1.0
 */
public final class MixtralProgress implements Serializable {
  private static final long serialVersionUID = 1;

  private final LongAccumulator rows;
  private final LongAccumulator errors;
  private final LongAccumulator promptTokens;
  private final LongAccumulator newTokens;

  private MixtralProgress(
      LongAccumulator rows,
      LongAccumulator errors,
      LongAccumulator promptTokens,
      LongAccumulator newTokens) {
    this.rows = rows;
    this.errors = errors;
    this.promptTokens = promptTokens;
    this.newTokens = newTokens;
  }

  /** Counts that begin at 0. */
  public static MixtralProgress in(SparkSession session) {
    var context = session.sparkContext();
    return new MixtralProgress(
        context.longAccumulator("jmixtral rows"),
        context.longAccumulator("jmixtral errors"),
        context.longAccumulator("jmixtral prompt tokens"),
        context.longAccumulator("jmixtral new tokens"));
  }

  /** Rows with an answer or an error. */
  public long rows() {
    return rows.sum();
  }

  /** Rows with an error. */
  public long errors() {
    return errors.sum();
  }

  /** Tokens of the prompts of rows with an answer. */
  public long promptTokens() {
    return promptTokens.sum();
  }

  /** Tokens that were generated. */
  public long newTokens() {
    return newTokens.sum();
  }

  void count(Answer answer) {
    rows.add(1);
    errors.add(answer.error() == null ? 0 : 1);
    promptTokens.add(answer.promptTokens());
    newTokens.add(answer.newTokens());
  }

  @Override
  public String toString() {
    return "MixtralProgress[rows=%d, errors=%d, promptTokens=%d, newTokens=%d]"
        .formatted(rows(), errors(), promptTokens(), newTokens());
  }
}
