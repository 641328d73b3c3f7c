package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class ConvertCommandTest {
  private static final String RAW = Fixtures.folder("raw-pt-stacked").toString();

  @TempDir private Path temporary;

  @Test
  void aRawReleaseBecomesAHubFolder() {
    Path out = temporary.resolve("hub");
    JsonNode report =
        CommandRun.of("convert", RAW, out.toString(), "--shard-size", "1 MB", "--json")
            .assertGood()
            .json();
    assertEquals(out.toString(), report.get("path").stringValue());
    assertEquals(1_938_688, report.get("weights_bytes").longValue());
    assertTrue(Files.exists(out.resolve("model-00002-of-00002.safetensors")));
    JsonNode inspected =
        CommandRun.of("inspect", "--model", out.toString(), "--json").assertGood().json();
    assertEquals("hub", inspected.get("layout").stringValue());
  }

  @Test
  void aRawReleaseIsQuantised() {
    String out = temporary.resolve("q8").toString();
    CommandRun run = CommandRun.of("convert", RAW, out, "--to", "quantized", "--recipe", "q8");
    assertTrue(run.assertGood().out().startsWith(out + ": 0.5 MB of weights in "), run.out());
    JsonNode inspected = CommandRun.of("inspect", "--model", out, "--json").assertGood().json();
    assertEquals("quantized", inspected.get("layout").stringValue());
    assertTrue(inspected.get("dtypes").has("Q8"));
  }

  @Test
  void aRawReleaseIsInspectedAndGenerates() throws Exception {
    JsonNode inspected = CommandRun.of("inspect", "--model", RAW, "--json").assertGood().json();
    assertEquals("raw-stacked", inspected.get("layout").stringValue());
    Path ids = Files.writeString(temporary.resolve("ids.json"), "[[1, 5, 9]]");
    JsonNode generated =
        CommandRun.of(
                "generate",
                "--model",
                RAW,
                "--ids-file",
                ids.toString(),
                "--greedy",
                "--json",
                "--max-new-tokens",
                "3")
            .assertGood()
            .json();
    assertEquals(3, generated.get("ids").size());
  }

  @Test
  void aSynthesizedRawReleaseIsConverted() {
    String raw = temporary.resolve("raw").toString();
    String out = temporary.resolve("hub").toString();
    CommandRun.of("synthesize", raw, "--layers", "2", "--shape", "tiny", "--to", "raw")
        .assertGood();
    JsonNode inspected = CommandRun.of("inspect", "--model", raw, "--json").assertGood().json();
    assertEquals("raw", inspected.get("layout").stringValue());
    CommandRun.of("convert", raw, out).assertGood();
    JsonNode converted = CommandRun.of("inspect", "--model", out, "--json").assertGood().json();
    assertEquals(inspected.get("dtypes"), converted.get("dtypes"));
    assertEquals(inspected.get("config"), converted.get("config"));
    CommandRun.of("synthesize", out + "2", "--layers", "1", "--to", "raw", "--recipe", "q4")
        .assertWrongUsage("--recipe", "raw", "q4");
  }

  @Test
  void optionsOfAnotherLayoutAreWrongUsage() {
    CommandRun.of("convert", RAW, temporary.resolve("x").toString(), "--recipe", "q8")
        .assertWrongUsage("--recipe cannot be combined with --to hub");
  }

  @ParameterizedTest
  @CsvSource({
    "--to, onnx, hub",
    "--shard-size, big, 5GB",
    "--shard-size, 0, 5GB",
    "--dtype, int8, bf16",
    "--threads, 0, expected 1 … 1024"
  })
  void wrongOptionsAreExplained(String option, String value, String expected) {
    CommandRun.of("convert", RAW, temporary.resolve("x").toString(), option, value)
        .assertWrongUsage(option.substring(2), value, expected);
  }

  @Test
  void aPlaceThatIsTakenIsLeftAlone() {
    CommandRun.of("convert", RAW, RAW).assertBadInput("name a new or an empty folder");
    CommandRun.of("convert", temporary.resolve("none").toString(), "out").assertBadInput("none");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "12 B, 12",
    "3kB, 3000",
    "3KiB, 3072",
    "500MB, 500000000",
    "5 gb, 5000000000",
    "2T, 2000000000000"
  })
  void sizesAreReadAsPeopleWriteThem(String text, long bytes) {
    assertEquals(bytes, ByteCount.of(text).get());
  }

  @ParameterizedTest
  @CsvSource({"''", "5 GBB", "-1", "1.5GB", "iB", "999999999999999T", "0"})
  void whatIsNoSizeIsNone(String text) {
    assertTrue(ByteCount.of(text).isEmpty());
  }
}
