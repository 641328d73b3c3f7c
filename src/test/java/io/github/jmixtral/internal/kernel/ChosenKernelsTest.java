package io.github.jmixtral.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes with other options than this one choose their kernels. */
@RunsOnce
class ChosenKernelsTest {
  private static final String MODULE = "--add-modules=jdk.incubator.vector";

  /** What a process printed. */
  private record Run(List<String> out, String err) {
    void assertChose(int bits) {
      String expected = bits + " bits: " + ChosenKernels.results(Kernels.scalar());
      assertEquals(List.of(expected, expected), out, err);
    }

    void assertLoggedOnce(String level, String text) {
      List<String> lines = err.lines().filter(line -> line.contains("jmixtral")).toList();
      assertEquals(1, lines.size(), err);
      assertTrue(lines.getFirst().contains(level), err);
      assertTrue(lines.getFirst().contains(text), err);
    }
  }

  @Test
  void withC2NothingIsLogged() throws IOException, InterruptedException {
    Run run = run(MODULE, "-XX:MaxVectorSize=16");
    run.assertChose(128);
    assertTrue(run.err.lines().noneMatch(line -> line.contains("jmixtral")), run.err);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-XX:TieredStopAtLevel=1", "-XX:TieredStopAtLevel=3"})
  void withC1AlonePlainLoopsRunAndTheOptionIsNamed(String option)
      throws IOException, InterruptedException {
    Run run = run(MODULE, option);
    run.assertChose(0);
    run.assertLoggedOnce("WARN", "start Java without " + option);
  }

  @Test
  void interpretedPlainLoopsRun() throws IOException, InterruptedException {
    Run run = run(MODULE, "-Xint");
    run.assertChose(0);
    run.assertLoggedOnce("WARN", "-Xint");
  }

  @Test
  void withoutTheModulePlainLoopsRun() throws IOException, InterruptedException {
    Run run = run();
    run.assertChose(0);
    run.assertLoggedOnce("WARN", "start Java with --add-modules jdk.incubator.vector");
  }

  @Test
  void vectorsMayBeSwitchedOff() throws IOException, InterruptedException {
    Run run = run(MODULE, "-Djmixtral.vectors=off");
    run.assertChose(0);
    run.assertLoggedOnce("INFO", "-Djmixtral.vectors=off");
  }

  @Test
  void narrowerVectorsMayBeAskedForEvenWithoutC2() throws IOException, InterruptedException {
    Run run = run(MODULE, "-XX:TieredStopAtLevel=1", "-Djmixtral.vectors=128");
    run.assertChose(128);
    run.assertLoggedOnce("INFO", "128-bit vectors");
  }

  @Test
  void vectorsThatAreTooWideAreRefusedEachTime() throws IOException, InterruptedException {
    Run run = run(MODULE, "-XX:MaxVectorSize=16", "-Djmixtral.vectors=256");
    String expected = "-Djmixtral.vectors=256: the vectors of this machine have 128 bits at most";
    assertEquals(List.of(expected, expected), run.out, run.err);
  }

  private static Run run(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", Fixtures.testClassPath(), ChosenKernels.class.getName()));
    Process process = new ProcessBuilder(command).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), err);
    return new Run(out.lines().toList(), err);
  }
}
