package io.github.jmixtral.spark;

import java.util.List;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Loads a pipeline in a JVM of its own, and prints what becomes of a few rows. */
final class SavedPipeline {
  private SavedPipeline() {}

  public static void main(String[] args) {
    SparkSession spark = Sessions.local();
    try {
      answers(spark, PipelineModel.load(args[0])).forEach(System.out::println);
    } finally {
      spark.stop();
    }
  }

  static List<String> answers(SparkSession spark, PipelineModel pipeline) {
    return Sessions.sorted(pipeline.transform(Sessions.prompts(spark, 6, 3))).stream()
        .map(Row::json)
        .toList();
  }
}
