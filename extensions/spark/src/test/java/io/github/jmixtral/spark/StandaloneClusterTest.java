package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.spark.internal.executor.ExecutorModels;
import io.github.jmixtral.spark.internal.task.Job;
import io.github.jmixtral.spark.internal.task.Task;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A standalone master with two workers on this machine, by {@code
 * -Djmixtral.spark.standalone=true}. {@code -Djmixtral.spark.model=FOLDER} names the model of which
 * both executors load a copy.
 */
@EnabledIfSystemProperty(named = "jmixtral.spark.standalone", matches = "true")
class StandaloneClusterTest {
  private static final String MODEL =
      System.getProperty("jmixtral.spark.model", Fixtures.storyteller().toString());

  private static final List<Process> PROCESSES = new ArrayList<>();
  private static SparkSession spark;
  private static Cluster cluster;

  @BeforeAll
  static void start() throws IOException {
    Path home = Path.of(System.getenv("SPARK_HOME"));
    Files.createDirectories(home.resolve("jars"));
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String master = "spark://127.0.0.1:" + port;
    daemon("master.Master", "--host", "127.0.0.1", "--port", String.valueOf(port));
    for (int worker = 1; worker <= 2; worker++) {
      String folder = home.resolve("worker-" + worker).toString();
      daemon(
          "worker.Worker",
          "--host",
          "127.0.0.1",
          "--cores",
          "1",
          "--memory",
          "1g",
          "--work-dir",
          folder,
          master);
    }
    spark = Sessions.builder(master).getOrCreate();
    cluster = new Cluster(spark);
  }

  private static void daemon(String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path")));
    command.add("org.apache.spark.deploy." + name);
    command.addAll(List.of("--webui-port", "0"));
    command.addAll(List.of(arguments));
    PROCESSES.add(new ProcessBuilder(command).inheritIO().start());
  }

  @AfterAll
  static void stop() {
    spark.stop();
    PROCESSES.forEach(Process::destroy);
  }

  @Test
  void executorsHaveVectors() {
    cluster.assertExecutorsHaveVectors();
  }

  @Test
  void rowsHaveTheSameBitsInAnyPartitions() {
    cluster.assertSameBitsInAnyPartitions();
  }

  @Test
  void rowsHaveTheSameBitsThoughAnExecutorIsKilled() {
    cluster.assertSameBitsThoughAnExecutorIsKilled();
  }

  @Test
  void bothExecutorsLoadTheModelSoonAndShareItsPages() throws IOException {
    Map<String, Cluster.Executor> executors = cluster.executors();
    Job job = MixtralOptions.of(MODEL).withMaxRequests(3).job(Task.GENERATE);
    Map<String, Long> milliseconds = new TreeMap<>();
    for (int attempt = 0; milliseconds.size() < 2; attempt++) {
      assertTrue(attempt < 100, milliseconds::toString);
      spark
          .range(0, 8, 1, 8)
          .mapPartitions(
              (MapPartitionsFunction<Long, String>)
                  _ -> {
                    long begin = System.nanoTime();
                    ExecutorModels.ofJvm().lease(job.model(), job.idleTime()).close();
                    long taken = (System.nanoTime() - begin) / 1_000_000;
                    return List.of(SparkEnv.get().executorId() + " " + taken).iterator();
                  },
              Encoders.STRING())
          .collectAsList()
          .forEach(
              line -> {
                String[] words = line.split(" ");
                milliseconds.merge(words[0], Long.parseLong(words[1]), Math::max);
              });
    }
    MixtralFunctions.generate(
            Sessions.prompts(spark, 8, 8),
            MixtralOptions.of(MODEL).withMaxRequests(3).withSetting("max_new_tokens", "8"))
        .collect();

    System.out.println("loaded within ms: " + milliseconds);
    for (Cluster.Executor executor : executors.values()) {
      System.out.printf("executor %d: %s%n", executor.pid(), MappedWeights.of(executor.pid()));
      assertEquals(2, executors.size());
      assertTrue(MappedWeights.of(executor.pid()).sharedKilobytes() > 0);
    }
  }
}
