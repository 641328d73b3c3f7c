package io.github.jmixtral.internal.writing;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.LoadingPlan;
import io.github.jmixtral.internal.checkpoint.Mixture;
import io.github.jmixtral.internal.checkpoint.PageRelease;
import io.github.jmixtral.internal.checkpoint.RearrangingProgress;
import io.github.jmixtral.internal.checkpoint.WeightRounder;
import io.github.jmixtral.internal.format.AtomicFolder;
import io.github.jmixtral.internal.format.ByteSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens checkpoints, and keeps weights that had to be rearranged for that in a folder:
 *
 * <pre>
 * DIR/HASH/            a quantised folder without a tokenizer, in the formats that loading chooses
 * DIR/HASH/tile-cache.json   what it was made of
 * DIR/.HASH.lock       held by who writes it
 * DIR/.HASH.….tmp/     what is being written or deleted, or was left by a process that was killed
 * </pre>
 *
 * Whatever is wrong with such a folder, the checkpoint itself is opened.
 */
public final class TileCache {
  private static final Logger LOGGER = LoggerFactory.getLogger(TileCache.class);

  private final CheckpointLayout layout;
  private final Checkpoint stored;
  private final LoadOptions options;
  private final TileCacheEntry entry;
  private final Path cache;
  private final Path folder;

  private TileCache(CheckpointLayout layout, Checkpoint stored, LoadOptions options, Path cache)
      throws IOException {
    this.layout = layout;
    this.stored = stored;
    this.options = options;
    this.cache = cache;
    entry = TileCacheEntry.of(stored, options);
    folder = cache.resolve(entry.identity());
  }

  /**
   * Opens a checkpoint, through the cache that the options name, if they do and weights have to be
   * rearranged.
   *
   * @throws JmixtralException as {@link Checkpoint#open(Path, LoadOptions)}
   * @throws CancellationException when the thread is interrupted while the cache is opened
   */
  public static Checkpoint open(Path path, LoadOptions options) {
    CheckpointLayout layout = CheckpointLayout.of(path);
    if (options.tileCache().isEmpty()) {
      return Checkpoint.open(layout, options);
    }
    Checkpoint stored = Checkpoint.openToLoad(layout, options);
    Optional<Checkpoint> cached;
    try {
      cached = through(options.tileCache().get(), layout, stored, options);
    } catch (ListenerFailure failure) {
      stored.close();
      throw failure.thrown;
    } catch (RuntimeException | Error failure) {
      stored.close();
      throw failure;
    }
    if (cached.isEmpty()) {
      return stored.loaded(options);
    }
    stored.close();
    return cached.get().preloaded(options);
  }

  /** Empty: nothing has to be rearranged, or the cache is of no use now. */
  static Optional<Checkpoint> through(
      Path cache, CheckpointLayout layout, Checkpoint stored, LoadOptions options) {
    try {
      return LoadingPlan.of(stored.weights(), options).rearrangedBytes() > 0
          ? Optional.of(new TileCache(layout, stored, options, cache).open())
          : Optional.empty();
    } catch (IOException
        | UncheckedIOException
        | JmixtralException
        | IllegalArgumentException failure) {
      requireNoInterrupt(failure);
      LOGGER.warn(
          "{}: {} is loaded without this tile cache: {}",
          cache,
          layout.path().getFileName(),
          words(failure));
      return Optional.empty();
    }
  }

  /** What an interrupted thread can't read or write is not damaged: the loading ends. */
  private static void requireNoInterrupt(Exception failure) {
    if (Thread.currentThread().isInterrupted()) {
      var interrupted = new CancellationException("interrupted while a tile cache was opened");
      interrupted.initCause(failure);
      throw interrupted;
    }
  }

  /** Carries what a listener throws past all that mends failures of the cache. */
  private static final class ListenerFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient RuntimeException thrown;

