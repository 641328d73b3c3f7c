package io.github.jmixtral.spark.internal.executor;

import io.github.jmixtral.spark.internal.task.Job;
import io.github.jmixtral.spark.internal.task.RowReader;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import org.apache.spark.util.TaskInterruptListener;

/**
 * The rows of a partition, each with its answer, in their order. A bounded number of rows is
 * computed at once, and a bounded number is read ahead: a long answer holds up neither the rows
 * behind it nor, however large the partition is, the memory. Closing interrupts what is computed.
 */
public final class RowStream implements Iterator<Row>, AutoCloseable {
  /** Rows that are read ahead for each that is computed. */
  private static final int WINDOW = 4;

  private final Iterator<Row> rows;
  private final RowReader reader;
  private final RowTask task;
  private final StructType schema;
  private final Consumer<Answer> progress;
  private final ExecutorService threads;
  private final Queue<Pending> window = new ArrayDeque<>();
  private final int mostPending;

  private record Pending(Row row, Future<Answer> answer) {}

  /**
   * A stream of rows.
   *
   * @param schema of the rows with their answers
   * @param progress learns of each answer, on the thread that takes the rows
   */
  public RowStream(
      Iterator<Row> rows,
      RowReader reader,
      RowTask task,
      int inFlight,
      StructType schema,
      Consumer<Answer> progress) {
    this.rows = rows;
    this.reader = reader;
    this.task = task;
    this.schema = schema;
    this.progress = progress;
    mostPending = WINDOW * inFlight;
    threads =
        Executors.newFixedThreadPool(
            inFlight, Thread.ofPlatform().daemon().name("jmixtral-row-", 0).factory());
  }

  /**
   * The rows of a partition as a task of Spark: its model is the executor's, and it ends when the
   * task ends, is killed or cancelled.
   */
  public static Iterator<Row> ofTask(
      Iterator<Row> rows, RowReader reader, Job job, StructType schema, Consumer<Answer> progress) {
    TaskContext context = TaskContext.get();
    ExecutorModels.Lease lease = ExecutorModels.ofJvm().lease(job.model(), job.idleTime());
    context.addTaskCompletionListener((TaskCompletionListener) _ -> lease.close());
    var stream =
        new RowStream(
            rows, reader, new RowTask(job, lease.model()), job.rowsInFlight(), schema, progress);
    context.addTaskCompletionListener((TaskCompletionListener) _ -> stream.close());
    // Spark interrupts the thread of a cancelled task only where the job asks for it.
    context.addTaskInterruptListener((TaskInterruptListener) (_, _) -> stream.close());
    return stream;
  }

  @Override
  public boolean hasNext() {
    return !window.isEmpty() || rows.hasNext();
  }

  @Override
  public Row next() {
    fill();
    Pending first = window.poll();
    if (first == null) {
      throw new NoSuchElementException();
    }
    Answer answer = await(first.answer());
    progress.accept(answer);
    // While the row is used, others are computed.
    fill();
    return withAnswer(first.row(), answer);
  }

  private void fill() {
    try {
      while (window.size() < mostPending && rows.hasNext()) {
        Row row = rows.next();
        window.add(new Pending(row, threads.submit(() -> answer(row))));
      }
    } catch (RejectedExecutionException e) {
      throw stopped(e);
    }
  }

  private Answer answer(Row row) {
    try {
      return task.answer(reader.read(row), threads::isShutdown);
    } catch (CancellationException stopped) {
      throw stopped;
    } catch (RuntimeException fault) {
      // Whatever it is, it is this row's: others go on.
      if (Thread.currentThread().isInterrupted()) {
        throw fault;
      }
      return Answer.failed(fault.getMessage() == null ? fault.toString() : fault.getMessage());
    }
  }

  private Answer await(Future<Answer> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw stopped(e);
    } catch (CancellationException e) {
      throw stopped(e);
    } catch (ExecutionException e) {
      // Of a thread that was interrupted, or an Error.
      close();
      throw stopped(e);
    }
  }

  /** A task that was killed ends as such, whatever it was waiting for. */
  private static RuntimeException stopped(Exception cause) {
    TaskContext context = TaskContext.get();
    if (context != null) {
      context.killTaskIfInterrupted();
    }
    return new IllegalStateException("the rows are not computed to their end: " + cause, cause);
  }

  private Row withAnswer(Row row, Answer answer) {
    Object[] values = new Object[row.size() + 3];
    for (int i = 0; i < row.size(); i++) {
      values[i] = row.get(i);
    }
    values[row.size()] = answer.value();
    values[row.size() + 1] = answer.details();
    values[row.size() + 2] = answer.error();
    return new GenericRowWithSchema(values, schema);
  }

  /** Interrupts what is computed, which ends within one token; from any thread. */
  @Override
  public void close() {
    for (Runnable waiting : threads.shutdownNow()) {
      ((Future<?>) waiting).cancel(false);
    }
  }
}
