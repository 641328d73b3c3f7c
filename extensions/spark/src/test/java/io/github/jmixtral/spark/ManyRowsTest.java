package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.spark.api.java.function.ForeachPartitionFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/**
 * One partition of many rows, whose memory must not grow with them: a few, heavy ones, in the
 * build; {@code -Djmixtral.spark.rows=1000000} for many light ones.
 */
class ManyRowsTest {
  private static final int ROWS = Integer.getInteger("jmixtral.spark.rows", 2_000);

  /** What all rows take together, if they are kept. */
  private static final long ALL_BYTES = 300_000_000;

  private static final int MEASUREMENTS = 10;

  /** Bytes of the heap in use, while rows pass. */
  private static final List<Long> USED = Collections.synchronizedList(new ArrayList<>());

  @Test
  void theMemoryOfAPartitionStaysFlat() throws IOException {
    try (SparkSession spark = Sessions.local()) {
      Dataset<Row> rows =
          spark
              .range(0, ROWS, 1, 1)
              .selectExpr(
                  "id",
                  "array(1, CAST(id % 500 AS INT)) AS prompt",
                  "repeat('x', %d) AS payload".formatted(ALL_BYTES / ROWS));
      MixtralProgress progress = MixtralProgress.in(spark);
      Dataset<Row> answered =
          MixtralFunctions.generate(
              rows,
              MixtralOptions.of(Fixtures.folder("full-f32").toString())
                  .withProgress(progress)
                  .withSetting("max_new_tokens", "10"));

      answered.foreachPartition(
          (ForeachPartitionFunction<Row>)
              partition -> {
                for (int row = 1; partition.hasNext(); row++) {
                  assertTrue(partition.next().getAs("error") == null);
                  if (row % (ROWS / MEASUREMENTS) == 0) {
                    System.gc();
                    Runtime runtime = Runtime.getRuntime();
                    USED.add(runtime.totalMemory() - runtime.freeMemory());
                  }
                }
              });

      assertEquals(ROWS, progress.rows());
    }
    System.out.printf(
        "%,d rows, MB of heap in use: %s%n",
        ROWS, USED.stream().map(bytes -> bytes / 1_000_000).toList());
    assertEquals(MEASUREMENTS, USED.size());
    long growth = USED.getLast() - USED.getFirst();
    assertTrue(growth < ALL_BYTES / 4, () -> "bytes more than at the beginning: " + growth);
  }
}
