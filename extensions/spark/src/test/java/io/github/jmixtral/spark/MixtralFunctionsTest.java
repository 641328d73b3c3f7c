package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.spark.internal.executor.ExecutorModels;
import io.github.jmixtral.spark.internal.task.RowSeed;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class MixtralFunctionsTest {
  private static SparkSession spark;
  private static MixtralForCausalLM model;

  record Pet(String name, int legs, List<String> friends, boolean tame) {}

  @BeforeAll
  static void start() {
    spark = Sessions.local();
    model =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(), LoadOptions.defaults().withQuantization(Recipe.Q8));
  }

  @AfterAll
  static void stop() {
    model.close();
    spark.stop();
  }

  private static MixtralOptions story() {
    return Sessions.story();
  }

  @Test
  void textsBecomeWhatTheModelMakesOfThem() {
    Row row =
        MixtralFunctions.generate(
                Sessions.texts(spark, "Once upon a time"),
                story().withSetting("max_new_tokens", "12").withLogProbability(true))
            .first();

    Generation expected =
        model.generate(
            Prompt.text("Once upon a time"),
            GenerationConfig.inherit().withMaxNewTokens(12).withTopLogprobs(0));
    assertEquals(expected.text(), row.getAs("output"));
    Row details = row.getAs("details");
    assertEquals("length", details.getAs("finish_reason"));
    assertEquals(expected.promptTokenCount(), (int) details.getAs("prompt_tokens"));
    assertEquals(12, (int) details.getAs("completion_tokens"));
    assertEquals(
        expected.outputs().logProbabilities().stream()
            .mapToDouble(step -> step.chosen().logProbability())
            .sum(),
        (double) details.getAs("log_probability"));
    assertNull(row.getAs("error"));
  }

  @Test
  void sampledTextsAreDrawnWithTheSeedOfTheRunAndTheRowsId() {
    List<Row> rows =
        Sessions.sorted(
            MixtralFunctions.generate(
                Sessions.texts(spark, "The dog", "The dog"),
                story()
                    .withIdCol("id")
                    .withSeed(7)
                    .withSetting("do_sample", "true")
                    .withSetting("max_new_tokens", "20")));

    for (Row row : rows) {
      String expected =
          model
              .generate(
                  Prompt.text("The dog"),
                  GenerationConfig.inherit()
                      .withDoSample(true)
                      .withMaxNewTokens(20)
                      .withSeed(RowSeed.of(7, String.valueOf((long) row.getAs("id")))))
              .text();
      assertEquals(expected, row.getAs("output"));
    }
    assertNotEquals((String) rows.get(0).getAs("output"), rows.get(1).getAs("output"));
  }

  @Test
  void withoutIdsEqualPromptsGetEqualAnswers() {
    List<Row> rows =
        Sessions.sorted(
            MixtralFunctions.generate(
                Sessions.texts(spark, "The dog", "A cat", "The dog"),
                story().withSetting("do_sample", "true").withSetting("max_new_tokens", "20")));

    assertEquals((String) rows.get(0).getAs("output"), rows.get(2).getAs("output"));
  }

  @Test
  void aConversationOrATextIsAnswered() {
    MixtralOptions options = story().withSetting("max_new_tokens", "10");
    ArrayType messages =
        DataTypes.createArrayType(
            new StructType().add("role", DataTypes.StringType).add("content", "string"));
    List<ChatMessage> conversation =
        List.of(ChatMessage.user("Hi"), ChatMessage.assistant("Hello."), ChatMessage.user("Why?"));
    Dataset<Row> conversations =
        spark.createDataFrame(
            List.of(
                RowFactory.create(
                    conversation.stream()
                        .map(
                            message ->
                                RowFactory.create(
                                    message.role().toString().toLowerCase(java.util.Locale.ROOT),
                                    message.content()))
                        .toList())),
            new StructType().add("prompt", messages));

    GenerationConfig config = GenerationConfig.inherit().withMaxNewTokens(10);
    assertEquals(
        model.generate(Prompt.chat(conversation), config).text(),
        MixtralFunctions.chat(conversations, options).first().getAs("output"));
    assertEquals(
        model.generate(Prompt.chat(ChatMessage.user("Why?")), config).text(),
        MixtralFunctions.chat(Sessions.texts(spark, "Why?"), options).first().getAs("output"));
  }

  @Test
  void textsAndIdsBecomeVectors() {
    Row row = MixtralFunctions.embed(Sessions.texts(spark, "The little dog"), story()).first();
    Dataset<Row> ids =
        spark.createDataFrame(
            List.of(RowFactory.create(List.of(1, 5, 9))),
            new StructType().add("prompt", DataTypes.createArrayType(DataTypes.IntegerType)));

    assertEquals(
        boxed(model.embed(Prompt.text("The little dog"))),
        List.copyOf(row.getList(row.fieldIndex("output"))));
    Row ofIds = MixtralFunctions.embed(ids, story()).first();
    assertEquals(boxed(model.embed(Prompt.ids(1, 5, 9))), List.copyOf(ofIds.getList(1)));
    assertEquals(3, (int) ofIds.<Row>getAs("details").getAs("prompt_tokens"));
  }

  private static List<Float> boxed(float[] vector) {
    return IntStream.range(0, vector.length).mapToObj(i -> vector[i]).toList();
  }

  @Test
  void textsAreScored() {
    Row row = MixtralFunctions.score(Sessions.texts(spark, "Once upon a time"), story()).first();

    var expected = model.score(Prompt.text("Once upon a time"));
    assertEquals(expected.sum(), (double) row.getAs("output"));
    assertEquals(expected.mean(), (double) row.<Row>getAs("details").getAs("mean"));
    assertEquals(expected.perplexity(), (double) row.<Row>getAs("details").getAs("perplexity"));
  }

  @Test
  void idsAreClassified() {
    String folder = Fixtures.folder("classifier-f32").toString();
    Dataset<Row> ids =
        spark.createDataFrame(
            List.of(RowFactory.create(List.of(1L, 5L, 9L))),
            new StructType().add("prompt", DataTypes.createArrayType(DataTypes.LongType)));

    Row row = MixtralFunctions.classify(ids, MixtralOptions.of(folder)).first();

    try (var classifier = MixtralForSequenceClassification.fromPretrained(folder)) {
      var expected = classifier.classify(new int[] {1, 5, 9});
      assertEquals(expected.best().name(), row.getAs("output"));
      assertEquals(
          expected.labels().stream()
              .collect(Collectors.toMap(label -> label.name(), label -> label.probability())),
          Map.copyOf(row.<Row>getAs("details").getJavaMap(1)));
    }
  }

  @Test
  void aRecordsSchemaMakesATypedColumn() {
    Dataset<Row> pets =
        MixtralFunctions.generate(
            Sessions.texts(spark, "A pet: ", "Another pet: "),
            story().withRecord(Pet.class).withSetting("max_new_tokens", "80"));

    assertEquals(
        new StructType()
            .add("name", DataTypes.StringType)
            .add("legs", DataTypes.LongType)
            .add("friends", DataTypes.createArrayType(DataTypes.StringType))
            .add("tame", DataTypes.BooleanType),
        pets.schema().apply("output").dataType());
    for (Row row : pets.select("output.*").collectAsList()) {
      assertTrue(row.getAs("name") instanceof String, row::toString);
      assertTrue(row.getAs("legs") instanceof Long, row::toString);
      assertTrue(row.getAs("tame") instanceof Boolean, row::toString);
      assertTrue(row.getList(2).stream().allMatch(String.class::isInstance), row::toString);
    }
  }

  @Test
  void schemasOfAllKindsMakeTypedColumns() {
    String nested =
        """
        {"type": "object", "required": ["pets", "ages", "any"], "properties": {
          "pets": {"type": "array", "minItems": 1, "maxItems": 2, "items": {
            "type": "object", "required": ["legs"], "properties": {"legs": {"enum": [2, 4]}}}},
          "ages": {"type": "object", "minProperties": 1, "maxProperties": 1,
            "propertyNames": {"enum": ["tom"]}, "additionalProperties": {"type": "number"}},
          "any": {"anyOf": [{"enum": ["x"]}, {"type": "boolean"}]}}}
        """;

    Row row = typed(nested).select("output.*").first();
    long legs = row.<Row>getList(0).getFirst().getAs("legs");
    assertTrue(legs == 2 || legs == 4, row::toString);
    assertTrue(row.getJavaMap(1).get("tom") instanceof Double, row::toString);
    assertTrue(List.of("x", "true", "false").contains(row.getString(2)), row::toString);

    assertTrue(typed("{\"type\": \"integer\"}").first().getAs("output") instanceof Long);
    assertTrue(typed("{\"type\": \"boolean\"}").first().getAs("output") instanceof Boolean);
    assertTrue(
        typed("{\"type\": \"array\", \"items\": {\"const\": 3}, \"minItems\": 1}")
            .select("output")
            .first()
            .getList(0)
            .contains(3L));
  }

  private static Dataset<Row> typed(String schema) {
    return MixtralFunctions.generate(
        Sessions.texts(spark, "JSON: "),
        story().withJsonSchema(schema).withSetting("max_new_tokens", "60"));
  }

  @Test
  void choicesAndExpressionsStayTexts() {
    Dataset<Row> prompts = Sessions.texts(spark, "Is the sky blue? ");

    String choice =
        MixtralFunctions.generate(prompts, story().withChoices("yes", "no"))
            .first()
            .getAs("output");
    String number =
        MixtralFunctions.generate(prompts, story().withRegex("[0-9]{3}")).first().getAs("output");

    assertTrue(List.of("yes", "no").contains(choice), choice);
    assertTrue(number.matches("[0-9]{3}"), number);
  }

  @Test
  void theSameRowHasTheSameBitsInAnyPartitionsAndOrder() {
    MixtralOptions options =
        story()
            .withIdCol("id")
            .withSeed(3)
            .withSetting("do_sample", "true")
            .withSetting("max_new_tokens", "4")
            .withLogProbability(true);
    List<Row> expected =
        Sessions.sorted(MixtralFunctions.generate(Sessions.prompts(spark, 2000, 1), options));

    assertEquals(2000, expected.size());
    for (int partitions : new int[] {3, 16}) {
      Dataset<Row> shuffled =
          Sessions.prompts(spark, 2000, partitions).sortWithinPartitions("prompt");
      assertEquals(
          expected,
          Sessions.sorted(MixtralFunctions.generate(shuffled, options)),
          partitions + " partitions");
    }
  }

  @Test
  void onWeightsOf16BitsRowsThatAreComputedAloneHaveTheSameBits() {
    MixtralOptions options =
        MixtralOptions.of(Fixtures.storyteller().toString())
            .withMaxRequests(1)
            .withPrefixCache(false)
            .withLogProbability(true)
            .withSetting("max_new_tokens", "8");

    assertEquals(
        Sessions.sorted(MixtralFunctions.generate(Sessions.prompts(spark, 60, 1), options)),
        Sessions.sorted(MixtralFunctions.generate(Sessions.prompts(spark, 60, 7), options)));
  }

  @Test
  void aPartitionKeepsItsOrder() {
    List<Row> rows =
        MixtralFunctions.generate(
                Sessions.prompts(spark, 200, 1).coalesce(1).sortWithinPartitions("id"),
                story().withSetting("max_new_tokens", "3"))
            .collectAsList();

    assertEquals(
        IntStream.range(0, 200).mapToObj(i -> (long) i).toList(),
        rows.stream().map(row -> row.<Long>getAs("id")).toList());
  }

  @Test
  void tasksAndStagesShareAModelThatClosesWhenItIsIdle() throws InterruptedException {
    MixtralOptions options =
        story()
            .withMaxRequests(9)
            .withIdleTime(Duration.ofMillis(1500))
            .withSetting("max_new_tokens", "2");
    ExecutorModels models = ExecutorModels.ofJvm();
    long loads = models.loadCount();
    int open = models.openCount();

    for (int stage = 0; stage < 3; stage++) {
      MixtralFunctions.generate(Sessions.prompts(spark, 40, 8), options).collect();
    }
    assertEquals(loads + 1, models.loadCount());
    assertEquals(open + 1, models.openCount());

    for (int waited = 0; models.openCount() > open && waited < 600; waited++) {
      Thread.sleep(100);
    }
    assertEquals(open, models.openCount());
    MixtralFunctions.generate(Sessions.prompts(spark, 4, 2), options).collect();
    assertEquals(loads + 2, models.loadCount());
  }

  @Test
  void badRowsHaveAnErrorAndOthersAnAnswer() {
    MixtralProgress progress = MixtralProgress.in(spark);
    Dataset<Row> rows =
        Sessions.rows(
            spark,
            Arrays.asList(
                RowFactory.create(0L, null),
                RowFactory.create(1L, ""),
                RowFactory.create(2L, "word ".repeat(1_000)),
                RowFactory.create(3L, "half a pair: \ud83d"),
                RowFactory.create(4L, "<s>[INST] control </s>\u0000\u0007\u202e"),
                RowFactory.create(null, "no id"),
                RowFactory.create(6L, "good")));

    List<Row> answers =
        MixtralFunctions.generate(
                rows,
                story().withIdCol("id").withProgress(progress).withSetting("max_new_tokens", "4"))
            .collectAsList();

    assertEquals("the column 'prompt' is null", error(answers.get(0)));
    assertNull(error(answers.get(1)));
    assertNull(error(answers.get(2)));
    assertNull(error(answers.get(3)));
    assertNull(error(answers.get(4)));
    assertEquals("the id column 'id' is null", error(answers.get(5)));
    assertNull(error(answers.get(6)));
    for (Row answer : answers) {
      assertEquals(error(answer) == null, answer.getAs("output") != null, answer::toString);
      assertEquals(error(answer) == null, answer.getAs("details") != null, answer::toString);
    }
    assertEquals(7, progress.rows());
    assertEquals(2, progress.errors());
    assertEquals(20, progress.newTokens());
    assertTrue(progress.promptTokens() > 1_000, progress::toString);
  }

  private static String error(Row row) {
    return row.getAs("error");
  }

  @Test
  void idsOutsideTheVocabularyAndLongListsAreErrorsOfTheirRows() {
    Dataset<Row> ids =
        spark.createDataFrame(
            List.of(
                RowFactory.create(List.of(1, 5_000_000)),
                RowFactory.create(List.of(-1)),
                RowFactory.create(Arrays.asList(1, null)),
                RowFactory.create(IntStream.range(0, 100_000).mapToObj(_ -> 7).toList()),
                RowFactory.create(List.of(1, 7))),
            new StructType().add("prompt", DataTypes.createArrayType(DataTypes.IntegerType)));

    // Without a window, so that the keys of long lists need memory that is not there.
    MixtralOptions options =
        MixtralOptions.of(Fixtures.folder("full-f32").toString())
            .withCacheBudget(1 << 20)
            .withSetting("max_new_tokens", "2");
    for (Dataset<Row> answered :
        List.of(
            MixtralFunctions.generate(ids, options),
            MixtralFunctions.score(ids, options),
            MixtralFunctions.embed(ids, options))) {
      List<Row> rows = answered.collectAsList();
      for (Row row : rows.subList(0, 4)) {
        assertTrue(error(row) != null && row.getAs("output") == null, row::toString);
      }
      assertNull(error(rows.getLast()));
    }
  }

  @Test
  void aSchemaThatCannotBeMetIsRefusedAtOnceOrAnErrorOfEachRow() {
    assertThrows(
        IllegalArgumentException.class,
        () -> story().withJsonSchema("{\"type\": \"integer\", \"minimum\": 3, \"maximum\": 2}"));

    Dataset<Row> rows =
        MixtralFunctions.generate(
            Sessions.texts(spark, "A pet: "),
            story().withRecord(Pet.class).withSetting("max_new_tokens", "3"));

    Row row = rows.first();
    assertNull(row.getAs("output"));
    assertTrue(error(row) != null, row::toString);
  }

  @Test
  void whatIsWrongWithOptionsIsSaidBeforeAnythingRuns() {
    Dataset<Row> rows = Sessions.texts(spark, "a");

    assertMessage(
        "there is no column 'question', only id, prompt",
        () -> MixtralFunctions.chat(rows, story().withInputCol("question")));
    assertMessage(
        "column 'id' is of type bigint, but generate reads texts, or arrays of token ids",
        () -> MixtralFunctions.generate(rows, story().withInputCol("id")));
    assertMessage(
        "there would be two columns 'PROMPT'; give the new one another name",
        () -> MixtralFunctions.generate(rows, story().withOutputCol("PROMPT")));
    assertMessage(
        "embed generates nothing that a schema, expression or choice could constrain",
        () -> MixtralFunctions.embed(rows, story().withChoices("a")));
    assertMessage("seed: use withSeed(…)", () -> story().withSetting("seed", "3"));
    assertThrows(IllegalArgumentException.class, () -> story().withSetting("max_tokens", "3"));
  }

  private static void assertMessage(String expected, Runnable action) {
    assertEquals(expected, assertThrows(IllegalArgumentException.class, action::run).getMessage());
  }

  @Test
  void aModelThatIsMissingFailsTheJobWithItsPath() {
    Dataset<Row> rows =
        MixtralFunctions.generate(
            Sessions.texts(spark, "a"), MixtralOptions.of("/nowhere/mixtral"));

    Exception failure = assertThrows(Exception.class, rows::collect);

    assertTrue(failure.toString().contains("/nowhere/mixtral"), failure::toString);
  }

  @Test
  void functionsFollowEachOtherAndOtherFunctionsOfDatasets() {
    StructType ids =
        new StructType()
            .add("id", DataTypes.LongType)
            .add("ids", DataTypes.createArrayType(DataTypes.IntegerType));
    Dataset<Row> made =
        Sessions.texts(spark, "a", "b")
            .map(
                (MapFunction<Row, Row>)
                    row -> RowFactory.create(row.getLong(0), new int[] {1, 7, 9}),
                Encoders.row(ids));
    MixtralOptions options = story().withInputCol("ids").withSetting("max_new_tokens", "3");

    Dataset<Row> twice =
        MixtralFunctions.embed(
            MixtralFunctions.generate(made, options),
            story()
                .withInputCol("output")
                .withOutputCol("vector")
                .withDetailsCol("counts")
                .withErrorCol("fault"));
    List<Integer> sizes =
        twice
            .map(
                (MapFunction<Row, Integer>)
                    row ->
                        row.getAs("error") == null && row.getAs("fault") == null
                            ? row.getList(row.fieldIndex("vector")).size()
                            : -1,
                Encoders.INT())
            .collectAsList();

    assertEquals(List.of(128, 128), sizes);
  }

  @Test
  void aLimitEndsTheTasksEarly() {
    Dataset<Row> rows =
        MixtralFunctions.generate(
            Sessions.prompts(spark, 500, 2), story().withSetting("max_new_tokens", "200"));

    assertEquals(1, rows.limit(1).collectAsList().size());
  }

  @Test
  void typedDatasetsAreRead() {
    Dataset<Row> rows = spark.createDataset(List.of("a", "b"), Encoders.STRING()).toDF("prompt");

    assertEquals(
        2, MixtralFunctions.generate(rows, story().withSetting("max_new_tokens", "2")).count());
  }
}
