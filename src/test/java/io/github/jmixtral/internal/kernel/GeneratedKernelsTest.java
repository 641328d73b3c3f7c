package io.github.jmixtral.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The unrolled loops are what their templates give. */
@RunsOnce
class GeneratedKernelsTest {

  @Test
  void everyGeneratedFileIsWhatItsTemplateGives() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "scripts/GenerateKernels.java",
                "--check")
            .directory(Fixtures.project().toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    assertEquals("", said);
  }
}
