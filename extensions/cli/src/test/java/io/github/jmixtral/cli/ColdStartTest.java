package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.conversion.CheckpointQuantizer;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that interprets everything gives the bits of one whose loops are compiled. */
class ColdStartTest {
  /** So many that experts get several of them, and other matrices a full panel. */
  private static final int[] IDS = {1, 365, 1122, 300, 17, 901, 365, 44, 1500, 630, 72, 365};

  /** By then the loops are compiled. */
  private static final int ROUNDS = 300;

  @TempDir private Path temporary;

  @Test
  void interpretedCodeGivesTheBitsOfHotCode() throws IOException, InterruptedException {
    Path model = temporary.resolve("q4");
    new CheckpointQuantizer(Fixtures.storyteller(), Recipe.Q4).withThreads(2).write(model, _ -> {});
    Path cold = temporary.resolve("cold.safetensors");
    Process process = startInterpreted(model, cold);
    float[][] hot = new float[0][];
    try (LanguageModel compiled = LanguageModel.fromPretrained(model, LoadOptions.defaults())) {
      for (int round = 0; round < ROUNDS; round++) {
        hot = compiled.forward(ModelInput.ofIds(IDS)).logits()[0];
      }
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    try (Arena arena = Arena.ofConfined()) {
      float[] logits =
          SafetensorsFile.open(cold, arena)
              .tensors()
              .get("logits.0")
              .data()
              .toArray(ValueLayout.JAVA_FLOAT);
      int vocab = hot[0].length;
      for (int i = 0; i < IDS.length; i++) {
        assertArrayEquals(hot[i], Arrays.copyOfRange(logits, i * vocab, (i + 1) * vocab));
      }
    }
  }

  /** A JVM that compiles nothing, otherwise with this one's vectors. */
  private Process startInterpreted(Path model, Path out) throws IOException {
    Path ids = temporary.resolve("ids.json");
    Files.writeString(ids, "[" + Arrays.toString(IDS) + "]");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xint");
    // Interpreted vectors are slow, and not chosen unless they are asked for.
    int bits = Kernels.detected().vectorBits();
    if (bits == 0) {
      command.add("-Djmixtral.vectors=off");
    } else {
      command.addAll(List.of("--add-modules=jdk.incubator.vector", "-Djmixtral.vectors=" + bits));
    }
    command.addAll(List.of("-cp", Fixtures.classPath(), "io.github.jmixtral.cli.Main"));
    command.addAll(List.of("logits", "--model", model.toString(), "--ids-file", ids.toString()));
    command.addAll(List.of("--out", out.toString(), "--threads", "2"));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
