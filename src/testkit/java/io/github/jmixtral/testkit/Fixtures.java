package io.github.jmixtral.testkit;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Finds what tests compare with: reference outputs and the checkpoints they belong to.
 *
 * <p>{@code src/test/resources/fixtures/README.md} says what there is. To keep the repository small
 * large files are stored compressed, and files that hold the same data in another layout are put
 * together from the first; the first use of a folder writes it out whole to {@code
 * target/fixtures}.
 */
public final class Fixtures {
  /** Of the module whose tests run. */
  private static final Path TEST_CLASSES = testClasses();

  private static final Path PROJECT = project(TEST_CLASSES);

  /** The fixtures as they are stored. */
  private static final Path STORED = PROJECT.resolve("src/test/resources/fixtures");

  /** Parts of derived files. */
  private static final String NOT_COPIED = ".*\\.(header|skeleton|places)";

  private static final Path WRITTEN = PROJECT.resolve("target/fixtures");

  private Fixtures() {}

  /**
   * Returns a fixture folder, such as {@code full-f32} or {@code tokenizer}, with all of its files.
   */
  public static Path folder(String name) {
    Path from = STORED.resolve(name);
    Path to = WRITTEN.resolve(name);
    synchronized (Fixtures.class) {
      try {
        writeOut(from, to);
        switch (name) {
          case "sharded-f32", "fused-v5-f32" ->
              DerivedFixtures.assembleCheckpoints(from, folder("full-f32"), to);
          case "raw-safetensors", "raw-pth", "raw-pt-stacked" ->
              RawFixtures.assemble(from, folder("full-f32"), to);
          case "tokenizer" -> DerivedFixtures.writeMetaspaceTokenizer(to);
          default -> {}
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return to;
  }

  /** Returns a fixture that lies in no folder: {@code logits_processors.safetensors}. */
  public static Path file(String name) {
    synchronized (Fixtures.class) {
      try {
        Files.createDirectories(WRITTEN);
        Path plain = STORED.resolve(name);
        writeOutFile(Files.exists(plain) ? plain : STORED.resolve(name + ".gz"), WRITTEN);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return WRITTEN.resolve(name);
  }

  /**
   * Returns the folder of the model in the box. Its {@code evaluation} folder holds the reference's
   * {@code greedy.json} and {@code perplexity.json}, and the held-out {@code valid.txt}.
   */
  public static Path storyteller() {
    return PROJECT.resolve("models/storyteller");
  }

  /** Returns the project's root folder, where {@code README.md} lies. */
  public static Path project() {
    return PROJECT;
  }

  private static Path testClasses() {
    String name = Fixtures.class.getName().replace('.', '/') + ".class";
    try {
      Path folder = Path.of(Fixtures.class.getResource("/" + name).toURI());
      for (int level = 0; level < name.split("/").length; level++) {
        folder = folder.getParent();
      }
      return folder;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path project(Path inside) {
    Path folder = inside;
    while (!Files.exists(folder.resolve("models/storyteller"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  private static void writeOut(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    List<Path> files;
    try (Stream<Path> listing = Files.list(from)) {
      files = listing.filter(file -> !file.toString().matches(NOT_COPIED)).toList();
    }
    for (Path file : files) {
      writeOutFile(file, to);
    }
  }

  private static void writeOutFile(Path file, Path folder) throws IOException {
    String stored = file.getFileName().toString();
    boolean compressed = stored.endsWith(".gz");
    String name = compressed ? stored.substring(0, stored.length() - ".gz".length()) : stored;
    Path target = folder.resolve(name);
    if (isOlder(target, file)) {
      Path temporary = folder.resolve(name + ".part");
      try (InputStream raw = Files.newInputStream(file);
          InputStream in = compressed ? new GZIPInputStream(raw) : raw;
          OutputStream out = Files.newOutputStream(temporary)) {
        in.transferTo(out);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Whether {@code target} is missing, or older than what it is made of. */
  static boolean isOlder(Path target, Path source) throws IOException {
    return !Files.exists(target)
        || Files.getLastModifiedTime(target).compareTo(Files.getLastModifiedTime(source)) < 0;
  }

  /** Of the library and what it needs, for a process of its own, wherever the tests run from. */
  public static String classPath() {
    return Stream.of("jdk.module.path", "java.class.path")
        .map(path -> System.getProperty(path, ""))
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** As {@link #classPath}, and of the tests. */
  public static String testClassPath() {
    return String.join(
        File.pathSeparator, classes().toString(), TEST_CLASSES.toString(), classPath());
  }

  /** Returns the folder with the classes of the module whose tests run. */
  public static Path classes() {
    return TEST_CLASSES.resolveSibling("classes");
  }
}
