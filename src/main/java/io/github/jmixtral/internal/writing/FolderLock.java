package io.github.jmixtral.internal.writing;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Lets one thread of all processes at a time write a folder. A process that ends gives its lock
 * back, however it ends.
 */
final class FolderLock implements AutoCloseable {
  /** How often a thread that waits looks again: the system wakes none of another process. */
  private static final int PAUSE_MILLIS = 50;

  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
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
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (tryLock(channel).isEmpty()) {
        waiting.run();
        do {
          Thread.sleep(PAUSE_MILLIS);
        } while (tryLock(channel).isEmpty());
      }
      return new FolderLock(channel);
    } catch (InterruptedException _) {
      channel.close();
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while another process writes " + file);
    } catch (IOException | RuntimeException failure) {
      channel.close();
      throw failure;
    }
  }

  /** Empty: another process has the lock, or another thread of this one. */
  private static Optional<FileLock> tryLock(FileChannel channel) throws IOException {
    try {
      return Optional.ofNullable(channel.tryLock());
    } catch (OverlappingFileLockException _) {
      return Optional.empty();
    }
  }

  /** Gives the lock back. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
