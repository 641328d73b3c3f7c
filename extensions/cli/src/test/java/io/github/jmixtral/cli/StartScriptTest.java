package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The shell script that starts the command line, in a project that prints what it would run. */
@DisabledOnOs(OS.WINDOWS)
class StartScriptTest {
  @TempDir private Path project;

  @BeforeEach
  void putAProject() throws IOException {
    Path scripts = Files.createDirectories(project.resolve("scripts"));
    Files.copy(Fixtures.project().resolve("scripts/jmixtral"), scripts.resolve("jmixtral"));
    executable(scripts.resolve("find-jdk"), "echo '" + project + "/jdk'");
    Files.createDirectories(project.resolve("jdk/bin"));
    Files.createDirectories(project.resolve("extensions/cli/target/lib"));
    for (String module : List.of(".", "extensions", "extensions/cli")) {
      Files.createDirectories(project.resolve(module).resolve("src/main"));
      Files.createFile(project.resolve(module).resolve("pom.xml"));
    }
    Instant built = Instant.now().plusSeconds(60);
    jar("jmixtral-cli-0.9.jar", built);
    jar("jmixtral-cli-0.10.jar", built.plusSeconds(60));
    jar("jmixtral-cli-0.10-sources.jar", built.plusSeconds(120));
  }

  @Test
  void theNewestJarRunsWhateverItsVersion() throws IOException, InterruptedException {
    executable(project.resolve("jdk/bin/java"), "echo \"$@\"");
    String said = said("sh scripts/jmixtral inspect");
    assertTrue(said.contains("/extensions/cli/target/jmixtral-cli-0.10.jar:"), said);
    assertTrue(said.endsWith("io.github.jmixtral.cli.Main inspect\n"), said);
  }

  @Test
  void theUsersOptionsStandBehindTheScripts() throws IOException, InterruptedException {
    executable(project.resolve("jdk/bin/java"), "printf '%s\\n' \"$@\"");
    List<String> options =
        said("JMIXTRAL_JAVA_OPTS='-Xmx1g -XX:+UseZGC' sh scripts/jmixtral inspect")
            .lines()
            .toList();
    assertTrue(options.getFirst().endsWith("/scripts/java-options"), options.getFirst());
    assertTrue(options.getFirst().startsWith("@/"), options.getFirst());
    assertEquals(List.of("-Xmx1g", "-XX:+UseZGC", "-cp"), options.subList(2, 5));
  }

  @Test
  void aClosedStandardInputIsAnEmptyOne() throws IOException, InterruptedException {
    executable(project.resolve("jdk/bin/java"), "echo \"[$(cat)]\"");
    assertEquals("[]\n", said("sh scripts/jmixtral generate <&-"));
    assertEquals("[here]\n", said("echo here | sh scripts/jmixtral generate"));
  }

  private String said(String command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("sh", "-c", command)
            .directory(project.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    return said;
  }

  private static void executable(Path file, String command) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + command + "\n");
    assertTrue(file.toFile().setExecutable(true));
  }

  private void jar(String name, Instant time) throws IOException {
    Path jar = Files.createFile(project.resolve("extensions/cli/target").resolve(name));
    Files.setLastModifiedTime(jar, FileTime.from(time));
  }
}
