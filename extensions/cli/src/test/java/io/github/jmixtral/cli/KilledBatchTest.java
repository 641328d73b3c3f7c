package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code batch} in processes that are killed at random moments; {@code -Djmixtral.kills=20} asks
 * for that many.
 */
class KilledBatchTest {
  private static final int LINES = 240;
  private static final int KILLS = Integer.getInteger("jmixtral.kills", 3);

  /** One in so many comes at a random time, perhaps before anything is written. */
  private static final int EARLY = 3;

  private static final int MOST_MILLIS = 1000;

  @TempDir private Path temporary;

  private Process start(Path in, Path out) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-cp", Fixtures.classPath()));
    command.add(Main.class.getName());
    command.addAll(List.of("batch", "--quiet", "--model", Fixtures.storyteller().toString()));
    command.addAll(List.of("--in", in.toString(), "--out", out.toString()));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static void awaitEnd(Process process) throws IOException, InterruptedException {
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }

  @Test
  void theFileIsThatOfAnUndisturbedRun() throws IOException, InterruptedException {
    Path in = temporary.resolve("in.jsonl");
    Files.writeString(in, String.join("\n", BatchCommandTest.mixed(LINES)).replace('\'', '"'));
    Path undisturbed = temporary.resolve("undisturbed.jsonl");
    awaitEnd(start(in, undisturbed));
    int most = Math.toIntExact(Files.size(undisturbed)) / (2 * KILLS);
    Path out = Files.createFile(temporary.resolve("out.jsonl"));
    Random random = new Random(20);
    int kills = 0;
    while (kills < KILLS) {
      Process process = start(in, out);
      boolean early = kills % EARLY == 0;
      if (!early) {
        awaitSize(out, Files.size(out) + 1 + random.nextInt(most), process);
      }
      if (process.waitFor(random.nextInt(early ? MOST_MILLIS : 10), TimeUnit.MILLISECONDS)) {
        assertEquals(0, process.exitValue());
        Files.write(out, new byte[0]); // nothing was left to kill: it begins anew
        continue;
      }
      process.destroyForcibly().waitFor();
      kills++;
    }
    awaitEnd(start(in, out));
    assertArrayEquals(Files.readAllBytes(undisturbed), Files.readAllBytes(out));
  }

  private static void awaitSize(Path file, long size, Process process)
      throws IOException, InterruptedException {
    while (process.isAlive() && Files.size(file) < size) {
      Thread.sleep(1);
    }
  }
}
