package io.github.jmixtral.internal.decoding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.network.SequenceClassifier;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.function.DoubleConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(600)
class LabellerTest {
  private static SequenceClassifier model;

  private final PassScheduler scheduler = new PassScheduler(model);
  private final Labeller labeller =
      new Labeller(model, scheduler, new Admission(8, 8, model.cacheMemory()));

  @BeforeAll
  static void load() {
    model =
        SequenceClassifier.fromPretrained(
            Fixtures.folder("classifier-f32"),
            LoadOptions.defaults().withChunkTokens(128).withQuantization(Recipe.Q8));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static int[] ids(int text) {
    int[] ids = new int[5 + 2 * text];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 1 + (i * 37 + text * 11) % 400;
    }
    return ids;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupt) {
      throw new AssertionError(interrupt);
    }
  }

  /** Computes a pass that waits in its midst. */
  private Thread holdUp(CountDownLatch release) throws InterruptedException {
    var underWay = new CountDownLatch(1);
    DoubleConsumer listener =
        _ -> {
          underWay.countDown();
          await(release);
        };
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
                    model.scores(
                        List.of(ids(0)),
                        null,
                        steps ->
                            seat.computeAll(
                                List.of(
                                    new PendingStep(steps.getFirst(), true, List.of(listener)))));
                  }
                });
    underWay.await();
    return thread;
  }

  /** Starts a caller, and returns when it waits for a pass or has ended. */
  private Thread waiting(Runnable caller) throws InterruptedException {
    int before = scheduler.waitingCount();
    Thread thread = Thread.ofPlatform().start(caller);
    while (thread.isAlive() && scheduler.waitingCount() == before) {
      Thread.sleep(1);
    }
    return thread;
  }

  @Test
  void textsOfSeveralCallersShareAPassWithTheBitsOfEachAlone() throws InterruptedException {
    float[][] alone = new float[5][];
    for (int text = 0; text < alone.length; text++) {
      alone[text] = model.scores(List.of(ids(text)))[0];
    }
    var release = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    threads.add(holdUp(release));
    float[][] found = new float[alone.length][];
    for (int text = 0; text < alone.length; text++) {
      int place = text;
      threads.add(waiting(() -> found[place] = labeller.scores(List.of(ids(place)))[0]));
    }

    release.countDown();

    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(2, scheduler.passes());
    assertArrayEquals(alone, found);
  }

  @Test
  void anInterruptEndsACallWithoutAResult() {
    Thread.currentThread().interrupt();
    try {
      assertThrows(CancellationException.class, () -> labeller.scores(List.of(ids(1), ids(2))));
    } finally {
      assertTrue(Thread.interrupted());
    }
    assertEquals(0, model.cacheMemory().usedBytes());
  }
}
