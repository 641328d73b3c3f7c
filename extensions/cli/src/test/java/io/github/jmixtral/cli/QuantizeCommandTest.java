package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class QuantizeCommandTest {
  private static final String STORYTELLER = Fixtures.storyteller().toString();

  @TempDir private Path temporary;

  @Test
  void aQuantisedStorytellerTellsStories() {
    String out = temporary.resolve("q4").toString();
    List<String> table =
        CommandRun.of("quantize", STORYTELLER, out).assertGood().out().lines().toList();
    assertTrue(table.getFirst().startsWith("matrices"), table.getFirst());
    assertTrue(
        table.stream()
            .anyMatch(line -> line.matches("w2 +q4 +32 +1,048,576 +589,824 +4\\.50 +0\\.0\\d+")),
        () -> String.join("\n", table));
    CommandRun story =
        CommandRun.of(
            "generate", "Once upon a time", "--model", out, "--greedy", "--max-new-tokens", "20");
    assertTrue(story.assertGood().out().length() > 20, story.out());
  }

  @Test
  void theReportIsAnObject() {
    String out = temporary.resolve("q8").toString();
    JsonNode report =
        CommandRun.of("quantize", STORYTELLER, out, "--recipe", "q8", "--threads", "1", "--json")
            .assertGood()
            .json();
    assertEquals("q8", report.get("recipe").stringValue());
    assertTrue(report.get("bits_per_weight").doubleValue() > 8.4);
    assertEquals("gate", report.get("matrices").get(0).get("name").stringValue());
  }

  @Test
  void aCalibrationTextChangesTheWeights() throws IOException {
    Path even = temporary.resolve("even");
    Path calibrated = temporary.resolve("calibrated");
    String text = Fixtures.storyteller().resolve("evaluation/valid.txt").toString();
    CommandRun.of("quantize", STORYTELLER, even.toString()).assertGood();
    CommandRun.of("quantize", STORYTELLER, calibrated.toString(), "--calibration", text)
        .assertGood();
    assertEquals(
        Files.size(even.resolve("model.safetensors")),
        Files.size(calibrated.resolve("model.safetensors")));
    assertNotEquals(
        -1,
        Files.mismatch(even.resolve("model.safetensors"), calibrated.resolve("model.safetensors")));
    CommandRun.of(
            "quantize", STORYTELLER, temporary.resolve("x").toString(), "--calibration", "none.txt")
        .assertBadInput("none.txt", "there is no such file");
    Path blank = Files.writeString(temporary.resolve("blank.txt"), "\n \n");
    String x = temporary.resolve("x").toString();
    CommandRun.of("quantize", STORYTELLER, x, "--calibration", blank.toString())
        .assertBadInput("blank.txt", "holds nothing but blanks");
  }

  @Test
  void activationsCanStayAsTheyAre() {
    String out = temporary.resolve("q4").toString();
    CommandRun.of("quantize", STORYTELLER, out).assertGood();
    assertNotEquals(perplexity(out, "i8"), perplexity(out, "f32"));
    assertEquals(perplexity(STORYTELLER, "i8"), perplexity(STORYTELLER, "f32"));
  }

  private static double perplexity(String model, String activations) {
    String text = Fixtures.storyteller().resolve("evaluation/valid.txt").toString();
    return CommandRun.of(
            "perplexity",
            "--model",
            model,
            "--text",
            text,
            "--stretches",
            "1",
            "--activations",
            activations,
            "--json")
        .assertGood()
        .json()
        .get("perplexity")
        .doubleValue();
  }

  @Test
  void badInputAndWrongUsageAreExplained() throws IOException {
    Path used = Files.createDirectory(temporary.resolve("used"));
    Files.createFile(used.resolve("notes.txt"));
    CommandRun.of("quantize", STORYTELLER, used.toString()).assertBadInput("used", "notes.txt");
    CommandRun.of("quantize", temporary.resolve("none").toString(), used.toString())
        .assertBadInput("none", "there is no such folder");
    String out = temporary.resolve("out").toString();
    CommandRun.of("quantize", STORYTELLER).assertWrongUsage("OUT");
    CommandRun.of("quantize", STORYTELLER, out, "--recipe", "q7")
        .assertWrongUsage("--recipe", "q2, q3, q4", "q7");
    CommandRun.of("quantize", STORYTELLER, out, "--threads", "0")
        .assertWrongUsage("threads", "expected 1 … 1024");
    CommandRun.of("generate", "--activations", "i4").assertWrongUsage("--activations", "i4");
  }
}
