package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.classic.UDFRegistration;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SqlFunctionsTest {
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    String catalog = "spark.sql.catalog.jmixtral";
    spark =
        Sessions.builder("local[2]")
            .config(catalog, MixtralCatalog.class.getName())
            .config(catalog + ".model", Fixtures.storyteller().toString())
            .config(catalog + ".quantization", "q8")
            .config(catalog + ".seed", "4")
            .config(catalog + ".generation", "{\"max_new_tokens\": 7, \"do_sample\": true}")
            .getOrCreate();
    spark.conf().set("spark.jmixtral.model", Fixtures.storyteller().toString());
    spark.conf().set("spark.jmixtral.quantization", "q8");
    spark.conf().set("spark.jmixtral.seed", "4");
    spark.conf().set("spark.jmixtral.generation", "{\"max_new_tokens\": 7, \"do_sample\": true}");
    Sessions.prompts(spark, 12, 3).createOrReplaceTempView("prompts");
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static MixtralOptions story() {
    return Sessions.story()
        .withSeed(4)
        .withSetting("max_new_tokens", "7")
        .withSetting("do_sample", "true");
  }

  private static List<Object> values(Dataset<Row> rows) {
    return Sessions.sorted(rows).stream().map(row -> row.<Object>getAs("output")).toList();
  }

  private static Dataset<Row> select(String expression) {
    return spark.sql("SELECT id, " + expression + " AS output FROM prompts");
  }

  @Test
  void allWaysToAFunctionGiveTheRowsOfTheDatasetFunction() {
    UDFRegistration registration = (UDFRegistration) spark.udf();
    registration.registerJava("java_generate", GenerateFunction.class.getName(), null);
    registration.registerJava("java_chat", ChatFunction.class.getName(), null);
    registration.registerJava("java_score", ScoreFunction.class.getName(), null);
    registration.registerJava(
        "java_embed",
        EmbedFunction.class.getName(),
        DataTypes.createArrayType(DataTypes.FloatType));
    MixtralFunctions.register(spark, "my_generate", "generate", story());
    MixtralFunctions.register(spark, "my_chat", "chat", story());
    MixtralFunctions.register(spark, "my_score", "score", story());
    MixtralFunctions.register(spark, "my_embed", "embed", story());
    Dataset<Row> prompts = spark.table("prompts");

    assertAllGive(values(MixtralFunctions.generate(prompts, story())), "generate");
    assertAllGive(values(MixtralFunctions.chat(prompts, story())), "chat");
    assertAllGive(values(MixtralFunctions.score(prompts, story())), "score");
    assertAllGive(values(MixtralFunctions.embed(prompts, story())), "embed");
  }

  private static void assertAllGive(List<Object> expected, String task) {
    assertEquals(12, expected.size());
    for (String prefix : List.of("java_", "my_", "jmixtral.")) {
      assertEquals(expected, values(select(prefix + task + "(prompt)")), prefix + task);
    }
  }

  @Test
  void aClassifierIsAFunctionOfItsOwnModel() {
    MixtralFunctions.register(
        spark,
        "labels",
        "classify",
        MixtralOptions.of(Fixtures.folder("classifier-f32").toString()));

    // This one has no tokenizer for texts.
    assertNull(spark.sql("SELECT labels('a')").first().get(0));
    assertNull(spark.sql("SELECT labels(NULL)").first().get(0));
  }

  @Test
  void nullAndBadTextsGiveNull() {
    Row row =
        spark
            .sql(
                "SELECT jmixtral.generate(CAST(NULL AS STRING)), jmixtral.generate(NULL),"
                    + " jmixtral.score(''), jmixtral.generate('good')")
            .first();

    assertNull(row.get(0));
    assertNull(row.get(1));
    assertNull(row.get(2));
    assertTrue(row.get(3) instanceof String);
  }

  @Test
  void functionsAreListedAndOthersRefused() {
    List<String> names = new ArrayList<>();
    for (var function : new MixtralCatalog().listFunctions(new String[0])) {
      names.add(function.name());
    }

    assertEquals(List.of("generate", "chat", "classify", "embed", "score"), names);
    assertThrows(Exception.class, () -> select("jmixtral.sing(prompt)").collect());
    assertThrows(Exception.class, () -> select("jmixtral.generate(prompt, 1)").collect());
    assertThrows(Exception.class, () -> select("jmixtral.generate(id)").collect());
  }

  @Test
  void optionsThatAreNotValidAreNamed() {
    spark.conf().set("spark.sql.catalog.other", MixtralCatalog.class.getName());
    Exception noModel =
        assertThrows(Exception.class, () -> select("other.generate(prompt)").collect());
    assertTrue(
        noModel.getMessage().contains("spark.sql.catalog.other.model is not set"),
        noModel::toString);

    SparkSession session = spark.newSession();
    session.conf().set("spark.jmixtral.model", "m");
    session.conf().set("spark.jmixtral.generation", "[]");
    SparkSession.setActiveSession(session);
    try {
      IllegalArgumentException notValid =
          assertThrows(IllegalArgumentException.class, GenerateFunction::new);
      assertEquals(
          "spark.jmixtral.generation is '[]': it must be an object such as"
              + " {\"max_new_tokens\": 40}",
          notValid.getMessage());
    } finally {
      SparkSession.setActiveSession(spark);
    }
  }
}
