package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two executors in JVMs of their own. */
class LocalClusterTest {
  private static SparkSession spark;
  private static Cluster cluster;

  @TempDir private Path folder;

  @BeforeAll
  static void start() throws IOException {
    Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
    spark =
        Sessions.builder("local-cluster[2,1,1024]")
            .config("spark.speculation", "true")
            .config("spark.speculation.interval", "50ms")
            .config("spark.speculation.multiplier", "1.01")
            .config("spark.speculation.quantile", "0.1")
            .getOrCreate();
    cluster = new Cluster(spark);
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void executorsHaveVectors() {
    cluster.assertExecutorsHaveVectors();
  }

  @Test
  void rowsHaveTheSameBitsThoughAnExecutorIsKilled() {
    cluster.assertSameBitsThoughAnExecutorIsKilled();
  }

  @Test
  void executorsOfAHostShareTheWeights() throws IOException {
    for (String file :
        List.of("config.json", "generation_config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(Fixtures.storyteller().resolve(file), folder.resolve(file));
    }
    var executors = cluster.executors();
    MixtralOptions options =
        MixtralOptions.of(folder.toString()).withSetting("max_new_tokens", "20");
    // Until both have read most of it.
    for (int round = 0; round < 20; round++) {
      List<Row> rows =
          MixtralFunctions.generate(Sessions.prompts(spark, 40, 8), options).collectAsList();
      assertTrue(rows.stream().allMatch(row -> row.getAs("error") == null));
      if (!MappedWeights.CAN_BE_COUNTED) {
        return;
      }
      boolean bothShare = true;
      for (Cluster.Executor executor : executors.values()) {
        long size = Files.size(folder.resolve("model.safetensors"));
        bothShare &= MappedWeights.of(executor.pid()).sharedKilobytes() * 1024 > size / 2;
      }
      if (bothShare) {
        return;
      }
    }
    throw new AssertionError("the executors do not share the pages of the weights");
  }
}
