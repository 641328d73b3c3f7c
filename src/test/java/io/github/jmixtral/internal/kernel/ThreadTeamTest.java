package io.github.jmixtral.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The timeout only ends a team that hangs; nothing here depends on how fast one is. */
@RunsOnce
@Timeout(120)
class ThreadTeamTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void everyItemRunsExactlyOnceByAWorkerOfTheTeam(int size) {
    try (ThreadTeam team = new ThreadTeam(size)) {
      assertEquals(size, team.size());
      for (int items : new int[] {0, 1, 2, 3, size, size + 1, 7, 64, 1000}) {
        AtomicIntegerArray runs = new AtomicIntegerArray(items);
        AtomicInteger strangers = new AtomicInteger();
        for (int step = 0; step < 50; step++) {
          team.run(
              items,
              (item, worker) -> {
                runs.incrementAndGet(item);
                if (worker < 0 || worker >= size) {
                  strangers.incrementAndGet();
                }
              });
        }
        for (int item = 0; item < items; item++) {
          assertEquals(50, runs.get(item), "item " + item + " of " + items);
        }
        assertEquals(0, strangers.get());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void thousandsOfStepsSeeWhatTheStepBeforeWrote(int size) {
    int items = 16;
    int steps = 5_000;
    int[] values = new int[items];
    int[] copy = new int[items];
    try (ThreadTeam team = new ThreadTeam(size)) {
      for (int step = 0; step < steps; step++) {
        // Plain arrays: only the team itself can carry these writes from thread to thread.
        team.run(items, (item, worker) -> values[item] = copy[(item + 1) % items] + 1);
        team.run(items, (item, worker) -> copy[item] = values[item]);
      }
    }
    int[] expected = new int[items];
    Arrays.fill(expected, steps);
    assertArrayEquals(expected, values);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void twoItemsNeverShareAWorkerAtTheSameTime(int size) {
    AtomicIntegerArray busy = new AtomicIntegerArray(size);
    AtomicInteger clashes = new AtomicInteger();
    try (ThreadTeam team = new ThreadTeam(size)) {
      for (int step = 0; step < 500; step++) {
        team.run(
            20,
            (item, worker) -> {
              if (busy.incrementAndGet(worker) != 1) {
                clashes.incrementAndGet();
              }
              Thread.onSpinWait();
              busy.decrementAndGet(worker);
            });
      }
    }
    assertEquals(0, clashes.get());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void parkedWorkersComeBackForTheNextStep(int size) throws InterruptedException {
    try (ThreadTeam team = new ThreadTeam(size)) {
      for (int step = 0; step < 40; step++) {
        // Now and then long enough for the workers to park, now and then just about.
        Thread.sleep(0, step % 4 * 300_000);
        CyclicBarrier all = new CyclicBarrier(size);
        team.run(size, (item, worker) -> await(all));
      }
    }
  }

  @Test
  void aLongItemDoesNotStopTheOthersFromDrawing() {
    int items = 50;
    try (ThreadTeam team = new ThreadTeam(3)) {
      CountDownLatch others = new CountDownLatch(items - 1);
      AtomicInteger finished = new AtomicInteger();
      team.run(
          items,
          (item, worker) -> {
            if (item == 0) {
              // Ends only when the other workers have done everything else.
              await(others);
            } else {
              others.countDown();
            }
            finished.incrementAndGet();
          });
      assertEquals(items, finished.get());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void anExceptionArrivesAtTheCallerAndTheTeamWorksAfterwards(int size) {
    try (ThreadTeam team = new ThreadTeam(size)) {
      for (int failing : new int[] {0, 5, 99}) {
        IllegalArgumentException failure = new IllegalArgumentException("item " + failing);
        assertSame(
            failure,
            assertThrows(
                IllegalArgumentException.class,
                () ->
                    team.run(
                        100,
                        (item, worker) -> {
                          if (item == failing) {
                            throw failure;
                          }
                        })));
        assertAllItemsRun(team, 100);
      }
    }
  }

  @Test
  void anErrorOfAnotherThreadArrivesAtTheCaller() {
    try (ThreadTeam team = new ThreadTeam(2)) {
      CyclicBarrier both = new CyclicBarrier(2);
      StackOverflowError failure = new StackOverflowError();
      assertSame(
          failure,
          assertThrows(
              StackOverflowError.class,
              () ->
                  team.run(
                      2,
                      (item, worker) -> {
                        await(both);
                        if (worker == 1) {
                          throw failure;
                        }
                      })));
      assertAllItemsRun(team, 10);
    }
  }

  @Test
  void theFirstOfSeveralExceptionsArrives() {
    try (ThreadTeam team = new ThreadTeam(2)) {
      for (int step = 0; step < 20; step++) {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicReference<Thread> failing = new AtomicReference<>();
        IllegalStateException failure =
            assertThrows(
                IllegalStateException.class,
                () ->
                    team.run(
                        2,
                        (item, worker) -> {
                          await(both);
                          if (worker == 0) {
                            awaitParked(failing);
                          } else {
                            failing.set(Thread.currentThread());
                          }
                          throw new IllegalStateException("worker " + worker);
                        }));
        assertEquals("worker 1", failure.getMessage());
      }
    }
  }

  @Test
  void afterAnExceptionItemsThatHadNotBegunAreDropped() {
    try (ThreadTeam team = new ThreadTeam(1)) {
      AtomicInteger begun = new AtomicInteger();
      assertThrows(
          IllegalStateException.class,
          () ->
              team.run(
                  100,
                  (item, worker) -> {
                    begun.incrementAndGet();
                    throw new IllegalStateException();
                  }));
      assertEquals(1, begun.get());
    }
  }

  @Test
  void anInterruptedCallerFinishesItsStepAndStaysInterrupted() {
    try (ThreadTeam team = new ThreadTeam(3)) {
      Thread.currentThread().interrupt();
      assertAllItemsRun(team, 100);
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void anInterruptedWorkerWorksOnAndParksAgain() {
    try (ThreadTeam team = new ThreadTeam(2)) {
      AtomicReference<Thread> other = new AtomicReference<>();
      for (int step = 0; step < 3; step++) {
        CyclicBarrier both = new CyclicBarrier(2);
        team.run(
            2,
            (item, worker) -> {
              await(both);
              if (worker == 1) {
                other.set(Thread.currentThread());
              }
            });
        other.get().interrupt();
        awaitParked(other);
      }
    }
  }

  @Test
  void severalCallersMayTakeTurns() throws InterruptedException {
    try (ThreadTeam team = new ThreadTeam(3)) {
      AtomicInteger finished = new AtomicInteger();
      for (int caller = 0; caller < 5; caller++) {
        Thread thread =
            Thread.ofVirtual()
                .start(() -> team.run(10, (item, worker) -> finished.incrementAndGet()));
        thread.join();
      }
      assertEquals(50, finished.get());
    }
  }

  @Test
  void closingEndsTheThreads() throws InterruptedException {
    for (int pause = 0; pause < 10; pause++) {
      Set<Thread> threads = ConcurrentHashMap.newKeySet();
      ThreadTeam team = new ThreadTeam(4);
      CyclicBarrier all = new CyclicBarrier(4);
      team.run(
          4,
          (item, worker) -> {
            threads.add(Thread.currentThread());
            await(all);
          });
      // While the workers still spin, and when they have parked.
      Thread.sleep(0, pause * 100_000);
      team.close();
      team.close();
      threads.remove(Thread.currentThread());
      assertEquals(3, threads.size());
      for (Thread thread : threads) {
        assertTrue(thread.getName().startsWith("jmixtral-"), thread.getName());
        assertTrue(thread.isDaemon());
        thread.join(TimeUnit.MINUTES.toMillis(1));
        assertFalse(thread.isAlive(), thread.getName());
      }
    }
  }

  @Test
  void closingDuringAStepLetsItFinish() {
    ThreadTeam team = new ThreadTeam(3);
    AtomicIntegerArray runs = new AtomicIntegerArray(1000);
    team.run(
        1000,
        (item, worker) -> {
          runs.incrementAndGet(item);
          if (item == 10) {
            team.close();
          }
        });
    for (int item = 0; item < 1000; item++) {
      assertEquals(1, runs.get(item), "item " + item);
    }
  }

  @Test
  void aClosedTeamRefusesSteps() {
    for (int size : new int[] {1, 3}) {
      ThreadTeam team = new ThreadTeam(size);
      team.close();
      IllegalStateException refusal =
          assertThrows(IllegalStateException.class, () -> team.run(5, (item, worker) -> {}));
      assertEquals("the thread team is closed", refusal.getMessage());
    }
  }

  @Test
  void aTeamHasAtLeastItsCaller() {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> new ThreadTeam(0));
    assertEquals("threads: expected at least 1, found 0", refusal.getMessage());
  }

  private static void assertAllItemsRun(ThreadTeam team, int items) {
    AtomicIntegerArray runs = new AtomicIntegerArray(items);
    team.run(items, (item, worker) -> runs.incrementAndGet(item));
    for (int item = 0; item < items; item++) {
      assertEquals(1, runs.get(item), "item " + item);
    }
  }

  /** Returns when the thread, once it is known, waits for the next step. */
  private static void awaitParked(AtomicReference<Thread> thread) {
    while (thread.get() == null || thread.get().getState() != Thread.State.WAITING) {
      Thread.yield();
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
