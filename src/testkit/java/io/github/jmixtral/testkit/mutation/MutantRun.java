package io.github.jmixtral.testkit.mutation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Shows a reader one mutant after the other. Each must be read, or refused by a documented
 * exception whose message is one line, within {@code 10 × file + 16 MiB} of memory, and without
 * hanging.
 *
 * <p>How many is set by {@code -Djmixtral.mutants=100000}; {@code -Djmixtral.mutant=NAME:NUMBER}
 * shows a single one again.
 */
public final class MutantRun {
  private static final int COUNT = Integer.getInteger("jmixtral.mutants", 150);
  private static final boolean LONG = System.getProperty("jmixtral.mutants") != null;
  private static final String SINGLE = System.getProperty("jmixtral.mutant", "");

  private static final int LARGEST_SEED = 4096;

  /**
   * CPU time of a mutant that hangs. Files are of 4 KiB at most and take milliseconds, so that even
   * a machine a thousand times slower than others finds only loops whose length is a number that
   * the file declares.
   */
  private static final long MOST_NANOS = 10_000_000_000L;

  private static final int LONGEST_MESSAGE = 2000;

  /** How long the watcher waits before it looks again. */
  private static final Duration WAIT = Duration.ofMillis(500);

  /**
   * Waits after which a mutant is given up, as its thread may never end. They are counted, as time
   * also passes while the process is suspended.
   */
  private static final int MOST_WAITS = 120;

  private static final int MOST_FAILURES = 12;

  /** Mappings that nobody closes are given back by the garbage collector alone. */
  private static final int COLLECTED_AFTER = 20_000;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final MutatedReader reader;
  private final Path folder;
  private final List<byte[]> others;
  private final List<String> names;
  private final Map<String, String> failures = new LinkedHashMap<>();
  private final AtomicInteger current = new AtomicInteger();

  private String changed = "";
  private int opened;
  private long slowestNanos;
  private long mostBytes;

  private MutantRun(MutatedReader reader, Path folder) {
    this.reader = reader;
    this.folder = folder;
    this.names = List.copyOf(reader.seeds().keySet());
    this.others = reader.seeds().values().stream().flatMap(List::stream).map(Seed::file).toList();
  }

  /**
   * Runs and asserts.
   *
   * @param folder an empty one
   */
  public static void of(MutatedReader reader, Path folder) {
    String[] single = SINGLE.split(":");
    if (!SINGLE.isEmpty() && !single[0].equals(reader.name())) {
      return;
    }
    MutantRun run = new MutantRun(reader, folder);
    run.requireValidSeeds();
    if (SINGLE.isEmpty()) {
      run.watched(0, COUNT);
      run.assertWell(COUNT);
    } else {
      int number = Integer.parseInt(single[1]);
      run.watched(number, number + 1);
      assertEquals(Map.of(), run.failures);
    }
  }

  private void requireValidSeeds() {
    reader.companions().forEach(this::write);
    reader.seeds().forEach((name, seeds) -> write(name, seeds.getFirst().file()));
    reader
        .seeds()
        .forEach(
            (name, seeds) -> {
              for (Seed seed : seeds) {
                byte[] file = seed.file();
                assertTrue(file.length <= LARGEST_SEED, reader + ": " + name + ": " + file.length);
                write(name, file);
                reader.opening().open(new Mutant(folder, file));
              }
              write(name, seeds.getFirst().file());
            });
  }

  /** Works in a thread of its own, so that one that never ends is reported. */
  private void watched(int from, int to) {
    PrintStream errors = System.err;
    Thread worker = Thread.ofPlatform().daemon().unstarted(() -> run(from, to));
    // What readers warn of would fill the screen.
    System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    try {
      worker.start();
      int waits = 0;
      int last = from;
      while (!worker.join(WAIT)) {
        int number = current.get();
        waits = number == last ? waits + 1 : 0;
        last = number;
        if (waits == MOST_WAITS) {
          keep(number);
          throw new AssertionError(
              place(number) + ": no end\n" + Arrays.toString(worker.getStackTrace()));
        }
      }
    } catch (InterruptedException failure) {
      throw new IllegalStateException(failure);
    } finally {
      System.setErr(errors);
    }
  }

