package io.github.jmixtral.internal.decoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.internal.network.CacheMemory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RunsOnce
@Timeout(30)
class AdmissionTest {
  @Test
  void theFirstThatComesIsServedFirst() throws InterruptedException {
    var admission = new Admission(1, Integer.MAX_VALUE, new CacheMemory());
    List<Integer> served = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiting = new ArrayList<>();
    try (Admission.Place _ = admission.enter(0)) {
      for (int i = 0; i < 8; i++) {
        int number = i;
        Thread thread =
            Thread.ofVirtual()
                .start(
                    () -> {
                      try (Admission.Place _ = admission.enter(0)) {
                        served.add(number);
                      }
                    });
        waiting.add(thread);
        awaitWaiting(thread);
      }
      assertEquals(List.of(), served);
    }
    for (Thread thread : waiting) {
      thread.join();
    }
    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7), served);
  }

  @Test
  void neverMoreThanTheLimitAreInside() throws InterruptedException {
    var admission = new Admission(3, Integer.MAX_VALUE, new CacheMemory());
    var inside = new AtomicInteger();
    var most = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int round = 0; round < 200; round++) {
                      try (Admission.Place _ = admission.enter(0)) {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        Thread.yield();
                        inside.decrementAndGet();
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertTrue(most.get() <= 3, most + " at once");
  }

  @Test
  void asManyAsTheLimitAreInsideTogether() throws InterruptedException {
    var admission = new Admission(3, Integer.MAX_VALUE, new CacheMemory());
    var together = new CyclicBarrier(3);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (Admission.Place _ = admission.enter(0)) {
                      together.await();
                    } catch (InterruptedException | BrokenBarrierException failure) {
                      throw new AssertionError(failure);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertFalse(together.isBroken());
    assertEquals(0, together.getNumberWaiting());
  }

  @Test
  void aThreadInsideComesInAgainAndKeepsItsPlace() throws InterruptedException {
    var admission = new Admission(1, Integer.MAX_VALUE, new CacheMemory());
    var served = new CountDownLatch(1);
    Thread other;
    try (Admission.Place _ = admission.enter(0)) {
      admission.enter(0).close();
      other =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (Admission.Place _ = admission.enter(0)) {
                      served.countDown();
                    }
                  });
      awaitWaiting(other);
      assertEquals(1, served.getCount());
    }
    served.await();
    other.join();
  }

  @Test
  void aCancelledWaiterGivesUpItsTurn() throws InterruptedException {
    var admission = new Admission(1, Integer.MAX_VALUE, new CacheMemory());
    var handle = new CancellationHandle();
    var empty = new AtomicBoolean();
    Thread cancelled;
    Thread next;
    var served = new CountDownLatch(1);
    try (Admission.Place _ = admission.enter(0)) {
      cancelled =
          Thread.ofPlatform()
              .start(
                  () ->
                      empty.set(
                          admission.enter(0, List.of(handle), handle::isCancelled).isEmpty()));
      awaitWaiting(cancelled);
      next =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (Admission.Place _ = admission.enter(0)) {
                      served.countDown();
                    }
                  });
      awaitWaiting(next);
      handle.cancel();
      cancelled.join();
      assertTrue(empty.get());
      assertEquals(1, served.getCount());
    }
    served.await();
    next.join();
  }

  @Test
  void anInterruptEndsTheWait() throws InterruptedException {
    var admission = new Admission(1, Integer.MAX_VALUE, new CacheMemory());
    List<Object> seen = Collections.synchronizedList(new ArrayList<>());
    try (Admission.Place _ = admission.enter(0)) {
      Thread interrupted =
          Thread.ofPlatform()
              .start(
                  () -> {
                    seen.add(assertThrows(CancellationException.class, () -> admission.enter(0)));
                    seen.add(Thread.currentThread().isInterrupted());
                  });
      awaitWaiting(interrupted);
      interrupted.interrupt();
      interrupted.join();
      assertEquals(true, seen.getLast());
    }
    admission.enter(0).close();
  }

  @Test
  void whoDoesNotFitIntoTheMemoryWaitsAndHoldsUpThoseBehind() throws InterruptedException {
    var memory = new CacheMemory(10);
    var admission = new Admission(5, Integer.MAX_VALUE, memory);
    List<Integer> served = Collections.synchronizedList(new ArrayList<>());
    List<Thread> waiting = new ArrayList<>();
    try (Admission.Place first = admission.enter(3)) {
      try (Admission.Place _ = admission.join(5)) {
        assertTrue(memory.isReserved());
      }
      first.reservation().shrink(1);
      for (int bytes : new int[] {9, 1}) {
        Thread thread =
            Thread.ofPlatform()
                .start(
                    () -> {
                      try (Admission.Place _ = admission.enter(bytes)) {
                        served.add(bytes);
                      }
                    });
        waiting.add(thread);
        awaitWaiting(thread);
      }
      assertEquals(List.of(), served);
    }
    for (Thread thread : waiting) {
      thread.join();
    }
    assertEquals(2, served.size());
    assertFalse(memory.isReserved());
  }

  @Test
  void whatCanNeverFitIsRefusedAtOnce() {
    var admission = new Admission(5, Integer.MAX_VALUE, new CacheMemory(4_000_000));
    assertEquals(
        "the request may need 12.3 MB of cache memory, but the budget is 4.0 MB; ask for fewer new"
            + " tokens, texts or beams, or raise LoadOptions.withCacheBudget",
        assertThrows(IllegalArgumentException.class, () -> admission.enter(12_345_678))
            .getMessage());
  }

  @Test
  void aThreadInsideDoesNotWaitForMemory() {
    var admission = new Admission(5, Integer.MAX_VALUE, new CacheMemory(4));
    try (Admission.Place _ = admission.enter(3);
        Admission.Place inner = admission.enter(3)) {
      assertNull(inner.reservation());
    }
    admission.enter(4).close();
  }

  @Test
  void whoCannotWaitAnyMoreIsRefused() throws InterruptedException {
    var admission = new Admission(1, 1, new CacheMemory());
    Thread waiting;
    try (Admission.Place _ = admission.enter(0)) {
      waiting = Thread.ofPlatform().start(() -> admission.enter(0).close());
      awaitWaiting(waiting);
      var refusal = new AtomicReference<RejectedExecutionException>();
      Thread refused =
          Thread.ofPlatform()
              .start(
                  () ->
                      refusal.set(
                          assertThrows(
                              RejectedExecutionException.class, () -> admission.enter(0))));
      refused.join();
      assertEquals(
          "as many requests wait for the model as may (1); try again later",
          refusal.get().getMessage());
    }
    waiting.join();
    admission.enter(0).close();
  }

  @Test
  void aLimitBelowOneIsAnError() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Admission(0, Integer.MAX_VALUE, new CacheMemory()));
  }

  @Test
  void aClosedAdmissionEndsWaitsAndWaitsForThoseInside() throws InterruptedException {
    var admission = new Admission(1, Integer.MAX_VALUE, new CacheMemory());
    var leaving = new CountDownLatch(1);
    var entered = new CountDownLatch(1);
    List<String> ends = Collections.synchronizedList(new ArrayList<>());
    Thread inside =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (Admission.Place _ = admission.enter(0)) {
                    entered.countDown();
                    leaving.await();
                    ends.add("left");
                  } catch (InterruptedException failure) {
                    throw new AssertionError(failure);
                  }
                });
    entered.await();
    Thread waiting =
        Thread.ofPlatform()
            .start(() -> assertThrows(IllegalStateException.class, () -> admission.enter(0)));
    awaitWaiting(waiting);
    Thread closing =
        Thread.ofPlatform()
            .start(
                () -> {
                  admission.close();
                  ends.add("closed");
                });
    waiting.join();
    leaving.countDown();
    closing.join();
    inside.join();
    assertEquals(List.of("left", "closed"), ends);
    assertThrows(IllegalStateException.class, () -> admission.enter(0));
    assertThrows(IllegalStateException.class, () -> admission.join(0));
  }

  private static void awaitWaiting(Thread thread) throws InterruptedException {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.sleep(1);
    }
  }
}
