package io.github.jmixtral.hub;

import io.github.jmixtral.error.MalformedFileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings one file of a model into the cache's {@code blobs}: what an earlier attempt has left is
 * continued, what breaks off is taken up again, and the file appears under its hash when size and
 * hash are right.
 */
final class BlobDownload {
  private static final String UNFINISHED = ".jmixtral-incomplete";
  private static final int BUFFER_BYTES = 1 << 20;

  /** Attempts in a row that bring nothing new. */
  static final int ATTEMPTS = 5;

  private static final Duration UNTIL_LOCK_IS_TRIED_AGAIN = Duration.ofMillis(50);

  private final HubEndpoint endpoint;
  private final HubCache cache;
  private final HubCache.Name name;
  private final String commit;
  private final RemoteFile file;
  private final Duration pause;
  private final LongConsumer progress;

  /** Bytes of the file that {@link #progress} knows of. */
  private long reported;

  /** The most bytes of the file that were ever there. */
  private long furthest;

  /**
   * A download to come.
   *
   * @param pause before the second attempt; doubled before each further one
   * @param progress receives the number of bytes that arrived since the last call
   */
  BlobDownload(
      HubEndpoint endpoint,
      HubCache cache,
      HubCache.Name name,
      String commit,
      RemoteFile file,
      Duration pause,
      LongConsumer progress) {
    this.endpoint = endpoint;
    this.cache = cache;
    this.name = name;
    this.commit = commit;
    this.file = file;
    this.pause = pause;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @return the blob
   * @throws MalformedFileException when what arrived is not what the Hub announced
   * @throws UncheckedIOException when nothing more arrives, however often it is asked for
   */
  Path run() {
    @Nullable IOException last = null;
    boolean damagedBefore = false;
    int attempt = 0;
    while (attempt < ATTEMPTS) {
      long before = furthest;
      try {
        if (attempt > 0) {
          waitBefore(attempt, last, pause);
        }
        return attempt();
      } catch (MalformedFileException damaged) {
        // The rest of a broken download of another version looks like this: once from the start.
        if (damagedBefore) {
          throw damaged;
        }
        damagedBefore = true;
      } catch (HttpStatusException failure) {
        if (!failure.isPassing()) {
          throw failed(failure);
        }
        last = failure;
      } catch (IOException failure) {
        if (Thread.currentThread().isInterrupted()) {
          throw failed(failure);
        }
        last = failure;
      }
      // A large file may break off many times, as long as more of it comes each time.
      attempt = furthest > before ? 1 : attempt + 1;
    }
    throw failed(last);
  }

  private UncheckedIOException failed(@Nullable IOException cause) {
    return new UncheckedIOException(
        name.model() + ": " + file.name() + " from " + endpoint + ": cannot be downloaded", cause);
  }

  /**
   * Waits before something is tried again.
   *
   * @param attempt 1 for the second one
   * @param last what came of the one before; a server may say how long to wait
   * @param pause before the second attempt; doubled before each further one
   */
  static void waitBefore(int attempt, @Nullable IOException last, Duration pause)
      throws IOException {
    long millis = pause.toMillis() << (attempt - 1);
    if (last instanceof HttpStatusException status) {
      millis = Math.max(millis, Math.min(60, status.retryAfterSeconds()) * 1000);
    }
    pause(millis);
  }

  private Path attempt() throws IOException {
    HubEndpoint.Content announced = endpoint.head(name.model(), commit, file.name());
    Path blob = cache.blobs(name).resolve(announced.hash());
    if (Files.isRegularFile(blob)) {
      report(Files.size(blob));
      return blob;
    }
    // A name of our own: the Python library does not see our lock, and would write the same file.
    Path incomplete = blob.resolveSibling(announced.hash() + UNFINISHED);
    try (FileChannel lockFile =
            FileChannel.open(
                cache.lockFile(name, announced.hash()),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = acquire(lockFile)) {
      if (lock.isValid() && !Files.isRegularFile(blob)) {
        fetch(announced, incomplete);
        check(announced, incomplete);
        Files.move(incomplete, blob, StandardCopyOption.ATOMIC_MOVE);
      }
    }
    report(Files.size(blob));
    return blob;
  }

  /** Waits for other processes, and for other threads of this one, as for files that are alike. */
  private static FileLock acquire(FileChannel lockFile) throws IOException {
    while (true) {
      try {
        return lockFile.lock();
      } catch (OverlappingFileLockException _) {
        pause(UNTIL_LOCK_IS_TRIED_AGAIN.toMillis());
      }
    }
  }

  private static void pause(long millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interruption);
    }
  }

  private void fetch(HubEndpoint.Content announced, Path incomplete) throws IOException {
    long done = Files.exists(incomplete) ? Files.size(incomplete) : 0;
    if (announced.size().isPresent() && done > announced.size().getAsLong()) {
      Files.delete(incomplete);
      done = 0;
    }
    if (done == 0 || announced.size().isEmpty() || done < announced.size().getAsLong()) {
      try (HubEndpoint.Content content = endpoint.get(name.model(), commit, file.name(), done);
          FileChannel channel =
              FileChannel.open(incomplete, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        channel.truncate(content.start());
        channel.position(content.start());
        copy(content.body(), channel, announced.size().orElse(Long.MAX_VALUE));
        channel.force(true);
      } catch (HttpStatusException failure) {
        if (failure.isRangeRefused()) {
          // There is nothing behind what an earlier attempt has left: the next one begins anew.
          Files.deleteIfExists(incomplete);
        }
        throw failure;
      }
    }
    long size = Files.size(incomplete);
    report(size);
    if (announced.size().isPresent() && size < announced.size().getAsLong()) {
      throw new IOException(
          "the connection ended after %d of %d bytes"
              .formatted(size, announced.size().getAsLong()));
    }
  }

  /** Copies what comes; more than was announced is wrong, and its end may never come. */
  private void copy(InputStream body, FileChannel channel, long announced) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    int count = body.read(buffer);
    for (; count >= 0 && channel.position() <= announced; count = body.read(buffer)) {
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      report(channel.position());
    }
  }

  /** Reports how much of the file is there: less than before when an attempt starts over. */
  private void report(long bytes) {
    progress.accept(bytes - reported);
    reported = bytes;
    furthest = Math.max(furthest, bytes);
  }

  /** A wrong file is thrown away: continuing it would never make it right. */
  private void check(HubEndpoint.Content announced, Path incomplete) throws IOException {
    long size = Files.size(incomplete);
    String place = name.model() + ": " + file.name();
    if (announced.size().isPresent() && size != announced.size().getAsLong()) {
      report(0);
      Files.delete(incomplete);
      throw new MalformedFileException(
          place,
          "the download has %d bytes instead of %d; try again"
              .formatted(size, announced.size().getAsLong()));
    }
    String found =
        switch (announced.hash().length()) {
          case 64 -> hash("SHA-256", new byte[0], incomplete);
          case 40 ->
              hash("SHA-1", ("blob " + size + "\0").getBytes(StandardCharsets.UTF_8), incomplete);
          // Mirrors may name contents in ways of their own, which say nothing of the bytes.
          default -> announced.hash();
        };
    if (!found.equals(announced.hash())) {
      report(0);
      Files.delete(incomplete);
      throw new MalformedFileException(place, "hash " + announced.hash(), found);
    }
  }

  private static String hash(String algorithm, byte[] prefix, Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(prefix);
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = bytes.read(buffer); count >= 0; count = bytes.read(buffer)) {
        digest.update(buffer, 0, count);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every Java platform has " + algorithm, missing);
    }
  }
}
