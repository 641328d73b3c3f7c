package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  /** Commands that print something. */
  private static final List<String[]> PRINTING =
      List.of(
          new String[] {"tokenize", "Once"},
          new String[] {"--help"},
          new String[] {"generate", "--help"},
          new String[] {"--version"});

  @TempDir private Path temporary;

  @Test
  void withoutACommandItSaysWhatThereIs() {
    CommandRun run = CommandRun.of();
    run.assertWrongUsage("generate", "chat", "tokenize", "logits", "inspect", "perplexity");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"generate", "chat", "tokenize", "logits", "inspect", "perplexity", "batch"})
  void everyCommandHasHelpWithExamplesAndTheSharedOptions(String command) {
    CommandRun run = CommandRun.of(command, "--help").assertGood();
    assertTrue(run.out().startsWith("Usage: jmixtral " + command), run.out());
    for (String part :
        new String[] {"Examples:", "--model", "models/storyteller", "--threads", "--window"}) {
      assertTrue(run.out().contains(part), () -> part + " in: " + run.out());
    }
    assertFalse(run.out().contains("${"), run.out());
  }

  @Test
  void theVersionIsPrinted() {
    assertTrue(CommandRun.of("--version").assertGood().out().startsWith("jmixtral "));
    assertTrue(CommandRun.of("generate", "--version").assertGood().out().startsWith("jmixtral "));
  }

  @Test
  void wrongUsageIsExplained() {
    CommandRun.of("translate").assertWrongUsage("translate");
    CommandRun.of("inspect", "--modle", "x").assertWrongUsage("--modle", "--model");
    CommandRun.of("inspect", "--threads", "many").assertWrongUsage("--threads", "many");
    CommandRun.of("inspect", "--threads", "0")
        .assertWrongUsage("threads", "expected 1 … 1024", "0");
    CommandRun.of("inspect", "--window", "0").assertWrongUsage("window", "positive", "0");
    CommandRun.of("inspect", "--window", "wide").assertWrongUsage("--window", "none", "wide");
  }

  @Test
  void aModelThatIsNotThereIsBadInput() throws IOException {
    CommandRun.of("inspect", "--model", temporary.resolve("nowhere").toString())
        .assertBadInput("nowhere", "there is no such folder");
    CommandRun.of("inspect", "--model", "nobody/nothing-8x7B")
        .assertBadInput("nobody/nothing-8x7B", "there is no such folder", "Hub's cache");
    Path file = Files.writeString(temporary.resolve("model.gguf"), "GGUF");
    CommandRun.of("inspect", "--model", file.toString())
        .assertBadInput("model.gguf", "the file ends");
    Path empty = Files.createDirectory(temporary.resolve("empty"));
    CommandRun.of("inspect", "--model", empty.toString())
        .assertBadInput("config.json", "there is no such file");
  }

  @Test
  void damageInsideTheModelIsOneLineWithPlaceAndProblem() throws IOException {
    Path config = Fixtures.folder("full-f32").resolve("config.json");
    Files.copy(config, temporary.resolve("config.json"));
    Files.writeString(temporary.resolve("model.safetensors"), "short");
    CommandRun.of("inspect", "--model", temporary.toString())
        .assertBadInput("model.safetensors", "the file has 5 bytes", "too few for the 8");
  }

  @Test
  void verboseShowsTheStackTrace() {
    CommandRun run = CommandRun.of("inspect", "--verbose", "--model", "/no/where");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("\tat "), run.err());
  }

  @Test
  void aClosedPipeEndsQuietly() {
    for (String[] arguments : PRINTING) {
      assertEquals(new CommandRun(0, "", ""), writingTo("Broken pipe", arguments));
    }
  }

  @Test
  void aFolderWithPipeInItsNameIsNoClosedPipe() throws IOException {
    Path model = Files.createDirectory(temporary.resolve("pipeline"));
    // A link to itself: opening it fails, and the system's message holds its path.
    Files.createSymbolicLink(model.resolve("config.json"), Path.of("config.json"));
    CommandRun.of("inspect", "--model", model.toString()).assertBadInput("config.json");
  }

  @Test
  void anOutputThatCannotBeWrittenIsSaid() {
    for (String[] arguments : PRINTING) {
      writingTo("No space left on device", arguments)
          .assertBadInput("standard output: cannot be written: No space left on device");
    }
  }

  private static CommandRun writingTo(String failure, String... arguments) {
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int value) throws IOException {
            throw new IOException(failure);
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            Optional.of(Fixtures.project()),
            Map.of());
    int exitCode = Main.run(terminal, arguments);
    return new CommandRun(exitCode, "", err.toString(StandardCharsets.UTF_8));
  }
}
