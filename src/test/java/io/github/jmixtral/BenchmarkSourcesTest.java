package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The benchmarks are a project of their own, which this build does not run. It does check that they
 * compile against the library as it is now, warnings being errors.
 */
@RunsOnce
class BenchmarkSourcesTest {
  private static final Path SOURCES = Path.of("benchmarks/src/main/java");

  @Test
  void theBenchmarksCompile(@TempDir Path classes) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "javac").toString());
    command.addAll(List.of("-proc:none", "-Xlint:all,-incubating,-processing,-path", "-Werror"));
    command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-d", classes.toString()));
    command.addAll(List.of("-cp", Fixtures.classPath()));
    try (Stream<Path> tree = Files.walk(SOURCES)) {
      tree.map(Path::toString).filter(file -> file.endsWith(".java")).forEach(command::add);
    }
    Process javac = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(javac.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, javac.waitFor(), said);
  }
}
