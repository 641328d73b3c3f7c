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
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
 * DIR/.HASH.….tmp/     what is being written, or was left by a process that was killed
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
   */
  public static Checkpoint open(Path path, LoadOptions options) {
    CheckpointLayout layout = CheckpointLayout.of(path);
    if (options.tileCache().isEmpty()) {
      return Checkpoint.open(layout, options);
    }
    Path cache = options.tileCache().get();
    Checkpoint stored = Checkpoint.openToLoad(layout, options);
    try {
      if (LoadingPlan.of(stored.weights(), options).rearrangedBytes() > 0) {
        Checkpoint cached = new TileCache(layout, stored, options, cache).open();
        stored.close();
        return cached;
      }
    } catch (IOException
        | UncheckedIOException
        | JmixtralException
        | IllegalArgumentException failure) {
      LOGGER.warn(
          "{}: {} is loaded without this tile cache: {}",
          cache,
          layout.path().getFileName(),
          words(failure));
    } catch (RuntimeException | Error failure) {
      stored.close();
      throw failure;
    }
    return stored.loaded(options);
  }

  private static String words(Exception failure) {
    return switch (failure) {
      case UncheckedIOException unchecked -> unchecked.getMessage() + ": " + unchecked.getCause();
      case FileSystemException system -> system.toString();
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
      Checkpoint found = stored.loadedFrom(folder, options);
      LOGGER.info("{}: rearranged before, mapped from {}", layout.path().getFileName(), folder);
      return Optional.of(found);
    } catch (JmixtralException | UncheckedIOException damage) {
      damaged.accept(damage);
      return Optional.empty();
    }
  }

  /** Writes what is to be kept, unless another process does so meanwhile, and opens it. */
  private Checkpoint make() throws IOException {
    Files.createDirectories(cache);
    try (FolderLock _ =
        FolderLock.acquire(
            cache.resolve("." + entry.identity() + ".lock"),
            () -> LOGGER.info("{}: waiting for another process that writes it", folder))) {
      Optional<Checkpoint> found =
          find(damage -> LOGGER.warn("{}: damaged, so it is made anew: {}", folder, words(damage)));
      if (found.isPresent()) {
        return found.get();
      }
      clear();
      write();
      return stored.loadedFrom(folder, options);
    }
  }

  /** Deletes what is damaged, what was left unfinished, and what the source has changed since. */
  private void clear() throws IOException {
    AtomicFolder.delete(folder);
    List<Path> others;
    try (Stream<Path> files = Files.list(cache)) {
      others = files.filter(Files::isDirectory).toList();
    }
    for (Path other : others) {
      if (AtomicFolder.isUnfinished(other.getFileName().toString(), folder)) {
        AtomicFolder.delete(other);
      } else if (isStale(other)) {
        LOGGER.info("{}: made of {}, which has changed since; deleted", other, entry.source());
        AtomicFolder.delete(other);
      }
    }
  }

  private boolean isStale(Path other) {
    try {
      return TileCacheEntry.isIn(other) && entry.replaces(TileCacheEntry.read(other));
    } catch (JmixtralException | UncheckedIOException _) {
      return false; // it is in the way of nothing
    }
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
      PageRelease pages = new PageRelease(stored.tensors(), progress::add);
      CheckpointWriter.writeTensors(
          made.path(),
          tensors.list().stream().map(tensor -> tensor.observed(pages::addRead)).toList(),
          CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      pages.letGo();
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

  private void requireRoom(long bytes) throws IOException {
    long room = Files.getFileStore(cache).getUsableSpace();
    if (room < bytes) {
      throw new IOException(
          "it needs %s, but the disk has room for %s"
              .formatted(ByteSize.text(bytes), ByteSize.text(room)));
    }
  }
}
