package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class PerplexityCommandTest {
  private static final Path VALID = Fixtures.storyteller().resolve("evaluation/valid.txt");

  @TempDir private Path temporary;

  @Test
  void theStorytellersPerplexityEqualsTheReference() {
    double expected =
        JsonFile.read(Fixtures.storyteller().resolve("evaluation/perplexity.json"))
            .get("negative_log_likelihood")
            .doubleValue();
    JsonNode found =
        CommandRun.of(
                "perplexity",
                "--text",
                VALID.toString(),
                "--lines",
                "--context",
                "256",
                "--stretches",
                "64",
                "--json")
            .assertGood()
            .json();
    assertEquals(expected, found.get("negative_log_likelihood").doubleValue(), 1e-4);
    assertEquals(Math.exp(expected), found.get("perplexity").doubleValue(), 2e-4);
    assertEquals(64, found.get("stretches").intValue());
    assertEquals(256, found.get("context").intValue());
  }

  /** Stretches of more than 512 ids go through in parts. */
  @ParameterizedTest
  @ValueSource(ints = {2, 100, 513, 700})
  void aStretchsValueIsTheModelsLossOnIt(int length) throws IOException {
    String stories = String.join(" ", Files.readAllLines(VALID).subList(1, 12));
    Path file = Files.writeString(temporary.resolve("stories.txt"), stories);
    Path folder = Fixtures.storyteller();
    int[] ids = Arrays.copyOf(Tokenizer.fromPretrained(folder).encode(stories, true), length);
    double expected;
    try (LanguageModel model = LanguageModel.fromPretrained(folder, LoadOptions.defaults())) {
      ModelInput input = ModelInput.ofIds(ids).withLabels(new int[][] {ids});
      expected = model.forward(input).loss().orElseThrow();
    }
    String[] arguments = {
      "perplexity",
      "--text",
      file.toString(),
      "--context",
      "" + length,
      "--stretches",
      "1",
      "--json"
    };
    assertEquals(
        expected,
        CommandRun.of(arguments).assertGood().json().get("negative_log_likelihood").doubleValue(),
        1e-5);
  }

  @Test
  void aStretchIsAsLongAsTheWindowByDefault() {
    String[] arguments = {"perplexity", "--text", VALID.toString(), "--stretches", "2", "--json"};
    assertEquals(128, CommandRun.of(arguments).assertGood().json().get("context").intValue());
    String[] withoutWindow = Arrays.copyOf(arguments, arguments.length + 2);
    withoutWindow[arguments.length] = "--window";
    withoutWindow[arguments.length + 1] = "none";
    assertEquals(512, CommandRun.of(withoutWindow).assertGood().json().get("context").intValue());
  }

  @Test
  void peopleReadThreeLines() {
    CommandRun run =
        CommandRun.of("perplexity", "--text", VALID.toString(), "--stretches", "1").assertGood();
    List<String> lines = run.out().lines().toList();
    assertEquals(3, lines.size());
    assertTrue(lines.get(0).matches("negative log likelihood +\\d+\\.\\d{6}"), lines.get(0));
    assertTrue(lines.get(1).matches("perplexity +\\d+\\.\\d{6}"), lines.get(1));
    assertTrue(lines.get(2).matches("measured on +1 stretches of 128 ids"), lines.get(2));
  }

  @Test
  void badTextIsBadInput() throws IOException {
    CommandRun.of("perplexity", "--text", temporary.resolve("none.txt").toString())
        .assertBadInput("none.txt", "there is no such file");
    Path few = Files.writeString(temporary.resolve("few.txt"), "Once upon a time");
    CommandRun.of("perplexity", "--text", few.toString())
        .assertBadInput("few.txt", "fewer than the 128", "--context", "has 5 ids");
    Path latin1 = Files.write(temporary.resolve("latin1.txt"), new byte[] {'f', (byte) 0xFC, 'r'});
    CommandRun.of("perplexity", "--text", latin1.toString()).assertBadInput("latin1.txt", "UTF-8");
    CommandRun.of("perplexity", "--text", temporary.toString())
        .assertBadInput(temporary.toString(), "cannot be read");
  }

  @Test
  void wrongUsageIsExplained() {
    CommandRun.of("perplexity").assertWrongUsage("--text");
    CommandRun.of("perplexity", "--text", "a", "--context", "1")
        .assertWrongUsage("--context", "at least 2", "1");
    CommandRun.of("perplexity", "--text", "a", "--stretches", "0")
        .assertWrongUsage("--stretches", "at least 1", "0");
  }
}
