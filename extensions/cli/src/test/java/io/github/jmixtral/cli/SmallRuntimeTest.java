package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A Java runtime that lacks JDK Flight Recorder and the Vector API computes all the same. */
class SmallRuntimeTest {

  @Test
  void aRuntimeOfTwoModulesSuffices() throws IOException, InterruptedException {
    String[] arguments = {
      "generate", "--model", Fixtures.storyteller().toString(), "--max-new-tokens", "4", "One day"
    };
    Process process = start(arguments);
    CommandRun here = CommandRun.of(arguments);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), err);
    assertEquals(here.assertGood().out(), out);
    assertEquals(1, err.lines().count(), err);
    assertTrue(err.contains("--add-modules jdk.incubator.vector"), err);
  }

  private static Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--limit-modules", "java.base,jdk.management"));
    command.addAll(List.of("-cp", Fixtures.classPath()));
    command.add(Main.class.getName());
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    // Java reports on its standard error that it has picked these up.
    builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    return builder.start();
  }
}
