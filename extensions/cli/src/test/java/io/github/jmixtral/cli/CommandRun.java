package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A command that was run in this process.
 *
 * @param exitCode what the process would end with
 * @param out standard output
 * @param err standard error
 */
record CommandRun(int exitCode, String out, String err) {

  /** Runs a command with nothing on standard input. */
  static CommandRun of(String... arguments) {
    return withInput("", arguments);
  }

  /** Runs a command that reads {@code input}. */
  static CommandRun withInput(String input, String... arguments) {
    return withInput(input.getBytes(StandardCharsets.UTF_8), arguments);
  }

  /** Runs a command that reads bytes. */
  static CommandRun withInput(byte[] input, String... arguments) {
    return run(input, false, Map.of(), arguments);
  }

  /** Runs a command while a person watches. */
  static CommandRun onTerminal(String... arguments) {
    return run(new byte[0], true, Map.of(), arguments);
  }

  /** Runs a command in an environment of variables. */
  static CommandRun withEnvironment(Map<String, String> environment, String... arguments) {
    return run(new byte[0], false, environment, arguments);
  }

  private static CommandRun run(
      byte[] input, boolean interactive, Map<String, String> environment, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(input),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            interactive,
            Optional.of(Fixtures.project()),
            environment);
    int exitCode = Main.run(terminal, arguments);
    return new CommandRun(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Asserts that all went well and nothing was said about it. */
  CommandRun assertGood() {
    assertEquals("", err);
    assertEquals(0, exitCode);
    return this;
  }

  /** Asserts exit code 1 and one line on standard error that contains all {@code parts}. */
  void assertBadInput(String... parts) {
    assertEquals(1, exitCode, err);
    assertEquals("", out);
    assertEquals(1, err.lines().count(), err);
    for (String part : parts) {
      assertTrue(err.contains(part), () -> "expected \"" + part + "\" in: " + err);
    }
  }

  /** Asserts exit code 2 and a message that contains all {@code parts}, and how to use it. */
  void assertWrongUsage(String... parts) {
    assertEquals(2, exitCode, err);
    assertEquals("", out);
    for (String part : parts) {
      assertTrue(err.contains(part), () -> "expected \"" + part + "\" in: " + err);
    }
    assertTrue(err.contains("Usage: jmixtral"), err);
    assertTrue(err.contains("--help"), err);
  }

  /** Standard output as JSON. */
  JsonNode json() {
    return JsonMapper.shared().readTree(out);
  }

  /** Standard output as a JSON value on each line. */
  List<JsonNode> jsonLines() {
    return out.lines().map(JsonMapper.shared()::readTree).toList();
  }
}