  private void run(int from, int to) {
    for (int number = from; number < to && failures.size() < MOST_FAILURES; number++) {
      current.set(number);
      show(number);
      if (number % COLLECTED_AFTER == COLLECTED_AFTER - 1) {
        System.gc();
      }
    }
  }

  private void show(int number) {
    SplittableRandom random = new SplittableRandom((long) reader.name().hashCode() << 32 | number);
    String name = names.get(random.nextInt(names.size()));
    List<Seed> seeds = reader.seeds().get(name);
    byte[] bytes = Mutations.of(seeds.get(random.nextInt(seeds.size())), others, random);
    if (!name.equals(changed) && !changed.isEmpty()) {
      write(changed, reader.seeds().get(changed).getFirst().file());
    }
    write(name, bytes);
    changed = name;
    Mutant mutant = new Mutant(folder, bytes);
    long nanos = THREADS.getCurrentThreadCpuTime();
    long allocated = THREADS.getCurrentThreadAllocatedBytes();
    try {
      reader.opening().open(mutant);
      opened++;
    } catch (Throwable refusal) {
      check(refusal, number);
    }
    allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated + mutant.offHeapBytes();
    nanos = THREADS.getCurrentThreadCpuTime() - nanos;
    if (nanos > MOST_NANOS) {
      fail("hangs", number, nanos / 1_000_000 + " ms");
    }
    if (allocated > 10L * bytes.length + reader.mostMemory()) {
      fail("memory", number, allocated + " bytes allocated for a file of " + bytes.length);
    }
    slowestNanos = Math.max(slowestNanos, nanos);
    mostBytes = Math.max(mostBytes, allocated);
  }

  private void check(Throwable refusal, int number) {
    String message = String.valueOf(refusal.getMessage());
    if (reader.documented().stream().noneMatch(type -> type.isInstance(refusal))) {
      String where =
          Arrays.stream(refusal.getStackTrace())
              .filter(frame -> frame.getClassName().startsWith("io.github.jmixtral."))
              .findFirst()
              .map(StackTraceElement::toString)
              .orElse("");
      String all = Arrays.stream(refusal.getStackTrace()).limit(16).toList().toString();
      fail(refusal.getClass() + " " + where, number, refusal + " at " + all);
    } else if (message.length() > LONGEST_MESSAGE || message.chars().anyMatch(c -> c < ' ')) {
      fail("message", number, "a message that is no line: " + message);
    }
  }

  private void fail(String kind, int number, String description) {
    if (failures.putIfAbsent(kind, place(number) + ": " + description) == null) {
      keep(number);
    }
  }

  private String place(int number) {
    return "-Djmixtral.mutant=" + reader.name() + ":" + number;
  }

  /** Puts what a reader failed on where it can be looked at. */
  private void keep(int number) {
    try {
      Path target = Path.of("target", "mutants", reader.name() + "-" + number);
      Files.createDirectories(target);
      try (var files = Files.list(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Files.write(target.resolve(file.getFileName()), Files.readAllBytes(file));
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void write(String name, byte[] bytes) {
    try {
      Files.write(folder.resolve(name.isEmpty() ? "text" : name), bytes);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void assertWell(int count) {
    if (LONG) {
      System.out.printf(
          "%s: %d mutants, %d read, slowest %.1f ms, most memory %.2f MiB%n",
          reader.name(), count, opened, slowestNanos / 1e6, mostBytes / 1048576.0);
    }
    assertTrue(failures.isEmpty(), () -> String.join("\n", failures.values()));
    // Else mutants are all alike.
    assertTrue(opened > 0 && opened < count, reader + ": " + opened + " of " + count + " read");
  }
}
