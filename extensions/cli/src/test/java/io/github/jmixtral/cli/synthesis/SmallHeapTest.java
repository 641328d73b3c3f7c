package io.github.jmixtral.cli.synthesis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.conversion.CheckpointConverter;
import io.github.jmixtral.conversion.CheckpointQuantizer;
import io.github.jmixtral.conversion.ConversionTarget;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models are written tensor by tensor: one that the heap could not hold is converted in it. */
class SmallHeapTest {
  private static final int HEAP_MIB = 40;
  private static final int LAYERS = 80;

  @TempDir private Path temporary;

  /** What the process with the small heap runs. */
  static final class Conversions {
    private Conversions() {}

    /** Writes the first folder in every layout into the second. */
    public static void main(String[] folders) {
      Path source = Path.of(folders[0]);
      Path out = Path.of(folders[1]);
      convert(source, ConversionTarget.hub().withMaxShardBytes(60_000_000), out.resolve("hub"));
      convert(source, ConversionTarget.quantized(Recipe.Q8), out.resolve("q8"));
      convert(source, ConversionTarget.gguf("q8_0"), out.resolve("q8.gguf"));
      new CheckpointQuantizer(source, Recipe.Q4).withThreads(1).write(out.resolve("q4"), _ -> {});
    }

    private static void convert(Path source, ConversionTarget target, Path out) {
      new CheckpointConverter(source, target).withThreads(1).write(out, _ -> {});
    }
  }

  @Test
  void aModelLargerThanTheHeapIsConvertedAndQuantised() throws IOException, InterruptedException {
    MixtralConfig config =
        MixtralConfig.of(
            Map.of(
                "vocab_size",
                1000,
                "hidden_size",
                128,
                "intermediate_size",
                256,
                "num_hidden_layers",
                LAYERS,
                "num_attention_heads",
                4,
                "num_key_value_heads",
                2));
    SyntheticCheckpoint model = new SyntheticCheckpoint(config, Optional.empty(), 0);
    assertTrue(model.byteSize() > 3L * HEAP_MIB << 20, model.byteSize() + " bytes");
    Path source = temporary.resolve("source");
    model.write(source, _ -> {}, _ -> {});
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + HEAP_MIB + "m",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                Fixtures.testClassPath(),
                Conversions.class.getName(),
                source.toString(),
                temporary.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }
}
