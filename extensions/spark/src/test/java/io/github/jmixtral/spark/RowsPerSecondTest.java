package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Rows a second in {@code local[2]} and in one process that batches the same rows, by {@code
 * -Djmixtral.spark.seconds=true}, on a quiet machine: both in turn, of which the first turn warms
 * up. {@code -Djmixtral.spark.model=FOLDER} names another model.
 */
@EnabledIfSystemProperty(named = "jmixtral.spark.seconds", matches = "true")
class RowsPerSecondTest {
  private static final String MODEL =
      System.getProperty("jmixtral.spark.model", Fixtures.storyteller().toString());

  private static final int ROWS = Integer.getInteger("jmixtral.spark.rows", 2_000);
  private static final int TOKENS = 32;
  private static final int TURNS = 6;

  @Test
  void rowsPerSecond() {
    SparkSession spark = Sessions.local();
    try (var model =
        MixtralForCausalLM.fromPretrained(
            MODEL, LoadOptions.defaults().withQuantization(Recipe.Q8))) {
      Dataset<Row> prompts = Sessions.prompts(spark, ROWS, 2).cache();
      prompts.count();
      for (int turn = 0; turn < TURNS; turn++) {
        long begin = System.nanoTime();
        List<String> alone = alone(model);
        long middle = System.nanoTime();
        List<String> inSpark = inSpark(prompts);
        long end = System.nanoTime();

        assertEquals(alone, inSpark);
        double one = ROWS / ((middle - begin) / 1e9);
        double two = ROWS / ((end - middle) / 1e9);
        System.out.printf(
            "%sone process %.1f rows/s, local[2] %.1f rows/s: %.2f%n",
            turn == 0 ? "warm-up: " : "", one, two, two / one);
      }
    } finally {
      spark.stop();
    }
  }

  private static List<String> alone(MixtralForCausalLM model) {
    List<CompletableFuture<Generation>> texts =
        IntStream.range(0, ROWS)
            .mapToObj(
                i ->
                    model
                        .request(Prompt.text(Sessions.prompt(i)))
                        .withConfig(
                            GenerationConfig.inherit()
                                .withMaxNewTokens(TOKENS)
                                .withMinNewTokens(TOKENS))
                        .generateAsync())
            .toList();
    return texts.stream().map(text -> text.join().text()).toList();
  }

  private static List<String> inSpark(Dataset<Row> prompts) {
    Dataset<Row> rows =
        MixtralFunctions.generate(
            prompts,
            MixtralOptions.of(MODEL)
                .withQuantization(Recipe.Q8)
                .withSetting("max_new_tokens", String.valueOf(TOKENS))
                .withSetting("min_new_tokens", String.valueOf(TOKENS)));
    return Sessions.sorted(rows).stream().map(row -> row.<String>getAs("output")).toList();
  }
}
