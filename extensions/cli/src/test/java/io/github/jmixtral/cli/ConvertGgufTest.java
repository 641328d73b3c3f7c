package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ConvertGgufTest {
  private static final String STORYTELLER = Fixtures.storyteller().toString();

  @TempDir private Path temporary;

  @Test
  void theStorytellerTellsTheSameFromAGgufFile() {
    Path file = temporary.resolve("storyteller.gguf");
    JsonNode report = convert(STORYTELLER, file, "--type", "f16");
    assertEquals(file.toString(), report.get("path").stringValue());
    JsonNode inspected =
        CommandRun.of("inspect", "--model", file.toString(), "--json").assertGood().json();
    assertEquals("gguf", inspected.get("layout").stringValue());
    assertEquals(
        report.get("weights_bytes").longValue(),
        inspected.get("dtypes").get("F16").get("bytes").longValue()
            + inspected.get("dtypes").get("F32").get("bytes").longValue());
    assertEquals(story(STORYTELLER), story(file.toString()));
    // A folder that holds nothing else is as good.
    assertEquals(story(STORYTELLER), story(temporary.toString()));
    String ids = CommandRun.of("tokenize", "a duck", "--model", STORYTELLER).assertGood().out();
    assertEquals(
        ids, CommandRun.of("tokenize", "a duck", "--model", file.toString()).assertGood().out());
  }

  @Test
  void aGgufFileBecomesAHubFolder() {
    Path file = temporary.resolve("storyteller.gguf");
    convert(STORYTELLER, file, "--type", "f32");
    Path hub = temporary.resolve("hub");
    CommandRun.of("convert", file.toString(), hub.toString()).assertGood();
    assertTrue(Files.exists(hub.resolve("tokenizer.model")));
    assertEquals(story(STORYTELLER), story(hub.toString()));
  }

  @Test
  void whatDoesNotFitIsRefused() throws Exception {
    String out = temporary.resolve("out.gguf").toString();
    CommandRun.of("convert", STORYTELLER, out, "--to", "gguf", "--type", "q5_0")
        .assertWrongUsage("--type", "q4_0", "q5_0");
    CommandRun.of("convert", STORYTELLER, out, "--to", "gguf", "--recipe", "q4")
        .assertWrongUsage("--recipe cannot be combined with --to gguf");
    CommandRun.of("convert", STORYTELLER, temporary.resolve("hub").toString(), "--type", "f16")
        .assertWrongUsage("--type cannot be combined with --to hub");
    CommandRun.of("convert", STORYTELLER, out, "--to", "onnx")
        .assertWrongUsage("--to", "hub, quantized or gguf", "onnx");
    CommandRun.of("convert", STORYTELLER, out, "--to", "hub")
        .assertWrongUsage("OUT", "with --to hub the name must not end with .gguf", "out.gguf");
    CommandRun.of("convert", STORYTELLER, temporary.resolve("out.bin").toString(), "--to", "gguf")
        .assertWrongUsage("OUT", "with --to gguf the name must end with .gguf", "out.bin");
    CommandRun.of(
            "convert", STORYTELLER, temporary.resolve("no/out.gguf").toString(), "--to", "gguf")
        .assertBadInput("no/out.gguf", "there is no folder to write this file into");
    assertFalse(Files.exists(Path.of(out)));
    Files.createFile(Path.of(out));
    CommandRun.of("convert", STORYTELLER, out, "--to", "gguf")
        .assertBadInput("out.gguf", "the file exists already; delete it or choose another name");
  }

  @Test
  void whatIsLeftOutIsNamedOnce() throws IOException {
    for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(Fixtures.storyteller().resolve(name), temporary.resolve(name));
    }
    Path config = temporary.resolve("config.json");
    String ends = "\"eos_token_id\": [2, 300, 301, 302, 303]";
    Files.writeString(config, Files.readString(config).replaceFirst("\"eos_token_id\": 2", ends));
    PrintStream console = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      convert(temporary.toString(), temporary.resolve("out.gguf"), "--type", "f16");
    } finally {
      System.setErr(console);
    }
    String lines = log.toString(StandardCharsets.UTF_8);
    assertEquals(2, lines.split("303 is left out", -1).length, lines);
  }

  private static JsonNode convert(String source, Path file, String... more) {
    String[] arguments = {"convert", source, file.toString(), "--json", more[0], more[1]};
    return CommandRun.of(arguments).assertGood().json();
  }

  private static String story(String model) {
    return CommandRun.of(
            "generate",
            "Once upon a time",
            "--model",
            model,
            "--greedy",
            "--max-new-tokens",
            "40",
            "--activations",
            "f32")
        .assertGood()
        .out();
  }
}
