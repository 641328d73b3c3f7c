package io.github.jmixtral.internal.decoding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RunsOnce
@Timeout(600)
class PassSchedulerTest {
  private static final int[] IDS = IntStream.range(0, 300).map(i -> 1 + i * 37 % 400).toArray();

  private static LanguageModel model;

  private final PassScheduler scheduler = new PassScheduler(model);
  private final List<BlockCache> caches = new ArrayList<>();

  @BeforeAll
  static void load() {
    model =
        LanguageModel.fromPretrained(
            Fixtures.storyteller(),
            LoadOptions.defaults().withChunkTokens(128).withQuantization(Recipe.Q4));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private PendingStep prompt(int length, DoubleConsumer... listeners) {
    return new PendingStep(step(length), true, List.of(listeners));
  }

  private PendingStep text() {
    return new PendingStep(step(1), false, List.of());
  }

  private SequenceStep step(int length) {
    BlockCache cache = model.newCache();
    caches.add(cache);
    return new SequenceStep(cache, IDS, 0, length, new float[model.config().vocabSize()]);
  }

  /** Holds a pass up, while other callers come. */
  private Thread holdUp(CountDownLatch release) throws InterruptedException {
    var underWay = new CountDownLatch(1);
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
                    seat.compute(
                        List.of(
                            prompt(
                                5,
                                _ -> {
                                  underWay.countDown();
                                  await(release);
                                })));
                  }
                });
    underWay.await();
    return thread;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupt) {
      throw new AssertionError(interrupt);
    }
  }

  private Thread computing(PendingStep step) throws InterruptedException {
    return waiting(
        () -> {
          try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
            seat.computeAll(List.of(step));
          }
        });
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
  void callersThatWaitTogetherShareAPass() throws InterruptedException {
    var release = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    threads.add(holdUp(release));
    List<PendingStep> steps = List.of(text(), text(), prompt(70), prompt(20));
    for (PendingStep step : steps) {
      threads.add(computing(step));
    }
    release.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    // With texts 64 ids of the first prompt, then the rest of both.
    assertEquals(List.of(1, 1, 2, 1), steps.stream().map(PendingStep::passes).toList());
    assertEquals(3, scheduler.passes());
    float[] alone = new float[model.config().vocabSize()];
    model.nextTokenLogits(new SequenceStep(model.newCache(), IDS, 0, 70, alone));
    assertArrayEquals(alone, steps.get(2).whole().outputs()[0]);
  }

  @Test
  void aPromptAloneTakesWholeChunks() {
    PendingStep prompt = prompt(300);
    try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
      seat.compute(List.of(prompt));
    }
    assertEquals(3, prompt.passes());
    assertEquals(300, caches.getFirst().length());
  }

  @Test
  void aTextIsServedBeforeThePromptBesideItIsDone() {
    PendingStep prompt = prompt(200);
    List<PendingStep> texts = List.of(text(), text());
    try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
      for (PendingStep text : texts) {
        seat.compute(List.of(text, prompt));
        assertTrue(text.isDone());
        assertFalse(prompt.isDone());
      }
      assertEquals(128, caches.getFirst().length());
      seat.computeAll(List.of(prompt));
    }
    assertEquals(3, prompt.passes());
  }

  @Test
  void aSlowCallerIsNotWaitedFor() throws InterruptedException {
    try (PassScheduler.Seat slow = scheduler.newSeat(List.of())) {
      slow.compute(List.of(text()));
      PendingStep other = text();
      computing(other).join();
      assertTrue(other.isDone());
    }
  }

  @Test
  void aCancelledCallerLeavesWithinAPass() throws InterruptedException {
    var handle = new CancellationHandle();
    PendingStep prompt = prompt(300);
    var release = new CountDownLatch(1);
    Thread other = holdUp(release);
    Thread cancelled =
        waiting(
            () -> {
              try (PassScheduler.Seat seat = scheduler.newSeat(List.of(handle))) {
                seat.compute(List.of(prompt));
              }
            });
    handle.cancel();
    cancelled.join();
    assertEquals(0, prompt.passes());
    release.countDown();
    other.join();

    var late = new CancellationHandle();
    PendingStep begun = prompt(300, fraction -> late.cancel());
    try (PassScheduler.Seat seat = scheduler.newSeat(List.of(late))) {
      seat.compute(List.of(begun));
    }
    assertEquals(1, begun.passes());
    assertFalse(begun.isDone());
  }

  @Test
  void aPassThatNoCallerWantsIsGivenUp() {
    var first = new CancellationHandle();
    PendingStep prompt = prompt(100, _ -> first.cancel());
    long passes = scheduler.passes();
    try (PassScheduler.Seat seat = scheduler.newSeat(List.of(first), first::isCancelled)) {
      seat.compute(List.of(prompt));
    }
    assertEquals(passes + 1, scheduler.passes());
    assertFalse(prompt.isDone());
    assertEquals(0, caches.getFirst().length());
    // What is computed afterwards is none the worse.
    try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
      seat.computeAll(List.of(prompt));
    }
    float[] fresh = new float[model.config().vocabSize()];
    model.nextTokenLogits(new SequenceStep(model.newCache(), IDS, 0, 100, fresh));
    assertArrayEquals(fresh, prompt.whole().outputs()[0]);
  }

  @Test
  void aCancellationFromElsewhereIsAFailure() {
    var thrown = new CancellationException("of something else");
    try (PassScheduler.Seat seat =
        scheduler.newSeat(
            List.of(),
            () -> {
              throw thrown;
            })) {
      assertSame(
          thrown,
          assertThrows(CancellationException.class, () -> seat.computeAll(List.of(prompt(100)))));
    }
  }

  @Test
  void aPassThatAnotherCallerWantsGoesOn() throws InterruptedException {
    var release = new CountDownLatch(1);
    Thread first = holdUp(release);
    var asked = new AtomicInteger();
    PendingStep unwanted = prompt(60);
    Thread second =
        waiting(
            () -> {
              try (PassScheduler.Seat seat =
                  scheduler.newSeat(List.of(), () -> asked.incrementAndGet() > 0)) {
                seat.compute(List.of(unwanted));
              }
            });
    PendingStep wanted = prompt(20);
    Thread third = computing(wanted);
    release.countDown();
    for (Thread thread : List.of(first, second, third)) {
      thread.join();
    }
    assertTrue(asked.get() > 0);
    assertEquals(2, scheduler.passes());
    assertEquals(1, wanted.passes());
    assertTrue(unwanted.isDone());
  }

  @Test
  void anInterruptEndsTheWaitAndStaysVisible() throws InterruptedException {
    var release = new CountDownLatch(1);
    Thread other = holdUp(release);
    PendingStep step = text();
    var seen = new AtomicReference<Boolean>();
    Thread interrupted =
        waiting(
            () -> {
              try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
                seat.compute(List.of(step));
                seen.set(Thread.interrupted());
              }
            });
    interrupted.interrupt();
    interrupted.join();
    assertEquals(true, seen.get());
    assertFalse(step.isDone());
    release.countDown();
    other.join();
  }

  @Test
  void whatAListenerThrowsHarmsItsCallerOnly() throws InterruptedException {
    var release = new CountDownLatch(1);
    Thread first = holdUp(release);
    var failure = new AtomicReference<Throwable>();
    var thrown = new ArithmeticException("listener");
    PendingStep failing =
        prompt(
            100,
            _ -> {
              throw thrown;
            });
    Thread other =
        waiting(
            () -> {
              try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
                seat.compute(List.of(failing));
              } catch (ArithmeticException e) {
                failure.set(e);
              }
            });
    PendingStep text = text();
    Thread third = computing(text);
    release.countDown();
    for (Thread thread : List.of(first, other, third)) {
      thread.join();
    }
    assertSame(thrown, failure.get());
    assertTrue(text.isDone());
  }

  @Test
  void aStepThatDoesNotFitIsRefusedBeforeItHarmsAPass() {
    BlockCache closed = model.newCache();
    closed.close();
    try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
      assertThrows(
          IllegalStateException.class,
          () -> seat.compute(List.of(PendingStep.ofPrompt(new SequenceStep(closed, IDS, 0, 3)))));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              seat.compute(
                  List.of(
                      PendingStep.ofPrompt(
                          new SequenceStep(model.newCache(), new int[] {-1}, 0, 1)))));
      seat.compute(List.of(text()));
    }
  }

  @Test
  void aFailedPassReachesAllInIt() throws InterruptedException {
    LanguageModel closing =
        LanguageModel.fromPretrained(Fixtures.storyteller(), LoadOptions.defaults());
    var ofClosing = new PassScheduler(closing);
    var step =
        PendingStep.ofPrompt(new SequenceStep(closing.newCache(), IDS, 0, 3, new float[0][]));
    closing.close();
    for (int i = 0; i < 2; i++) {
      try (PassScheduler.Seat seat = ofClosing.newSeat(List.of())) {
        assertEquals(
            "the model is closed",
            assertThrows(IllegalStateException.class, () -> seat.compute(List.of(step)))
                .getMessage());
      }
    }
    assertFalse(step.isDone());
  }

  @Test
  void aListenerMustNotCallTheModel() {
    try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
      PendingStep step =
          prompt(
              3,
              _ -> {
                try (PassScheduler.Seat inner = scheduler.newSeat(List.of())) {
                  inner.compute(List.of(text()));
                }
              });
      assertEquals(
          "a progress listener called the model that is computing; let it return first",
          assertThrows(IllegalStateException.class, () -> seat.compute(List.of(step)))
              .getMessage());
    }
  }
}
