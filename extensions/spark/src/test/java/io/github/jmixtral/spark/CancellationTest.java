package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.spark.internal.executor.ExecutorModels;
import io.github.jmixtral.spark.internal.executor.OpenModel;
import io.github.jmixtral.spark.internal.executor.RowStream;
import io.github.jmixtral.spark.internal.executor.RowTask;
import io.github.jmixtral.spark.internal.task.Job;
import io.github.jmixtral.spark.internal.task.RowReader;
import io.github.jmixtral.spark.internal.task.Task;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CancellationTest {
  /** Hours, if nothing cancels. */
  private static final MixtralOptions ENDLESS =
      Sessions.story()
          .withRowsInFlight(2)
          .withSetting("max_new_tokens", "100000000")
          .withSetting("min_new_tokens", "100000000");

  private static SparkSession spark;
  private static ExecutorModels.Lease lease;
  private static MixtralForCausalLM model;

  @BeforeAll
  static void start() {
    spark = Sessions.local();
    Job job = ENDLESS.job(Task.GENERATE);
    lease = ExecutorModels.ofJvm().lease(job.model(), job.idleTime());
    model = ((OpenModel.Language) lease.model()).model();
  }

  @AfterAll
  static void stop() {
    lease.close();
    spark.stop();
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    for (int waited = 0; !condition.getAsBoolean(); waited++) {
      assertTrue(waited < 6000, "waited for a minute");
      Thread.sleep(10);
    }
  }

  /** Runs a job until rows are computed, cancels it, and waits until no row is computed. */
  private static void assertCancelled(boolean interrupts, Dataset<Row> rows, Runnable cancel)
      throws InterruptedException {
    var failed = new AtomicBoolean();
    Thread action =
        Thread.ofPlatform()
            .start(
                () -> {
                  spark.sparkContext().setJobGroup("group", "endless", interrupts);
                  assertThrows(Exception.class, rows::collect);
                  failed.set(true);
                });
    await(() -> model.runningRequestCount() > 0);

    cancel.run();

    action.join();
    assertTrue(failed.get());
    await(() -> model.runningRequestCount() == 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCancelledJobEndsItsRows(boolean interrupts) throws InterruptedException {
    assertCancelled(
        interrupts,
        MixtralFunctions.generate(Sessions.prompts(spark, 8, 2), ENDLESS),
        () -> spark.sparkContext().cancelJobGroup("group"));
  }

  @Test
  void aCancelledStageEndsItsRows() throws InterruptedException {
    SparkContext context = spark.sparkContext();
    assertCancelled(
        false,
        MixtralFunctions.generate(Sessions.prompts(spark, 8, 2), ENDLESS),
        () -> {
          for (int stage : context.statusTracker().getActiveStageIds()) {
            context.cancelStage(stage);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCancelledQueryEndsItsFunction(boolean interrupts) throws InterruptedException {
    MixtralFunctions.register(spark, "endless", "generate", ENDLESS);
    Sessions.prompts(spark, 8, 2).createOrReplaceTempView("prompts");
    assertCancelled(
        interrupts,
        spark.sql("SELECT endless(prompt) FROM prompts"),
        () -> spark.sparkContext().cancelJobGroup("group"));
  }

  @Test
  void aKilledTaskIsRepeatedWithTheSameBits() throws InterruptedException {
    MixtralOptions options =
        Sessions.story()
            .withIdCol("id")
            .withSetting("do_sample", "true")
            .withSetting("max_new_tokens", "100")
            .withSetting("min_new_tokens", "100");
    Dataset<Row> rows = MixtralFunctions.generate(Sessions.prompts(spark, 12, 1), options);
    List<Row> expected = Sessions.sorted(rows);
    assertEquals(12, expected.size());
    var started = new AtomicLong(-1);
    SparkListener listener =
        new SparkListener() {
          @Override
          public void onTaskStart(SparkListenerTaskStart start) {
            started.set(start.taskInfo().taskId());
          }
        };
    spark.sparkContext().addSparkListener(listener);
    try {
      CompletableFuture<List<Row>> repeated =
          CompletableFuture.supplyAsync(() -> Sessions.sorted(rows));
      await(() -> model.runningRequestCount() > 0 && started.get() >= 0);
      long victim = started.get();

      assertTrue(spark.sparkContext().killTaskAttempt(victim, false, "test"));

      assertEquals(expected, repeated.join());
      assertTrue(started.get() > victim, "no task was started anew");
    } finally {
      spark.sparkContext().removeSparkListener(listener);
    }
  }

  @Test
  void aClosedStreamEndsItsRowsWithinAToken() throws InterruptedException {
    StructType schema = Sessions.texts(spark, "a").schema();
    List<Row> rows =
        IntStream.range(0, 50)
            .mapToObj(
                i ->
                    (Row) new GenericRowWithSchema(new Object[] {(long) i, "The dog " + i}, schema))
            .toList();
    var stream =
        new RowStream(
            rows.iterator(),
            RowReader.of(Task.GENERATE, schema, "prompt", "id"),
            new RowTask(ENDLESS.job(Task.GENERATE), lease.model()),
            4,
            schema,
            _ -> {});
    CompletableFuture<Row> first = CompletableFuture.supplyAsync(stream::next);
    await(() -> model.runningRequestCount() == 4);

    stream.close();
    long passes = model.passCount();

    await(() -> model.runningRequestCount() == 0);
    assertThrows(CompletionException.class, first::join);
    // Each of the four may be in a pass, and wait for another to see that it ends.
    assertTrue(model.passCount() - passes <= 8, "passes: " + (model.passCount() - passes));
  }
}
