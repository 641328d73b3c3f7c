package io.github.jmixtral.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.Fixtures;
import io.github.jmixtral.RunsOnce;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that converts one folder after the other is killed at a random moment. Twenty times:
 * {@code ./mvnw test -Dtest=KilledConversionTest -Djmixtral.kills=20}.
 */
@RunsOnce
class KilledConversionTest {
  private static final int KILLS = Integer.getInteger("jmixtral.kills", 3);
  private static final int LONGEST_MILLIS = 250;

  @TempDir Path temporary;

  /** What the process runs. */
  static final class Conversions {
    private Conversions() {}

    /** Converts the first folder into numbered ones in the second, until somebody ends it. */
    public static void main(String[] folders) {
      Path source = Path.of(folders[0]);
      for (int i = 0; ; i++) {
        converter(source).write(Path.of(folders[1], "out" + i), _ -> {});
        System.out.println(i);
      }
    }
  }

  @Test
  void aFolderIsThereWholeOrNotAtAll() throws IOException, InterruptedException {
    Path source = Fixtures.folder("raw-pt-stacked");
    Path expected = temporary.resolve("expected");
    converter(source).write(expected, _ -> {});
    SplittableRandom random = new SplittableRandom(3);
    for (int kill = 0; kill < KILLS; kill++) {
      Path outputs = Files.createDirectories(temporary.resolve("kill" + kill));
      convertAndKill(source, outputs, random.nextInt(LONGEST_MILLIS));
      for (Path folder : list(outputs)) {
        // What was begun keeps a name that says so.
        if (!folder.getFileName().toString().matches("\\.out\\d+\\..*\\.tmp")) {
          assertSameFiles(expected, folder);
        }
      }
      assertTrue(Files.exists(outputs.resolve("out0")));
    }
  }

  private static void convertAndKill(Path source, Path outputs, int millis)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                Conversions.class.getName(),
                source.toString(),
                outputs.toString())
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

  /** Whatever runs the tests, from the class path or the module path. */
  private static String classPath() {
    Path target = Fixtures.project().resolve("target");
    return Stream.of(
            target.resolve("classes").toString(),
            target.resolve("test-classes").toString(),
            System.getProperty("java.class.path", ""),
            System.getProperty("jdk.module.path", ""))
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static CheckpointConverter converter(Path source) {
    return new CheckpointConverter(source, new ConversionTarget.Hub(600_000, Optional.empty()), 1);
  }

  private static void assertSameFiles(Path expected, Path found) throws IOException {
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
