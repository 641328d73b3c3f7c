package io.github.jmixtral.internal.writing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class FolderLockTest {
  private static final int FREE = 3;
  private static final int TAKEN = 4;

  @TempDir private Path folder;

  /** Tries a lock in a process of its own. */
  static final class Trier {
    private Trier() {}

    public static void main(String[] arguments) throws IOException {
      System.exit(FolderLock.tryAcquire(Path.of(arguments[0])).isPresent() ? FREE : TAKEN);
    }
  }

  private static int inAnotherProcess(Path file) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            Fixtures.testClassPath(),
            Trier.class.getName(),
            file.toString())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Test
  void oneThreadOrProcessHasTheLockUntilItGivesItBack() throws Exception {
    Path file = folder.resolve("lock");
    try (FolderLock _ = FolderLock.tryAcquire(file).orElseThrow()) {
      assertTrue(FolderLock.tryAcquire(file).isEmpty());
      assertEquals(TAKEN, inAnotherProcess(file));
    }
    assertEquals(FREE, inAnotherProcess(file));
    FolderLock.tryAcquire(file).orElseThrow().close();
  }

  @Test
  void aThreadThatGivesUpWaitingLeavesTheLockToItsOwner() throws Exception {
    Path file = folder.resolve("lock");
    Path sameFile = Files.createDirectory(folder.resolve("sub")).resolve("..").resolve("lock");
    var waits = new CountDownLatch(1);
    try (FolderLock _ = FolderLock.acquire(file, () -> {})) {
      FutureTask<FolderLock> waiting =
          new FutureTask<>(() -> FolderLock.acquire(sameFile, waits::countDown));
      Thread thread = Thread.ofPlatform().start(waiting);
      waits.await();
      thread.interrupt();
      var failure = assertThrows(ExecutionException.class, waiting::get);
      assertInstanceOf(CancellationException.class, failure.getCause());
      assertEquals(TAKEN, inAnotherProcess(file));
    }
    assertEquals(FREE, inAnotherProcess(file));
  }

  @Test
  void aFileThatCannotBeOpenedIsNotTakenForLocked() throws Exception {
    Path file = Files.createDirectory(folder.resolve("lock"));
    assertThrows(IOException.class, () -> FolderLock.tryAcquire(file));
    Files.delete(file);
    try (FolderLock _ = FolderLock.tryAcquire(file).orElseThrow()) {
      assertFalse(Files.isDirectory(file));
    }
  }
}
