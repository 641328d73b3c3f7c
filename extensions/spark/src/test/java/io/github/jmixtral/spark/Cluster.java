package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.spark.internal.task.RowSeed;
import io.github.jmixtral.testkit.Fixtures;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** What is asked of a cluster of two executors, which run on this machine. */
final class Cluster {
  private static final int ROWS = 2000;

  private static final MixtralOptions OPTIONS =
      Sessions.story()
          .withIdCol("id")
          .withSeed(11)
          .withSetting("do_sample", "true")
          .withSetting("max_new_tokens", "4");

  private final SparkSession spark;

  Cluster(SparkSession spark) {
    this.spark = spark;
  }

  /** Whether its JVM has the vector module, and its process, by executor. */
  record Executor(boolean hasVectors, long pid) {}

  Map<String, Executor> executors() {
    Map<String, Executor> found = new TreeMap<>();
    // The second may come later than the first.
    for (int attempt = 0; found.size() < 2; attempt++) {
      assertTrue(attempt < 100, () -> "executors: " + found);
      spark
          .range(0, 8, 1, 8)
          .mapPartitions(
              (MapPartitionsFunction<Long, String>)
                  _ -> {
                    Thread.sleep(200);
                    return List.of(
                            "%s %s %d"
                                .formatted(
                                    SparkEnv.get().executorId(),
                                    ModuleLayer.boot()
                                        .findModule("jdk.incubator.vector")
                                        .isPresent(),
                                    ProcessHandle.current().pid()))
                        .iterator();
                  },
              Encoders.STRING())
          .collectAsList()
          .forEach(
              line -> {
                String[] words = line.split(" ");
                found.put(
                    words[0],
                    new Executor(Boolean.parseBoolean(words[1]), Long.parseLong(words[2])));
              });
    }
    return found;
  }

  /** The executors' JVMs, which nothing but Spark has started, have vectors. */
  void assertExecutorsHaveVectors() {
    Map<String, Executor> executors = executors();
    assertEquals(2, executors.size());
    executors.forEach((id, executor) -> assertTrue(executor.hasVectors(), id));
  }

  /** Many rows become what the library makes of each, while an executor is killed. */
  void assertSameBitsThoughAnExecutorIsKilled() {
    Map<String, Executor> executors = executors();
    Dataset<Row> rows = MixtralFunctions.generate(Sessions.prompts(spark, ROWS, 32), OPTIONS);
    Set<String> busy = ConcurrentHashMap.newKeySet();
    var removed = new CompletableFuture<String>();
    var victim = new AtomicReference<String>();
    SparkListener killer =
        new SparkListener() {
          @Override
          public void onTaskEnd(SparkListenerTaskEnd end) {
            busy.add(end.taskInfo().executorId());
            String id = end.taskInfo().executorId();
            // When both have computed something, and much is left.
            if (busy.size() == 2 && victim.compareAndSet(null, id)) {
              ProcessHandle.of(executors.get(id).pid()).orElseThrow().destroyForcibly();
            }
          }

          @Override
          public void onExecutorRemoved(SparkListenerExecutorRemoved removal) {
            removed.complete(removal.executorId());
          }
        };
    spark.sparkContext().addSparkListener(killer);
    List<Row> answers;
    boolean wasKilled;
    try {
      answers = Sessions.sorted(rows);
      wasKilled = removed.isDone();
    } finally {
      spark.sparkContext().removeSparkListener(killer);
    }

    assertTrue(wasKilled, "no executor was lost before the rows were computed");
    assertEquals(victim.get(), removed.join());
    assertEquals(expected(), texts(answers));
  }

  /** As one partition, and as sixteen. */
  void assertSameBitsInAnyPartitions() {
    Map<Long, String> expected = expected();
    for (int partitions : new int[] {1, 16}) {
      Dataset<Row> rows =
          MixtralFunctions.generate(Sessions.prompts(spark, ROWS, partitions), OPTIONS);
      assertEquals(expected, texts(Sessions.sorted(rows)), partitions + " partitions");
    }
  }

  private static Map<Long, String> texts(List<Row> rows) {
    assertEquals(ROWS, rows.size());
    // Fails for a row that is there twice.
    return rows.stream()
        .collect(Collectors.toMap(row -> row.getAs("id"), row -> row.getAs("output")));
  }

  /** What the library makes of the prompts, without Spark. */
  private static Map<Long, String> expected() {
    try (var model =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(), LoadOptions.defaults().withQuantization(Recipe.Q8))) {
      Map<Long, CompletableFuture<Generation>> answers =
          IntStream.range(0, ROWS)
              .boxed()
              .collect(
                  Collectors.toMap(
                      i -> (long) i,
                      i ->
                          model
                              .request(Prompt.text(Sessions.prompt(i)))
                              .withConfig(
                                  GenerationConfig.inherit()
                                      .withDoSample(true)
                                      .withMaxNewTokens(4)
                                      .withSeed(RowSeed.of(11, String.valueOf(i))))
                              .generateAsync()));
      return answers.entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().join().text()));
    }
  }
}
