package io.github.jmixtral.server;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs that some tests need, and that not every machine has. */
public final class Programs {
  private Programs() {}

  /**
   * Finds a program. Where there is none the test is skipped and says what is missing; on a build
   * server with Debian, where {@code .ci/run} installs it, it fails instead.
   */
  public static Path require(String what, String... names) {
    Optional<Path> found =
        Arrays.stream(names)
            .flatMap(
                name ->
                    Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
            .filter(Files::isExecutable)
            .findFirst();
    return found.orElseGet(() -> missing("%s is missing".formatted(what)));
  }

  /** The end of a test that lacks something. */
  public static <T> T missing(String message) {
    return isInstalledHere() ? fail(message) : abort(message);
  }

  private static boolean isInstalledHere() {
    try {
      return "true".equals(System.getenv("CI"))
          && Files.readString(Path.of("/etc/os-release")).lines().anyMatch("ID=debian"::equals);
    } catch (IOException _) {
      return false;
    }
  }
}