    ListenerFailure(RuntimeException thrown) {
      super(thrown);
      this.thrown = thrown;
    }
  }

  private static String words(Exception failure) {
    return switch (failure) {
      case UncheckedIOException unchecked when unchecked.getCause() instanceof IOException cause ->
          unchecked.getMessage() + ": " + words(cause);
      case AccessDeniedException denied -> denied.getFile() + ": access is denied";
      case FileAlreadyExistsException taken -> taken.getFile() + ": this is not a folder";
      case NoSuchFileException missing -> missing.getFile() + ": there is no such file";
      case FileSystemException other when other.getReason() == null ->
          other.getFile() + ": cannot be read or written";
      default -> String.valueOf(failure.getMessage());
    };
  }

  private Checkpoint open() throws IOException {
    Optional<Checkpoint> found = find(_ -> {});
    return found.isPresent() ? found.get() : make();
  }

  /** Opens what is kept, if it is there and whole. */
  private Optional<Checkpoint> find(Consumer<Exception> damaged) {
    if (!Files.exists(folder)) {
      return Optional.empty();
    }
    try {
      entry.requireIn(folder);
      Checkpoint found = stored.loadedFrom(folder);
      LOGGER.info("{}: rearranged before, mapped from {}", layout.path().getFileName(), folder);
      return Optional.of(found);
    } catch (JmixtralException | UncheckedIOException damage) {
      requireNoInterrupt(damage);
      damaged.accept(damage);
      return Optional.empty();
    }
  }

  /** Writes what is to be kept, unless another process does so meanwhile, and opens it. */
  private Checkpoint make() throws IOException {
    Files.createDirectories(cache);
    try (FolderLock _ =
        FolderLock.acquire(
            lockOf(entry.identity()),
            () -> LOGGER.info("{}: waiting for another process that writes it", folder))) {
      Optional<Checkpoint> found =
          find(damage -> LOGGER.warn("{}: damaged, so it is made anew: {}", folder, words(damage)));
      if (found.isPresent()) {
        return found.get();
      }
      clear();
      write();
      return stored.loadedFrom(folder);
    }
  }

  /** Deletes what is damaged, what was left unfinished, and what the source has changed since. */
  private void clear() throws IOException {
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      AtomicFolder.setAside(folder);
    }
    for (Path other : inCache()) {
      if (isStale(other)) {
        ifNotLocked(
            other.getFileName().toString(),
            () -> {
              AtomicFolder.setAside(other);
              LOGGER.info(
                  "{}: deleted, as {}, which it is made of, has changed since",
                  other,
                  entry.source());
            });
      }
    }
    for (Path other : inCache()) {
      AtomicFolder.targetOf(other.getFileName().toString())
          .filter(TileCacheEntry::isIdentity)
          .ifPresent(identity -> ifNotLocked(identity, () -> AtomicFolder.delete(other)));
    }
  }

  private List<Path> inCache() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files.toList();
    }
  }

  private boolean isStale(Path other) {
    try {
      return TileCacheEntry.isIn(other) && entry.replaces(TileCacheEntry.read(other), other);
    } catch (JmixtralException | UncheckedIOException _) {
      return false; // it is in the way of nothing
    }
  }

  /** Removes something of an entry, unless another process writes it; what can't go stays. */
  private void ifNotLocked(String identity, Runnable removal) {
    if (identity.equals(entry.identity())) {
      removing(removal); // this one has the lock
      return;
    }
    try (FolderLock lock = FolderLock.tryAcquire(lockOf(identity)).orElse(null)) {
      if (lock != null) {
        removing(removal);
      }
    } catch (IOException failure) {
      LOGGER.warn("{}: {}", cache, words(failure));
    }
  }

  private void removing(Runnable removal) {
    try {
      removal.run();
    } catch (UncheckedIOException failure) {
      LOGGER.warn("{}: {}", cache, words(failure));
    }
  }

  private Path lockOf(String identity) {
    return cache.resolve("." + identity + ".lock");
  }

  private void write() throws IOException {
    long began = System.nanoTime();
    MixtralConfig config = layout.config();
    int layers = stored.weights().layers().size();
    try (WeightRounder rounder =
            new WeightRounder(
                options.quantization().map(recipe -> new Mixture(recipe, layers)),
                options.threads());
        AtomicFolder made = new AtomicFolder(folder)) {
      HubTensors tensors =
          new HubTensors(config, stored.weights(), rounder.rule(options.inexactWeights()), rounder);
      long bytes =
          tensors.list().stream().mapToLong(tensor -> tensor.declaration().byteSize()).sum();
      requireRoom(bytes);
      RearrangingProgress progress = new RearrangingProgress(options, bytes);
      PageRelease pages =
          new PageRelease(stored.tensors(), count -> passingFailures(() -> progress.add(count)));
      CheckpointWriter.writeTensors(
          made.path(),
          tensors.list().stream().map(tensor -> tensor.observed(pages::addRead)).toList(),
          CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      pages.letGo();
      passingFailures(progress::end);
      CheckpointWriter.describe(made.path(), config, tensors);
      entry.write(made.path());
      made.commit();
      LOGGER.info(
          "{}: rearranged {} in {} s into the tile cache {}, from where it opens at once",
          layout.path().getFileName(),
          ByteSize.text(bytes),
          String.format(Locale.ROOT, "%.1f", (System.nanoTime() - began) / 1e9),
          folder);
    }
  }

  private static void passingFailures(Runnable listening) {
    try {
      listening.run();
    } catch (RuntimeException thrown) {
      throw new ListenerFailure(thrown);
    }
  }

  private void requireRoom(long bytes) throws IOException {
    long room = Files.getFileStore(cache).getUsableSpace();
    if (room < bytes) {
      throw new IOException(
          "it needs %s, but the disk has room for %s"
              .formatted(ByteSize.text(bytes), ByteSize.text(room)));
    }
  }
}
