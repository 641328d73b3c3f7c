package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.SQLTransformer;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MixtralTransformerTest {
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = Sessions.local();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static MixtralTransformer story() {
    return new MixtralTransformer()
        .setModel(Fixtures.storyteller().toString())
        .setQuantization("q8");
  }

  @Test
  void aStageDoesWhatTheFunctionDoes() {
    Dataset<Row> prompts = Sessions.prompts(spark, 10, 3);
    MixtralTransformer stage =
        story()
            .setInputCol("prompt")
            .setOutputCol("story")
            .setDetailsCol("counts")
            .setErrorCol("fault")
            .setIdCol("id")
            .setSeed(Long.MAX_VALUE)
            .setLogProbability(true)
            .setSettings("max_new_tokens=6", "do_sample = true", "stop_strings=[\"=\"]");

    Dataset<Row> rows = stage.transform(prompts);

    assertEquals(stage.transformSchema(prompts.schema()), rows.schema());
    assertEquals(
        Sessions.sorted(
            MixtralFunctions.generate(
                prompts,
                Sessions.story()
                    .withOutputCol("story")
                    .withDetailsCol("counts")
                    .withErrorCol("fault")
                    .withIdCol("id")
                    .withSeed(Long.MAX_VALUE)
                    .withLogProbability(true)
                    .withSetting("max_new_tokens", "6")
                    .withSetting("do_sample", "true")
                    .withSetting("stop_strings", "[\"=\"]"))),
        Sessions.sorted(rows));
  }

  @Test
  void everyTaskAnnouncesItsColumns() {
    Dataset<Row> prompts = Sessions.texts(spark, "Once upon a time");
    MixtralTransformer typed =
        story()
            .setJsonSchema(
                "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}")
            .setSettings("max_new_tokens=30");

    for (MixtralTransformer stage :
        List.of(
            typed,
            story().setTask("chat").setSettings("max_new_tokens=3"),
            story().setTask("embed").setPooling("last_token").setNormalized(true),
            story().setTask("score").setPrefixCache(false).setThreads(1).setMaxRequests(2))) {
      assertEquals(stage.transformSchema(prompts.schema()), stage.transform(prompts).schema());
      assertTrue(stage.transform(prompts).first().getAs("error") == null);
    }
    assertTrue(typed.transform(prompts).select("output.n").first().get(0) instanceof Long);
  }

  @Test
  void aSavedPipelineGivesTheSameRowsInAnotherJvm(@TempDir Path folder)
      throws IOException, InterruptedException {
    SQLTransformer before =
        new SQLTransformer().setStatement("SELECT id, concat(prompt, '!') AS prompt FROM __THIS__");
    MixtralTransformer stage =
        story()
            .setIdCol("id")
            .setSeed(-5)
            .setIdleSeconds(60)
            .setRowsInFlight(3)
            .setCacheBudget(1L << 30)
            .setSettings("max_new_tokens=8", "do_sample=true", "stop_strings=[\"\\n\\n\"]");
    PipelineModel pipeline =
        new Pipeline()
            .setStages(new PipelineStage[] {before, stage})
            .fit(Sessions.prompts(spark, 6, 3));
    List<String> expected = SavedPipeline.answers(spark, pipeline);

    String path = folder.resolve("pipeline").toString();
    pipeline.write().overwrite().save(path);

    MixtralTransformer read = (MixtralTransformer) PipelineModel.load(path).stages()[1];
    assertEquals(stage.uid(), read.uid());
    assertArrayEquals(stage.get(stage.settings()).get(), read.get(read.settings()).get());
    assertEquals(expected, answersOfAnotherJvm(path));
  }

  private static List<String> answersOfAnotherJvm(String path)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(SavedPipeline.class.getName(), path));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (Stream<String> lines = process.inputReader().lines()) {
      List<String> answers = lines.filter(line -> line.startsWith("{")).toList();
      assertEquals(0, process.waitFor());
      return answers;
    }
  }

  @Test
  void aCopyHasItsOwnParameters() {
    MixtralTransformer stage = story().setOutputCol("a");

    MixtralTransformer copy = stage.copy(new ParamMap().put(stage.outputCol(), "b"));

    assertEquals("a", stage.getOrDefault(stage.outputCol()));
    assertEquals("b", copy.getOrDefault(copy.outputCol()));
    assertEquals(stage.uid(), copy.uid());
  }

  @Test
  void parametersThatAreNotValidAreRefusedBeforeAnythingRuns() {
    Dataset<Row> prompts = Sessions.texts(spark, "a");

    assertMessage(new MixtralTransformer("m"), "m: the model is not set", prompts);
    assertMessage(
        story().setTask("sing"),
        "task is 'sing', but must be generate, chat, classify, embed or score",
        prompts);
    assertMessage(
        story().setSettings("max_new_tokens"),
        "settings: 'max_new_tokens' is not of the form name=value",
        prompts);
    assertMessage(
        story().setPooling("max"), "pooling is 'max', but must be mean or last_token", prompts);
    assertMessage(
        story().setQuantization("q99"),
        "quantization is 'q99', which is no recipe such as q4",
        prompts);
    assertMessage(story().setTileCache(" "), "the name of the tile cache is empty", prompts);
  }

  private static void assertMessage(
      MixtralTransformer stage, String expected, Dataset<Row> prompts) {
    assertEquals(
        expected,
        assertThrows(IllegalArgumentException.class, () -> stage.transformSchema(prompts.schema()))
            .getMessage());
  }
}
