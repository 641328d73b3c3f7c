package io.github.jmixtral.spark.internal.executor;

import io.github.jmixtral.spark.internal.task.Job;
import io.github.jmixtral.spark.internal.task.RowReader;
import java.io.Serializable;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.apache.spark.TaskContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job as a function of a text, for SQL: row by row, on the thread of the task. Rows of several
 * tasks of an executor share their passes.
 */
public final class TextFunction implements Serializable {
  private static final long serialVersionUID = 1;
  private static final Logger LOGGER = LoggerFactory.getLogger(TextFunction.class);

  private final Job job;

  /** Of the model that was leased last. */
  private transient volatile @Nullable RowTask task;

  /** The function of a job. */
  public TextFunction(Job job) {
    this.job = job;
  }

  /**
   * The job's value for a text; null, with a warning in the log, where the text has none.
   *
   * @throws io.github.jmixtral.error.JmixtralException if the model cannot be loaded
   */
  public @Nullable Object apply(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try (ExecutorModels.Lease lease = ExecutorModels.ofJvm().lease(job.model(), job.idleTime())) {
      return value(taskOn(lease.model()), text);
    }
  }

  private @Nullable Object value(RowTask current, String text) {
    TaskContext context = TaskContext.get();
    BooleanSupplier isStopped = context == null ? () -> false : context::isInterrupted;
    try {
      return current.answer(RowReader.ofText(job.task(), text, null), isStopped).value();
    } catch (RuntimeException fault) {
      if (context != null) {
        context.killTaskIfInterrupted();
      }
      if (fault instanceof CancellationException) {
        throw fault;
      }
      LOGGER.warn("a text has no {}: {}", job.task().title(), fault.getMessage());
      return null;
    }
  }

  private RowTask taskOn(OpenModel model) {
    RowTask known = task;
    if (known == null || !known.isOn(model)) {
      known = new RowTask(job, model);
      task = known;
    }
    return known;
  }
}
