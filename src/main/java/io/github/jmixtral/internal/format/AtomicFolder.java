package io.github.jmixtral.internal.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder that appears under its name whole or not at all: filled under a temporary name beside
 * it, then renamed.
 */
public final class AtomicFolder implements AutoCloseable {
  private static final Pattern TEMPORARY = Pattern.compile("\\.(.+)\\.[0-9a-f]+\\.tmp");

  private final Path target;
  private final Path temporary;

  /**
   * Begins a folder.
   *
   * @param target absent or an empty folder; its parents are created when absent
   * @throws IllegalArgumentException when something is there
   */
  public AtomicFolder(Path target) {
    this.target = target.toAbsolutePath().normalize();
    requireFree(target);
    temporary = temporary(this.target);
    try {
      Files.createDirectories(temporary);
    } catch (IOException failure) {
      throw new UncheckedIOException(target + ": cannot be created", failure);
    }
  }

  private static Path temporary(Path target) {
    String name = "." + target.getFileName() + "." + Long.toHexString(System.nanoTime());
    return target.resolveSibling(name + ".tmp");
  }

  /**
   * Refuses a place where something is already.
   *
   * @throws IllegalArgumentException when it is neither absent nor an empty folder
   */
  public static void requireFree(Path target) {
    if (!Files.exists(target)) {
      return;
    }
    if (!Files.isDirectory(target)) {
      throw new IllegalArgumentException(
          target + ": this is a file; name a new or an empty folder");
    }
    try (Stream<Path> files = Files.list(target)) {
      files
          .findFirst()
          .ifPresent(
              file -> {
                throw new IllegalArgumentException(
                    target
                        + ": the folder holds "
                        + file.getFileName()
                        + "; name a new or an empty folder");
              });
    } catch (IOException failure) {
      throw new UncheckedIOException(target + ": cannot be listed", failure);
    }
  }

  /** Where the content goes. */
  public Path path() {
    return temporary;
  }

  /** Gives the finished folder its name. */
  public void commit() {
    requireFree(target);
    try {
      Files.deleteIfExists(target);
      Files.move(temporary, target);
    } catch (IOException failure) {
      throw new UncheckedIOException(target + ": cannot be written", failure);
    }
  }

  /** Leaves nothing behind when the folder was not committed. */
  @Override
  public void close() {
    delete(temporary);
  }

  /** Deletes a folder with all that is in it, if it is there. */
  public static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try {
      List<Path> deepestFirst;
      try (Stream<Path> files = Files.walk(folder)) {
        deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be deleted", failure);
    }
  }

  /**
   * Gives a folder a temporary name, so that what remains when its deletion breaks off is not taken
   * for whole.
   */
  public static void setAside(Path folder) {
    try {
      Files.move(folder, temporary(folder));
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be renamed", failure);
    }
  }

  /** The name of the folder that was begun, or set aside, under a temporary name; empty: none. */
  public static Optional<String> targetOf(String name) {
    Matcher matcher = TEMPORARY.matcher(name);
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }
}
