package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class BenchCommandTest {
  @TempDir private Path folder;

  @Test
  void theObjectHoldsTheFourFiguresAndNothingElse() {
    JsonNode object = bench("--json").json();
    assertEquals(
        List.of(
            "prefill_tokens_per_second",
            "decode_tokens_per_second",
            "weights_gigabytes_per_second",
            "peak_bytes"),
        List.copyOf(object.propertyNames()));
    double decode = object.get("decode_tokens_per_second").doubleValue();
    assertTrue(object.get("prefill_tokens_per_second").doubleValue() > 0);
    assertTrue(decode > 0);
    assertEquals(
        bytesPerToken(Fixtures.storyteller()) * decode / 1e9,
        object.get("weights_gigabytes_per_second").doubleValue(),
        1e-9 * decode);
  }

  @Test
  void peopleReadATable() {
    String table = bench().out();
    for (String word : new String[] {"prefill", "16 ids", "decode", "4 ids", "GB/s"}) {
      assertTrue(table.contains(word), () -> word + " in:\n" + table);
    }
  }

  @Test
  void aTokenReadsAllMatricesButIdleExpertsAndOneRowOfTheEmbedding() {
    // 4 layers: q, k, v, o, router, 2 of 8 experts; the head; one row of the embedding.
    long ofLayer = 2 * 128 * 128 + 2 * 64 * 128 + 8 * 128 + 2 * 3 * 256 * 128;
    assertEquals(2 * (4 * ofLayer + 1905 * 128 + 128), bytesPerToken(Fixtures.storyteller()));
  }

  @Test
  void textsThatAreDecodedTogetherCountTogether() {
    JsonNode object = bench("--batch", "3", "--json").json();
    assertTrue(object.get("prefill_tokens_per_second").doubleValue() > 0);
    double decode = object.get("decode_tokens_per_second").doubleValue();
    // Of 8 experts 3 tokens touch 8 · (1 − 0.75³) = 4.625 of each of 4 layers, on average.
    long ofExpert = 2 * 3 * 256 * 128;
    double pass = bytesPerToken(Fixtures.storyteller()) + 4 * 2.625 * ofExpert + 2 * 2 * 128;
    assertEquals(
        pass / 3 * decode / 1e9,
        object.get("weights_gigabytes_per_second").doubleValue(),
        1e-9 * decode);
    assertTrue(bench("--batch", "3").out().contains("3 texts of 4 ids together"));
  }

  @ParameterizedTest
  @CsvSource({"q4-all, 4.5, 4.5", "q4, 8.5, 4.5", "q8, 8.5, 8.5"})
  void quantisedWeightsCountAsTheyAreStored(
      String recipe, double bitsOfWords, double bitsOfExperts) {
    Path out = folder.resolve("out");
    CommandRun.of(
            "synthesize", out.toString(), "--shape", "tiny", "--layers", "1", "--recipe", recipe)
        .assertGood();
    double bits =
        (32000 + 1) * 128 * bitsOfWords
            + 128 * 128 * (bitsOfExperts + bitsOfWords)
            + 2 * 64 * 128 * bitsOfWords
            + 8 * 128 * 16
            + 2 * 3 * 256 * 128 * bitsOfExperts;
    assertEquals(bits / 8, bytesPerToken(out));
  }

  @Test
  void nothingToMeasureIsWrongUsage() {
    CommandRun.of("bench", "--prompt-tokens", "0")
        .assertWrongUsage("--prompt-tokens", "at least 1", "0");
    CommandRun.of("bench", "--new-tokens", "0").assertWrongUsage("--new-tokens", "at least 1");
    CommandRun.of("bench", "--batch", "0").assertWrongUsage("--batch", "at least 1", "0");
    CommandRun.of("bench", "--repetitions", "-1").assertWrongUsage("--repetitions", "-1");
  }

  private static long bytesPerToken(Path folder) {
    try (Checkpoint checkpoint = Checkpoint.open(folder, LoadOptions.defaults())) {
      return WeightsRead.of(checkpoint.config(), checkpoint.weights()).bytesPerToken();
    }
  }

  private static CommandRun bench(String... more) {
    String[] arguments = {
      "bench", "--prompt-tokens", "16", "--new-tokens", "4", "--repetitions", "2"
    };
    return CommandRun.of(Stream.of(arguments, more).flatMap(Stream::of).toArray(String[]::new))
        .assertGood();
  }
}
