package io.github.jmixtral.internal.writing;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread of all processes of a machine at a time write a folder. A process that ends gives
 * its lock back, however it ends.
 */
final class FolderLock implements AutoCloseable {
  /** How often a thread that waits looks again: the system wakes none of another process. */
  private static final int PAUSE_MILLIS = 50;

  /**
   * The files that threads of this process have opened. A POSIX lock belongs to the process, which
   * loses it when any of its channels of the file is closed: so no other thread may open it.
   */
  private static final Set<Path> OPENED = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private FolderLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param file empty, created when absent; it stays, as others may wait for it
   * @param waiting called once if the lock is not free
   * @throws IOException when files can't be written or locked there
   * @throws CancellationException when the thread is interrupted; it stays so
   */
  static FolderLock acquire(Path file, Runnable waiting) throws IOException {
    Optional<FolderLock> lock = tryAcquire(file);
    if (lock.isEmpty()) {
      waiting.run();
    }
    while (lock.isEmpty()) {
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted while waiting for " + file);
      }
      lock = tryAcquire(file);
    }
    return lock.get();
  }

  /**
   * Takes the lock if it is free; empty when another thread or process has it.
   *
   * @param file as with {@link #acquire}
   * @throws IOException as {@link #acquire}
   */
  static Optional<FolderLock> tryAcquire(Path file) throws IOException {
    Path folder = file.toAbsolutePath().resolveSibling("").toRealPath();
    Path real = folder.resolve(file.getFileName());
    if (!OPENED.add(real)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel = FileChannel.open(real, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      locked = channel.tryLock() != null;
      return locked ? Optional.of(new FolderLock(real, channel)) : Optional.empty();
    } catch (OverlappingFileLockException _) {
      return Optional.empty(); // held through another class loader's copy of this class
    } finally {
      if (!locked) {
        close(real, channel);
      }
    }
  }

  /** Another thread may open the file only after the channel is closed. */
  private static void close(Path file, @Nullable FileChannel channel) throws IOException {
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      OPENED.remove(file);
    }
  }

  /** Gives the lock back. */
  @Override
  public void close() throws IOException {
    close(file, channel);
  }
}
