package io.github.jmixtral.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Steps of random length one after the other, with pauses in which workers may or may not park: a
 * worker that joins as a step closes, or sees a step that has been replaced, must neither run an
 * item twice nor miss one, nor read what belongs to another step. Numbers in plain arrays show
 * whether one step's writes reach the next.
 */
@RunsOnce
@Timeout(120)
class ThreadTeamStressTest {
  private static final int MOST_ITEMS = 9;
  private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(700);

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void everyStepRunsItsOwnItemsOnceAndSeesTheStepBefore(int size) {
    SplittableRandom random = new SplittableRandom(size);
    int[] written = new int[MOST_ITEMS];
    long end = System.nanoTime() + NANOS;
    try (ThreadTeam team = new ThreadTeam(size)) {
      for (int step = 1; System.nanoTime() < end; step++) {
        int number = step;
        int items = 2 + random.nextInt(MOST_ITEMS - 1);
        int[] before = written.clone();
        AtomicIntegerArray runs = new AtomicIntegerArray(MOST_ITEMS);
        team.run(
            items,
            (item, worker) -> {
              runs.incrementAndGet(item);
              // A stale value of the step before gives another sum.
              written[item] += number;
            });
        for (int item = 0; item < MOST_ITEMS; item++) {
          boolean mine = item < items;
          assertEquals(mine ? 1 : 0, runs.get(item), "step " + step + ", item " + item);
          assertEquals(before[item] + (mine ? number : 0), written[item], "step " + step);
        }
        pause(random);
      }
    }
  }

  @Test
  void failuresAmongStepsReachTheirOwnCallOnly() {
    SplittableRandom random = new SplittableRandom(1);
    long end = System.nanoTime() + NANOS;
    try (ThreadTeam team = new ThreadTeam(4)) {
      while (System.nanoTime() < end) {
        int failing = random.nextInt(3 * MOST_ITEMS);
        IllegalStateException failure = new IllegalStateException("item " + failing);
        IllegalStateException caught = null;
        try {
          team.run(
              MOST_ITEMS,
              (item, worker) -> {
                if (item == failing) {
                  throw failure;
                }
              });
        } catch (IllegalStateException e) {
          caught = e;
        }
        assertSame(failing < MOST_ITEMS ? failure : null, caught);
        pause(random);
      }
    }
  }

  @Test
  void teamsThatCloseAtAnyMomentLeaveNoThread() throws InterruptedException {
    SplittableRandom random = new SplittableRandom(2);
    long end = System.nanoTime() + NANOS;
    while (System.nanoTime() < end) {
      Thread[] threads = new Thread[4];
      try (ThreadTeam team = new ThreadTeam(threads.length)) {
        for (int step = random.nextInt(4); step > 0; step--) {
          team.run(50, (item, worker) -> threads[worker] = Thread.currentThread());
          pause(random);
        }
      }
      for (int worker = 1; worker < threads.length; worker++) {
        if (threads[worker] != null) {
          threads[worker].join(TimeUnit.MINUTES.toMillis(1));
          assertTrue(!threads[worker].isAlive(), threads[worker].getName());
        }
      }
    }
  }

  /** None, some spins, or about as long as workers take to park. */
  private static void pause(SplittableRandom random) {
    int spins = random.nextInt(8) == 0 ? random.nextInt(20_000) : random.nextInt(50);
    for (int i = 0; i < spins; i++) {
      Thread.onSpinWait();
    }
  }
}
