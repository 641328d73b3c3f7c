package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The options that the scripts start Java with. */
class JavaOptionsTest {
  private static final Path OPTIONS = Fixtures.project().resolve("scripts/java-options");

  @Test
  void javaTakesThemInSilence() throws IOException, InterruptedException {
    String[] arguments = {
      "generate", "--model", Fixtures.storyteller().toString(), "--max-new-tokens", "4", "One day"
    };
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("@" + OPTIONS, "-cp", Fixtures.classPath(), Main.class.getName()));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    // Java reports on its standard error that it has picked these up.
    builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), err);
    assertEquals(CommandRun.of(arguments).assertGood().out(), out);
    assertEquals("WARNING: Using incubator modules: jdk.incubator.vector", err.strip());
  }

  @Test
  void theClassesThatTheyNameExist() throws IOException {
    List<String> classes =
        Files.readAllLines(OPTIONS).stream()
            .filter(line -> line.startsWith("-XX:CompileCommand=") && line.contains("::"))
            .map(line -> line.substring(line.indexOf(',') + 1, line.indexOf("::")))
            .distinct()
            .toList();
    assertEquals(1, classes.size(), classes.toString());
    Path named =
        Fixtures.project().resolve("src/main/java/" + classes.getFirst().replace('.', '/'));
    String pattern = named.getFileName() + ".java";
    try (DirectoryStream<Path> sources = Files.newDirectoryStream(named.getParent(), pattern)) {
      List<String> found = new ArrayList<>();
      sources.forEach(source -> found.add(source.getFileName().toString()));
      assertTrue(
          found.containsAll(List.of("VectorTileLoops.java", "VectorPanelLoops.java")),
          found.toString());
    }
  }
}
