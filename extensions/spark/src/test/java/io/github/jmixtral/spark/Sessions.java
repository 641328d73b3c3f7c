package io.github.jmixtral.spark;

import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.testkit.Fixtures;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Sessions of Spark, and rows for them. */
final class Sessions {
  private static final List<String> OPENINGS =
      List.of(
          "Once upon a time", "The little dog", "Lily wanted", "One day, Tom", "The big red ball");

  private Sessions() {}

  static SparkSession local() {
    return builder("local[2]").getOrCreate();
  }

  /** A builder of a session whose executors, if it has any, get this JVM's class path. */
  static SparkSession.Builder builder(String master) {
    return SparkSession.builder()
        .master(master)
        .appName("test")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        .config("spark.executorEnv.JAVA_HOME", System.getProperty("java.home"))
        .config("spark.executor.memory", "1g");
  }

  /** The bundled model on weights of 8 bits, with which each row has the same bits anywhere. */
  static MixtralOptions story() {
    return MixtralOptions.of(Fixtures.storyteller().toString()).withQuantization(Recipe.Q8);
  }

  /** Rows (id, prompt). */
  static Dataset<Row> prompts(SparkSession spark, int count, int partitions) {
    return rows(
            spark,
            IntStream.range(0, count)
                .mapToObj(i -> RowFactory.create((long) i, prompt(i)))
                .toList())
        .repartition(partitions);
  }

  static String prompt(int i) {
    return OPENINGS.get(i % OPENINGS.size()) + ", number " + i;
  }

  /** Rows (id, prompt). */
  static Dataset<Row> rows(SparkSession spark, List<Row> rows) {
    return spark.createDataFrame(
        rows, new StructType().add("id", DataTypes.LongType).add("prompt", DataTypes.StringType));
  }

  /** Rows (id, prompt) of these prompts. */
  static Dataset<Row> texts(SparkSession spark, String... prompts) {
    return rows(
        spark,
        IntStream.range(0, prompts.length)
            .mapToObj(i -> RowFactory.create((long) i, prompts[i]))
            .toList());
  }

  /** The rows in the order of their ids. */
  static List<Row> sorted(Dataset<Row> rows) {
    return Stream.of((Row[]) rows.collect())
        .sorted((a, b) -> Long.compare(a.getAs("id"), b.getAs("id")))
        .toList();
  }
}
