package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.generation.CancellationHandle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines that are answered side by side, by functions in the place of a model. */
class BatchRunTest {
  private static final int WORKERS = 4;

  /** Lines in memory: those ahead, and the one that is written. */
  private static final int MOST_LINES = WORKERS * 16 + 1;

  @TempDir private Path temporary;
  private final CancellationHandle cancellation = new CancellationHandle();
  private final AtomicLong written = new AtomicLong();

  private static BatchAnswer echo(BatchLine line, String text) {
    String answer = line.answerBegin() + ",\"text\":\"" + text + "\"}";
    return new BatchAnswer(answer.getBytes(StandardCharsets.UTF_8), 1, false);
  }

  private List<String> run(int lines, Function<BatchLine, BatchAnswer> answerer)
      throws IOException {
    Path in = temporary.resolve("in");
    Path out = temporary.resolve("out");
    Files.write(in, LongStream.rangeClosed(1, lines).mapToObj(Long::toString).toList());
    try (BatchInput input = new BatchInput(in, "run");
        BatchOutput output = BatchOutput.open(out, input)) {
      new BatchRun(WORKERS, answerer, cancellation)
          .run(input, output, _ -> written.incrementAndGet());
    }
    return Files.readAllLines(out);
  }

  @Test
  void answersAreWrittenInOrderAndLinesInMemoryAreFew() throws IOException {
    AtomicLong furthest = new AtomicLong();
    CountDownLatch windowFull = new CountDownLatch(MOST_LINES - 2);
    List<String> lines =
        run(
            1000,
            line -> {
              furthest.accumulateAndGet(line.number() - written.get(), Math::max);
              if (line.number() == 1) {
                await(windowFull); // short lines overtake a long one
              } else {
                windowFull.countDown();
              }
              return echo(line, "" + line.number());
            });
    assertEquals(1000, lines.size());
    for (int i = 0; i < lines.size(); i++) {
      assertTrue(lines.get(i).endsWith("\"text\":\"" + (i + 1) + "\"}"), lines.get(i));
    }
    assertTrue(furthest.get() >= MOST_LINES - 2, furthest::toString);
    assertTrue(furthest.get() <= MOST_LINES, furthest::toString);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void largeAnswersWaitOnlyUntilTheRoomIsFull() throws IOException {
    String large = "x".repeat(20 << 20);
    AtomicLong begun = new AtomicLong();
    AtomicLong most = new AtomicLong();
    List<String> lines =
        run(
            12,
            line -> {
              most.accumulateAndGet(begun.incrementAndGet() - written.get(), Math::max);
              return echo(line, large);
            });
    assertEquals(12, lines.size());
    // Four fill the room; each worker may have begun another one before.
    assertTrue(most.get() <= 4 + WORKERS, most::toString);
  }

  @Test
  void aFailureEndsAllWorkAndKeepsWhatIsWritten() throws IOException {
    AtomicLong answered = new AtomicLong();
    OutOfMemoryError failure =
        assertThrows(
            OutOfMemoryError.class,
            () ->
                run(
                    100_000,
                    line -> {
                      answered.incrementAndGet();
                      if (line.number() == 300) {
                        throw new OutOfMemoryError("heap");
                      }
                      return echo(line, "");
                    }));
    assertEquals("heap", failure.getMessage());
    assertTrue(cancellation.isCancelled());
    assertTrue(answered.get() <= 300 + MOST_LINES);
    assertEquals(299, Files.readAllLines(temporary.resolve("out")).size());
  }

  @Test
  void progressCountsTokensAndErrors() {
    BatchProgress progress = new BatchProgress(Progress.none());
    progress.add(new BatchAnswer(new byte[0], 7, false));
    progress.add(new BatchAnswer(new byte[0], 0, true));
    assertEquals(2, progress.answers());
    assertEquals(1, progress.errors());
    assertEquals("3.5 tokens/s", progress.speed(TimeUnit.SECONDS.toNanos(2)));
  }
}
