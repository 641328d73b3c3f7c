package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.SQLTransformer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/spark.md} shows. */
class SparkExamplesTest {
  private static final String model = Fixtures.storyteller().toString();
  private static SparkSession spark;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = Sessions.local();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void questionsAreAnswered() {
    Dataset<Row> questions = Sessions.texts(spark, "Why?").toDF("id", "question");
    String target = folder.resolve("answers").toString();

    // docs/spark.md begins
    Dataset<Row> answers =
        MixtralFunctions.chat(
            questions, // columns id and question
            MixtralOptions.of(model)
                .withInputCol("question")
                .withIdCol("id")
                .withSetting("max_new_tokens", "100"));

    answers.select("id", "output", "details.finish_reason", "error").write().parquet(target);
    // docs/spark.md ends

    assertEquals(1, spark.read().parquet(target).filter("error IS NULL").count());
  }

  @Test
  void recordsAreFilled() {
    Dataset<Row> mails = Sessions.texts(spark, "My toy is broken.", "It does not start.");
    String target = folder.resolve("tickets").toString();

    // docs/spark.md begins
    record Ticket(String product, int urgency, List<String> symptoms) {}

    MixtralProgress progress = MixtralProgress.in(spark);
    Dataset<Row> tickets =
        MixtralFunctions.generate(
            mails, MixtralOptions.of(model).withRecord(Ticket.class).withProgress(progress));

    tickets.filter("output.urgency > 3").select("output.*").write().parquet(target);
    System.out.println(progress.rows() + " rows, " + progress.newTokens() + " tokens");
    // docs/spark.md ends

    assertEquals(2, progress.rows());
    assertEquals(
        List.of("product", "urgency", "symptoms"), List.of(spark.read().parquet(target).columns()));
  }

  @Test
  void aPipelineIsSavedAndLoaded() throws IOException {
    Dataset<Row> texts = Sessions.texts(spark, " Once upon a time ").toDF("id", "text");
    String target = folder.resolve("pipeline").toString();

    // docs/spark.md begins
    Pipeline pipeline =
        new Pipeline()
            .setStages(
                new PipelineStage[] {
                  new SQLTransformer()
                      .setStatement("SELECT id, trim(text) AS prompt FROM __THIS__"),
                  new MixtralTransformer()
                      .setModel(model)
                      .setTask("generate")
                      .setIdCol("id")
                      .setSettings("max_new_tokens=40", "do_sample=true", "temperature=0.7")
                });
    PipelineModel stories = pipeline.fit(texts);
    stories.write().overwrite().save(target);
    PipelineModel.load(target).transform(texts).select("output").show();
    // docs/spark.md ends

    assertTrue(stories.transform(texts).first().getAs("error") == null);
  }
}
