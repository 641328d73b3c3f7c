package io.github.jmixtral.internal.writing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.Activations;
import io.github.jmixtral.config.LoadOptions.InexactWeights;
import io.github.jmixtral.config.PreloadListener;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.checkpoint.RearrangingProgress;
import io.github.jmixtral.internal.checkpoint.WeightsAssert;
import io.github.jmixtral.internal.format.AtomicFolder;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

@RunsOnce
class TileCacheTest {
  private static final LoadOptions DEFAULTS = LoadOptions.defaults().withThreads(2);

  @TempDir private Path temporary;

  private Path cache() {
    return temporary.resolve("cache");
  }

  private LoadOptions cached(LoadOptions options) {
    return options.withTileCache(cache());
  }

  /** A copy that a test may change. */
  private Path copy(String fixture) throws IOException {
    Path source = Fixtures.folder(fixture);
    Path target = temporary.resolve("model");
    Files.createDirectories(target);
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return target;
  }

  private static Path onlyFile(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).findFirst().orElseThrow();
    }
  }

  /** What the cache holds, without the locks. */
  private List<Path> folders() throws IOException {
    try (Stream<Path> files = Files.list(cache())) {
      return files.filter(Files::isDirectory).toList();
    }
  }

  /** Whether opening maps what the cache holds, and rearranges nothing; compares the weights. */
  private boolean isFound(Path model, LoadOptions options) {
    List<Long> heard = new ArrayList<>();
    PreloadListener watcher = (bytes, _) -> heard.add(bytes);
    try (Checkpoint expected = Checkpoint.open(model, options);
        Checkpoint found =
            ScopedValue.where(RearrangingProgress.WATCHER, watcher)
                .call(() -> TileCache.open(model, cached(options)))) {
      assertEquals(expected.config(), found.config());
      assertEquals(expected.contents(), found.contents());
      assertEquals(expected.folder(), found.folder());
      assertSame(expected.weights(), found.weights());
    }
    return heard.isEmpty();
  }

  /**
   * An embedding that is only looked up may be decoded in its file, and lie decoded in the cache.
   */
  private static void assertSame(MixtralWeights expected, MixtralWeights found) {
    boolean decoded =
        expected.embedTokens() instanceof EncodedMatrix
            && found.embedTokens() instanceof FloatMatrix;
    WeightsAssert.assertSameBits(
        decoded ? withoutEmbedding(expected) : expected, decoded ? withoutEmbedding(found) : found);
  }

  private static MixtralWeights withoutEmbedding(MixtralWeights weights) {
    WeightMatrix other = weights.layers().getFirst().gate();
    return new MixtralWeights(other, weights.layers(), weights.norm(), weights.head());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quantized/gguf-q4_0",
        "quantized/gptq-v1-actorder",
        "quantized/gptq-v1-3bit",
        "quantized/awq-gemm",
        "quantized/bnb-nf4-bf16storage",
        "quantized/mlx-affine",
        "raw-pt-stacked"
      })
  void weightsAreTheSameBitsWithAndWithoutTheCache(String fixture) throws IOException {
    Path model = Fixtures.folder(fixture);
    for (LoadOptions options :
        List.of(
            DEFAULTS,
            DEFAULTS.withActivations(Activations.F32),
            DEFAULTS.withInexactWeights(InexactWeights.Q4),
            DEFAULTS.withQuantization(Recipe.Q4))) {
      assertFalse(isFound(model, options), fixture + " " + options);
      assertTrue(isFound(model, options), fixture + " " + options);
    }
    assertEquals(4, folders().size());
  }

  @Test
  void weightsThatAreQuantisedWhileLoadingAreKeptForTheirRecipe() throws IOException {
    Path model = Fixtures.folder("full-f32");
    for (Recipe recipe : List.of(Recipe.Q8, Recipe.Q4_ALL)) {
      LoadOptions options = DEFAULTS.withQuantization(recipe);
      assertFalse(isFound(model, options));
      assertTrue(isFound(model, options.withThreads(1).withChunkTokens(7)));
    }
    assertEquals(2, folders().size());
  }

  @Test
  void whatIsUsedWhereItLiesIsNotKept() {
    assertTrue(isFound(Fixtures.folder("full-f32"), DEFAULTS));
    assertTrue(isFound(Fixtures.storyteller(), DEFAULTS));
    assertFalse(Files.exists(cache()));
  }

  @Test
  void aWindowChangesNoWeight() throws IOException {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    assertFalse(isFound(model, DEFAULTS.withSlidingWindow(7)));
    assertTrue(isFound(model, DEFAULTS));
    assertEquals(1, folders().size());
  }

  @Test
  void aFileThatMovesIsKnown() throws IOException {
    Path model = copy("quantized/gguf-q4_0");
    assertFalse(isFound(model, DEFAULTS));
    Path moved = Files.move(onlyFile(model, ".gguf"), temporary.resolve("other-name.gguf"));
    assertTrue(isFound(moved, DEFAULTS));
  }

  @Test
  void aFileThatChangedIsKeptAnew() throws IOException {
    Path model = copy("quantized/gguf-q4_0");
    Path file = onlyFile(model, ".gguf");
    assertFalse(isFound(model, DEFAULTS));
    List<Path> before = folders();
    assertFalse(isFound(model, DEFAULTS.withInexactWeights(InexactWeights.Q4)));
    // A weight of the last tensor changes, and nothing in the header.
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 40] ^= 1;
    FileTime time = Files.getLastModifiedTime(file);
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, FileTime.fromMillis(time.toMillis() + 2000));
    assertFalse(isFound(model, DEFAULTS));
    assertTrue(isFound(model, DEFAULTS));
    assertFalse(Files.exists(before.getFirst()), "what is stale is deleted");
    assertEquals(2, folders().size(), "what has other options is another matter");
  }

  @Test
  void aChangeFarFromTheHeaderIsSeenThoughTimeAndSizeAreTheSame() throws IOException {
    Path file = onlyFile(copy("quantized/gguf-q4_0"), ".gguf");
    Files.write(file, new byte[5 << 20], StandardOpenOption.APPEND);
    FileTime time = Files.getLastModifiedTime(file);
    byte[] bytes = Files.readAllBytes(file);
    assertFalse(isFound(file, DEFAULTS));
    assertTrue(isFound(file, DEFAULTS));
    for (int position : new int[] {bytes.length / 2, bytes.length - 1}) {
      bytes[position] ^= 1;
      Files.write(file, bytes);
      Files.setLastModifiedTime(file, time);
      assertFalse(isFound(file, DEFAULTS), "byte " + position);
      assertEquals(1, folders().size());
    }
  }

  @Test
  void whatAnotherVersionMadeOfTheSamePlaceStays() throws IOException {
    Path model = copy("quantized/gguf-q4_0");
    assertFalse(isFound(model, DEFAULTS));
    Path folder = folders().getFirst();
    Path entry = folder.resolve("tile-cache.json");
    ObjectNode root = JsonFile.readObject(entry);
    root.put("version", "0");
    JsonFile.write(entry, root);
    Path file = onlyFile(model, ".gguf");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
    assertFalse(isFound(model, DEFAULTS));
    assertTrue(Files.exists(folder));
    assertEquals(2, folders().size());
  }

  @Test
  void whatIsLeftOfOtherEntriesGoesUnlessItIsBeingWritten() throws IOException {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    String left = "0123456789abcdef".repeat(2);
    String written = "fedcba9876543210".repeat(2);
    Path leftover = Files.createDirectories(cache().resolve("." + left + ".1f.tmp/nested"));
    Path beingWritten = Files.createDirectories(cache().resolve("." + written + ".1f.tmp"));
    Path foreign = Files.createDirectories(cache().resolve(".notes.1f.tmp"));
    try (FolderLock _ = FolderLock.acquire(cache().resolve("." + written + ".lock"), () -> {})) {
      assertFalse(isFound(model, DEFAULTS));
    }
    assertFalse(Files.exists(leftover.getParent()));
    assertTrue(Files.exists(beingWritten));
    assertTrue(Files.exists(foreign));
  }

  @Test
  void whatCannotBeDeletedStaysWithAWarning() throws IOException {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    String left = "0123456789abcdef".repeat(2);
    Path leftover = Files.createDirectories(cache().resolve("." + left + ".1f.tmp"));
    Files.createDirectory(cache().resolve("." + left + ".lock"));
    String log = LogCapture.of(() -> assertFalse(isFound(model, DEFAULTS)));
    assertTrue(log.contains(left + ".lock: "), log);
    assertTrue(Files.exists(leftover));
    assertTrue(isFound(model, DEFAULTS));
  }

  @Test
  void settingsBesideTheWeightsBelongToThem() throws IOException {
    Path model = copy("quantized/gptq-v1-actorder");
    assertFalse(isFound(model, DEFAULTS));
    Path config = model.resolve("config.json");
    Files.writeString(config, Files.readString(config) + "\n");
    assertFalse(isFound(model, DEFAULTS));
    assertEquals(1, folders().size());
  }

  @Test
  void aDamagedFolderIsMadeAnewWithAWarning() throws IOException {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    assertFalse(isFound(model, DEFAULTS));
    Path folder = folders().getFirst();
    List<Path> files;
    try (Stream<Path> listing = Files.list(folder)) {
      files = listing.toList();
    }
    assertEquals(3, files.size(), files.toString());
    for (Path file : files) {
      Files.delete(file);
      assertMadeAnew(model);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(Files.size(file) - 2);
      }
      assertMadeAnew(model);
      Files.write(file, new byte[100]);
      assertMadeAnew(model);
    }
    AtomicFolder.delete(folder);
    Files.createDirectory(folder);
    assertMadeAnew(model);
    AtomicFolder.delete(folder);
    Files.createFile(folder);
    assertMadeAnew(model);
  }

  private void assertMadeAnew(Path model) {
    String log = LogCapture.of(() -> assertFalse(isFound(model, DEFAULTS)));
    assertEquals(1, log.lines().filter(line -> line.contains("damaged")).count(), log);
    assertTrue(log.contains("WARN"), log);
    assertTrue(isFound(model, DEFAULTS));
  }

  @Test
  void anotherModelsFolderUnderTheNameIsDamaged() throws IOException {
    assertFalse(isFound(Fixtures.folder("quantized/awq-gemm"), DEFAULTS));
    Path other = folders().getFirst();
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    assertFalse(isFound(model, DEFAULTS));
    Path own = folders().stream().filter(folder -> !folder.equals(other)).findFirst().orElseThrow();
    AtomicFolder.delete(own);
    Files.move(other, own);
    assertMadeAnew(model);
  }

  @Test
  void withoutAPlaceToWriteTheModelIsLoadedWithAWarning() throws IOException {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    Files.createFile(cache());
    String log = LogCapture.of(() -> assertFalse(isFound(model, DEFAULTS)));
    assertTrue(log.contains("WARN"), log);
    assertTrue(log.contains(cache() + ": gguf-q4_0 is loaded without this tile cache"), log);
  }

  /** As on a medium that can only be read, but so also for a user who may write everywhere. */
  @Test
  void whereNothingCanBeWrittenWhatIsThereIsMapped() throws IOException {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    LoadOptions others = DEFAULTS.withInexactWeights(InexactWeights.Q4);
    assertFalse(isFound(model, others));
    Path folder = folders().getFirst();
    Path lock = cache().resolve("." + folder.getFileName() + ".lock");
    assertFalse(isFound(model, DEFAULTS));
    AtomicFolder.delete(folder);
    Files.delete(lock);
    Files.createDirectory(lock);
    String log = LogCapture.of(() -> assertFalse(isFound(model, others)));
    assertTrue(log.contains("is loaded without this tile cache: " + lock), log);
    assertTrue(isFound(model, DEFAULTS));
  }

  @Test
  void aListenerThatThrowsWhileRearrangingEndsTheLoadingAndLeavesNothing() throws IOException {
    for (RuntimeException thrown : FAILURES) {
      PreloadListener failing =
          (bytes, totalBytes) -> {
            if (2 * bytes > totalBytes) {
              throw thrown;
            }
          };
      assertEndsLoading(thrown, failing);
      assertEquals(List.of(), folders());
    }
  }

  @Test
  void aListenerThatThrowsWhilePagesAreReadEndsTheLoadingAndTheCacheStays() throws IOException {
    assertFalse(isFound(Fixtures.folder("quantized/gguf-q4_0"), DEFAULTS));
    FileTime written = Files.getLastModifiedTime(folders().getFirst());
    for (RuntimeException thrown : FAILURES) {
      assertEndsLoading(
          thrown,
          (_, _) -> {
            throw thrown;
          });
      assertEquals(written, Files.getLastModifiedTime(folders().getFirst()));
    }
    assertTrue(isFound(Fixtures.folder("quantized/gguf-q4_0"), DEFAULTS));
  }

  private static final List<RuntimeException> FAILURES =
      List.of(
          new CancellationException("enough"),
          new UncheckedIOException("the terminal is closed", new IOException("broken pipe")),
          new MalformedFileException("progress.log", "this is not a log"),
          new IllegalArgumentException("negative width"));

  private void assertEndsLoading(RuntimeException thrown, PreloadListener listener) {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    String log =
        LogCapture.of(
            () ->
                assertEquals(
                    thrown,
                    assertThrows(
                        thrown.getClass(),
                        () -> TileCache.open(model, cached(DEFAULTS).withPreload(listener)))));
    assertFalse(log.contains("WARN"), log);
  }

  @Test
  void anInterruptedThreadEndsTheLoadingAndTheCacheStays() throws IOException {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    assertFalse(isFound(model, DEFAULTS));
    FileTime written = Files.getLastModifiedTime(folders().getFirst());
    try (Checkpoint stored = Checkpoint.openToLoad(CheckpointLayout.of(model), DEFAULTS)) {
      Thread.currentThread().interrupt();
      assertThrows(
          CancellationException.class,
          () -> TileCache.through(cache(), CheckpointLayout.of(model), stored, cached(DEFAULTS)));
      assertTrue(Thread.interrupted());
    }
    assertEquals(written, Files.getLastModifiedTime(folders().getFirst()));
    assertTrue(isFound(model, DEFAULTS));
  }

  @Test
  void theListenerHearsOfRearrangingAndThenOfPages() {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    List<Long> heard = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    LoadOptions options =
        cached(DEFAULTS)
            .withPreload(
                (bytes, totalBytes) -> {
                  heard.add(bytes);
                  totals.add(totalBytes);
                });
    long bytes;
    try (Checkpoint opened = TileCache.open(model, options)) {
      bytes = opened.weights().matrices().stream().mapToLong(WeightMatrix::byteSize).sum();
    }
    int rearranged = heard.indexOf(totals.getFirst()) + 1;
    assertTrue(rearranged > 0, heard + " of " + totals);
    assertEquals(
        heard.subList(0, rearranged).stream().sorted().toList(), heard.subList(0, rearranged));
    assertEquals(bytes, heard.getLast());
    assertEquals(bytes, totals.getLast());
    heard.clear();
    TileCache.open(model, options).close();
    assertEquals(bytes, heard.getLast());
    assertTrue(heard.getFirst() < bytes);
  }

  @Test
  void oneOfTwoThreadsWritesAndTheOtherWaitsForIt() throws Exception {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    var writing = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    PreloadListener slow =
        (_, _) -> {
          writing.countDown();
          await(goOn);
        };
    FutureTask<Boolean> first =
        task(
            () -> ScopedValue.where(RearrangingProgress.WATCHER, slow).call(() -> isOpened(model)));
    writing.await();
    FutureTask<Boolean> second = new FutureTask<>(() -> isFound(model, DEFAULTS));
    Thread waiting = Thread.ofPlatform().start(second);
    awaitWaiting(waiting);
    assertFalse(second.isDone());
    goOn.countDown();
    assertTrue(first.get());
    assertTrue(second.get(), "the other maps what the first one wrote");
  }

  @Test
  void aThreadThatIsInterruptedWhileItWaitsEndsItsLoading() throws Exception {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    var writing = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    PreloadListener slow =
        (_, _) -> {
          writing.countDown();
          await(goOn);
        };
    FutureTask<Boolean> first =
        task(
            () -> ScopedValue.where(RearrangingProgress.WATCHER, slow).call(() -> isOpened(model)));
    writing.await();
    FutureTask<Boolean> second = new FutureTask<>(() -> isOpened(model));
    Thread waiting = Thread.ofPlatform().start(second);
    awaitWaiting(waiting);
    waiting.interrupt();
    var failure = assertThrows(ExecutionException.class, second::get);
    assertInstanceOf(CancellationException.class, failure.getCause());
    goOn.countDown();
    assertTrue(first.get());
    assertTrue(isFound(model, DEFAULTS));
  }

  /** Returns when a thread waits for the lock, or has ended. */
  private static void awaitWaiting(Thread thread) throws InterruptedException {
    while (thread.isAlive() && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.sleep(1);
    }
  }

  private static <T> FutureTask<T> task(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread.ofPlatform().start(task);
    return task;
  }

  private boolean isOpened(Path model) {
    try (Checkpoint opened = TileCache.open(model, cached(DEFAULTS))) {
      return opened.weights().matrices().stream().noneMatch(EncodedMatrix.class::isInstance);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Opens a model in a process of its own, as its arguments say. */
  static final class Opener {
    private Opener() {}

    /** Model, cache, and whether the process is killed half-way, or else waits for a line. */
    public static void main(String[] arguments) {
      PreloadListener listener =
          (bytes, totalBytes) -> {
            if (2 * bytes > totalBytes) {
              if (arguments[2].equals("killed")) {
                Runtime.getRuntime().halt(9);
              }
              System.out.print("half-way\n");
              System.out.flush();
              waitForLine();
            }
          };
      LoadOptions options = DEFAULTS.withTileCache(Path.of(arguments[1]));
      ScopedValue.where(RearrangingProgress.WATCHER, listener)
          .run(() -> TileCache.open(Path.of(arguments[0]), options).close());
    }

    /** At its end, too, it goes on. */
    private static void waitForLine() {
      try {
        int next = System.in.read();
        while (next != '\n' && next != -1) {
          next = System.in.read();
        }
      } catch (IOException failure) {
        throw new IllegalStateException(failure);
      }
    }
  }

  private Process start(Path model, String mode) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules",
            "jdk.incubator.vector",
            "-cp",
            Fixtures.testClassPath(),
            Opener.class.getName(),
            model.toString(),
            cache().toString(),
            mode)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  @Test
  void oneOfTwoProcessesWritesAndTheOtherWaitsForIt() throws Exception {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    Process writer = start(model, "waits");
    try (InputStream said = writer.getInputStream()) {
      assertEquals("half-way\n", new String(said.readNBytes(9), StandardCharsets.UTF_8));
      FutureTask<Boolean> opening = new FutureTask<>(() -> isFound(model, DEFAULTS));
      Thread waiting = Thread.ofPlatform().start(opening);
      awaitWaiting(waiting);
      writer.getOutputStream().close();
      assertTrue(opening.get(), "this process maps what the other one wrote");
      assertEquals(0, writer.waitFor());
    } finally {
      writer.destroyForcibly();
    }
    assertEquals(1, folders().size());
  }

  @Test
  void whatAKilledProcessLeftIsNotTakenForWholeAndGoes() throws Exception {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    Process killed = start(model, "killed");
    assertEquals(9, killed.waitFor());
    assertEquals(1, folders().size());
    Path unfinished = folders().getFirst();
    assertTrue(unfinished.toString().endsWith(".tmp"), unfinished.toString());
    assertFalse(isFound(model, DEFAULTS));
    assertEquals(1, folders().size());
    assertNotEquals(unfinished, folders().getFirst());
    assertTrue(isFound(model, DEFAULTS));
  }

  @Test
  void theFolderIsAQuantisedOneThatLoadsByItself() throws IOException {
    Path model = Fixtures.folder("quantized/gguf-q4_0");
    assertFalse(isFound(model, DEFAULTS));
    try (Checkpoint expected = Checkpoint.open(model, DEFAULTS);
        Checkpoint found = Checkpoint.open(folders().getFirst(), DEFAULTS)) {
      assertEquals("quantized", found.contents().layout());
      assertSame(expected.weights(), found.weights());
      assertInstanceOf(MixtralWeights.Head.LanguageModel.class, found.weights().head());
    }
  }
}
