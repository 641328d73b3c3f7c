package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TileCacheOptionTest {
  @TempDir private Path folder;

  private Path synthesize(String type) {
    Path file = folder.resolve(type + ".gguf");
    CommandRun.of("synthesize", file.toString(), "--shape", "tiny", "--layers", "2", "--type", type)
        .assertGood();
    return file;
  }

  private byte[] logits(Path model, String... more) throws IOException {
    Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 419, 621, 7], [2]]");
    Path out = folder.resolve("logits.safetensors");
    String[] arguments =
        Stream.concat(
                Stream.of("logits", "--model", model.toString(), "--ids-file", ids.toString()),
                Stream.concat(Stream.of("--out", out.toString(), "--force"), Stream.of(more)))
            .toArray(String[]::new);
    CommandRun.of(arguments).assertGood();
    return Files.readAllBytes(out);
  }

  @ParameterizedTest
  @ValueSource(strings = {"q4_k_m", "q3_k_s", "q2_k", "q4_0"})
  void logitsAreTheSameBitsWithAndWithoutTheCache(String type) throws IOException {
    Path model = synthesize(type);
    String cache = folder.resolve("cache").toString();
    byte[] expected = logits(model);
    assertArrayEquals(expected, logits(model, "--tile-cache", cache));
    Path folderOfModel;
    try (Stream<Path> files = Files.list(Path.of(cache))) {
      folderOfModel = files.filter(Files::isDirectory).findFirst().orElseThrow();
    }
    assertArrayEquals(expected, logits(model, "--tile-cache", cache));
    assertArrayEquals(expected, logits(folderOfModel));
  }

  @Test
  void aBlankNameIsWrongUsage() {
    CommandRun.of("generate", "--tile-cache", " ", "Once")
        .assertWrongUsage("tile cache: expected a folder");
  }

  /** What a command says on standard error, where somebody watches. */
  private static String watched(String... arguments) {
    var err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(new byte[0]),
            OutputStream.nullOutputStream(),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            true,
            Optional.of(Fixtures.project()),
            Map.of());
    assertEquals(Main.GOOD, Main.run(terminal, arguments));
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aTerminalShowsHowFarRearrangingIs() throws IOException {
    Path model = synthesize("q4_k_m");
    String cache = folder.resolve("cache").toString();
    Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 2]]");
    List<String> logits =
        List.of(
            "logits",
            "--model",
            model.toString(),
            "--ids-file",
            ids.toString(),
            "--force",
            "--out",
            folder.resolve("logits.safetensors").toString());
    assertTrue(watched(arguments(logits)).contains("load, MB"));
    assertTrue(watched(arguments(logits, "--tile-cache", cache)).contains("load, MB"));
    assertFalse(watched(arguments(logits, "--tile-cache", cache)).contains("load, MB"));
    assertFalse(watched(arguments(logits, "--quiet")).contains("load, MB"));
  }

  private static String[] arguments(List<String> command, String... more) {
    return Stream.concat(command.stream(), Stream.of(more)).toArray(String[]::new);
  }
}
