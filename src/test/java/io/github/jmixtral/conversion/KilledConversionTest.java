package io.github.jmixtral.conversion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that converts one model after the other is killed at a random moment, each time with
 * another layout. Twenty times: {@code ./mvnw test -Dtest=KilledConversionTest
 * -Djmixtral.kills=20}.
 */
@RunsOnce
class KilledConversionTest {
  private static final int KILLS = Integer.getInteger("jmixtral.kills", 3);
  private static final int LONGEST_MILLIS = 250;

  private static final List<ConversionTarget> TARGETS =
      List.of(
          ConversionTarget.hub().withMaxShardBytes(600_000),
          ConversionTarget.quantized(Recipe.Q4),
          ConversionTarget.gguf("q8_0"));

  @TempDir Path temporary;

  /** What the process runs. */
  static final class Conversions {
    private Conversions() {}

    /**
     * Converts the first folder into numbered models in the second, until somebody ends it; the
     * third argument is the target's number.
     */
    public static void main(String[] arguments) {
      Path source = Path.of(arguments[0]);
      ConversionTarget target = TARGETS.get(Integer.parseInt(arguments[2]));
      for (int i = 0; ; i++) {
        converter(source, target).write(Path.of(arguments[1], "out" + i), _ -> {});
        System.out.println(i);
      }
    }
  }

  @Test
  void aModelIsThereWholeOrNotAtAll() throws IOException, InterruptedException {
    Path source = Fixtures.folder("raw-pt-stacked");
    for (int target = 0; target < TARGETS.size(); target++) {
      converter(source, TARGETS.get(target)).write(temporary.resolve("whole" + target), _ -> {});
    }
    SplittableRandom random = new SplittableRandom(3);
    for (int kill = 0; kill < KILLS; kill++) {
      int target = kill % TARGETS.size();
      Path outputs = Files.createDirectories(temporary.resolve("kill" + kill));
      convertAndKill(source, outputs, target, random.nextInt(LONGEST_MILLIS));
      for (Path model : list(outputs)) {
        // What was begun keeps a name that says so.
        if (!model.getFileName().toString().matches("\\.out\\d+\\..*\\.tmp")) {
          assertSame(temporary.resolve("whole" + target), model);
        }
      }
      assertTrue(Files.exists(outputs.resolve("out0")));
    }
  }

  private static void convertAndKill(Path source, Path outputs, int target, int millis)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                Fixtures.testClassPath(),
                Conversions.class.getName(),
                source.toString(),
                outputs.toString(),
                "" + target)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      // The first one is done: from now on it works at full speed.
      assertEquals('0', process.getInputStream().read());
      Thread.sleep(millis);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static CheckpointConverter converter(Path source, ConversionTarget target) {
    return new CheckpointConverter(source, target).withThreads(1);
  }

  /** Two files, or two folders of files. */
  private static void assertSame(Path expected, Path found) throws IOException {
    if (Files.isRegularFile(expected)) {
      assertEquals(-1, Files.mismatch(expected, found), found.toString());
      return;
    }
    assertEquals(names(expected), names(found), found.toString());
    for (Path file : list(expected)) {
      assertEquals(
          -1, Files.mismatch(file, found.resolve(file.getFileName())), file + " in " + found);
    }
  }

  private static List<String> names(Path folder) throws IOException {
    return list(folder).stream().map(file -> file.getFileName().toString()).toList();
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
