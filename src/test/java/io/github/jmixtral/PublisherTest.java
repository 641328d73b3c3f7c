package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The publisher keeps the rules of Reactive Streams 1.0.4, whose numbers stand at the tests. A
 * signal that never comes fails by the time limit.
 */
@RunsOnce
@Timeout(30)
class PublisherTest {
  private static final String PROMPT = "Once upon a time";
  private static final GenerationConfig SHORT = GenerationConfig.inherit().withMaxNewTokens(8);
  private static final GenerationConfig ENDLESS =
      GenerationConfig.inherit().withMaxNewTokens(1_000_000).withEosTokenIds();

  private static MixtralForCausalLM model;
  private static int[] expectedIds;

  @BeforeAll
  static void load() {
    model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    expectedIds = model.generate(Prompt.text(PROMPT), SHORT).ids();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @AfterEach
  void awaitCachesClosed() throws InterruptedException {
    while (model.cacheByteSize() > 0) {
      Thread.sleep(1);
    }
  }

  /** Counts the tokens that a generation computes, whether or not they are handed on. */
  private static final class Computed implements GenerationListener {
    private final AtomicInteger count = new AtomicInteger();
    private volatile Thread generating;

    @Override
    public void onToken(GeneratedToken token) {
      generating = Thread.currentThread();
      count.incrementAndGet();
    }

    int count() {
      return count.get();
    }

    /**
     * Waits until the thread that generates has computed this many tokens and stopped, or computes
     * more. With demand for all of them but the last it stops for want of demand, and nothing else.
     */
    void awaitStandstill(int tokens) throws InterruptedException {
      while (count() < tokens
          || (count() == tokens && generating.getState() != Thread.State.WAITING)) {
        Thread.sleep(1);
      }
    }
  }

  /** Notes all signals, and whether two ever overlap. */
  private static class Probe implements Flow.Subscriber<GeneratedToken> {
    final List<Integer> ids = new ArrayList<>();
    final CountDownLatch ended = new CountDownLatch(1);
    final AtomicInteger received = new AtomicInteger();
    final AtomicInteger endings = new AtomicInteger();
    final AtomicBoolean overlapped = new AtomicBoolean();
    private final AtomicBoolean inside = new AtomicBoolean();
    private final Consumer<Flow.Subscription> first;
    private final Consumer<Flow.Subscription> afterEach;
    volatile Flow.Subscription subscription;
    volatile Throwable error;

    Probe(Consumer<Flow.Subscription> first, Consumer<Flow.Subscription> afterEach) {
      this.first = first;
      this.afterEach = afterEach;
    }

    Probe(long request) {
      this(subscription -> subscription.request(request), subscription -> {});
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      serially(
          () -> {
            this.subscription = subscription;
            first.accept(subscription);
            LockSupport.parkNanos(2_000_000);
          });
    }

    @Override
    public void onNext(GeneratedToken token) {
      serially(
          () -> {
            ids.add(token.id());
            received.incrementAndGet();
            afterEach.accept(subscription);
          });
    }

    @Override
    public void onError(Throwable thrown) {
      serially(() -> error = thrown);
      endings.incrementAndGet();
      ended.countDown();
    }

    @Override
    public void onComplete() {
      serially(() -> {});
      endings.incrementAndGet();
      ended.countDown();
    }

    private void serially(Runnable signal) {
      if (!inside.compareAndSet(false, true)) {
        overlapped.set(true);
      }
      signal.run();
      inside.set(false);
    }

    int[] ids() {
      return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    void awaitReceived(int count) throws InterruptedException {
      while (received.get() < count) {
        Thread.sleep(1);
      }
    }
  }

  @Test
  void allTokensComeInOrderAndThenTheEnd() throws InterruptedException { // 1.2, 1.5, 1.7, 3.17
    var probe = new Probe(Long.MAX_VALUE);
    model.request(Prompt.text(PROMPT)).withConfig(SHORT).publisher().subscribe(probe);
    probe.ended.await();
    assertArrayEquals(expectedIds, probe.ids());
    assertNull(probe.error);
    assertEquals(1, probe.endings.get());
    probe.subscription.request(5); // 3.6
    probe.subscription.cancel(); // 3.7
    assertEquals(1, probe.endings.get());
  }

  @Test
  void neverMoreComesThanWasAskedFor() throws InterruptedException { // 1.1, 3.8
    var computed = new Computed();
    var probe = new Probe(3);
    model
        .request(Prompt.text(PROMPT))
        .withConfig(ENDLESS)
        .onToken(computed)
        .publisher()
        .subscribe(probe);
    computed.awaitStandstill(4);
    assertEquals(3, probe.received.get());
    assertEquals(4, computed.count(), "the generation waits for demand");
    probe.subscription.request(1);
    probe.subscription.request(1);
    computed.awaitStandstill(6);
    assertEquals(5, probe.received.get());
    assertEquals(6, computed.count(), "the generation waits for demand");
    probe.subscription.cancel();
  }

  @Test
  void theEndNeedsNoDemand() throws InterruptedException { // 1.5
    var probe = new Probe(expectedIds.length);
    model.request(Prompt.text(PROMPT)).withConfig(SHORT).publisher().subscribe(probe);
    probe.ended.await();
    assertArrayEquals(expectedIds, probe.ids());
  }

  @Test
  void signalsNeverOverlap() throws InterruptedException { // 1.3
    var probe =
        new Probe(
            subscription -> subscription.request(1),
            subscription -> {
              LockSupport.parkNanos(500_000);
              subscription.request(1);
            });
    model.request(Prompt.text(PROMPT)).withConfig(SHORT).publisher().subscribe(probe);
    probe.ended.await();
    assertArrayEquals(expectedIds, probe.ids());
    assertEquals(false, probe.overlapped.get());
  }

  @Test
  void nothingRunsWithoutDemand() throws InterruptedException {
    var oneAtOnce = LoadOptions.defaults().withMaxRequests(1);
    try (var narrow = MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), oneAtOnce)) {
      var computed = new Computed();
      var idle = new Probe(subscription -> {}, subscription -> {});
      narrow
          .request(Prompt.text(PROMPT))
          .withConfig(ENDLESS)
          .onToken(computed)
          .publisher()
          .subscribe(idle);
      // Requests run in the order they came: behind one that runs, this one would never end.
      var next = new Probe(Long.MAX_VALUE);
      narrow.request(Prompt.text(PROMPT)).withConfig(SHORT).publisher().subscribe(next);
      next.ended.await();
      assertArrayEquals(expectedIds, next.ids());
      assertEquals(0, computed.count());
      assertEquals(0, narrow.cacheByteSize());
      idle.subscription.cancel();
    }
  }

  @Test
  void aFailureIsTheLastSignal() throws InterruptedException { // 1.4, 1.6
    var probe = new Probe(1);
    model.request(Prompt.ids(99_999)).withConfig(SHORT).publisher().subscribe(probe);
    probe.ended.await();
    assertInstanceOf(IllegalArgumentException.class, probe.error);
    assertEquals(1, probe.endings.get());
    assertEquals(0, probe.received.get());
  }

  @Test
  void aModelThatIsClosedIsAFailure() throws InterruptedException { // 1.4, 1.9
    var closed = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    closed.close();
    var probe = new Probe(1);
    closed.request(Prompt.text(PROMPT)).withConfig(SHORT).publisher().subscribe(probe);
    probe.ended.await();
    assertInstanceOf(IllegalStateException.class, probe.error);
  }

  @Test
  void aRequestForNothingIsAnError() throws InterruptedException { // 3.9
    for (long wrong : new long[] {0, -1, Long.MIN_VALUE}) {
      var atOnce = new Probe(wrong);
      model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).publisher().subscribe(atOnce);
      atOnce.ended.await();
      assertInstanceOf(IllegalArgumentException.class, atOnce.error);
      assertEquals(0, atOnce.received.get());

      var later = new Probe(2);
      model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).publisher().subscribe(later);
      later.awaitReceived(2);
      later.subscription.request(wrong);
      later.ended.await();
      assertInstanceOf(IllegalArgumentException.class, later.error);
      assertEquals(1, later.endings.get());
    }
  }

  @Test
  void cancellingStopsTheGenerationWithinOneToken() throws InterruptedException { // 1.8, 3.12
    var computed = new Computed();
    var probe =
        new Probe(
            subscription -> subscription.request(Long.MAX_VALUE),
            subscription -> {
              if (computed.count() == 4) {
                subscription.cancel();
              }
            });
    model
        .request(Prompt.text(PROMPT))
        .withConfig(ENDLESS)
        .onToken(computed)
        .publisher()
        .subscribe(probe);
    probe.awaitReceived(4);
    awaitCachesClosed();
    assertEquals(4, probe.received.get());
    assertEquals(4, computed.count());
    assertEquals(0, probe.endings.get());
  }

  @Test
  void cancellingWhileItWaitsForDemandStopsIt() throws InterruptedException { // 3.5, 3.6, 3.7
    var computed = new Computed();
    var probe = new Probe(2);
    model
        .request(Prompt.text(PROMPT))
        .withConfig(ENDLESS)
        .onToken(computed)
        .publisher()
        .subscribe(probe);
    computed.awaitStandstill(3);
    probe.subscription.cancel();
    probe.subscription.cancel();
    probe.subscription.request(1);
    probe.subscription.request(-1);
    awaitCachesClosed();
    assertEquals(2, probe.received.get());
    assertEquals(0, probe.endings.get());
  }

  @Test
  void aCancelledSubscriptionForgetsItsSubscriber() throws InterruptedException { // 3.13
    var probe = new Probe(2);
    model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).publisher().subscribe(probe);
    probe.awaitReceived(2);
    Flow.Subscription subscription = probe.subscription;
    subscription.cancel();
    var forgotten = new WeakReference<>(probe);
    probe = null;
    while (forgotten.get() != null) {
      System.gc();
      Thread.sleep(1);
    }
    subscription.request(1);
  }

  @Test
  void requestsBeyondAllBoundsMeanNoBound() throws InterruptedException { // 3.17
    var probe =
        new Probe(
            subscription -> {
              subscription.request(Long.MAX_VALUE - 1);
              subscription.request(Long.MAX_VALUE - 1);
            },
            subscription -> subscription.request(Long.MAX_VALUE));
    model.request(Prompt.text(PROMPT)).withConfig(SHORT).publisher().subscribe(probe);
    probe.ended.await();
    assertArrayEquals(expectedIds, probe.ids());
  }

  @Test
  void eachSubscriberGetsAllTokens() throws InterruptedException { // 1.10, 1.11
    Flow.Publisher<GeneratedToken> publisher =
        model.request(Prompt.text(PROMPT)).withConfig(SHORT).publisher();
    List<Probe> probes = IntStream.range(0, 5).mapToObj(i -> new Probe(Long.MAX_VALUE)).toList();
    probes.forEach(publisher::subscribe);
    for (Probe probe : probes) {
      probe.ended.await();
      assertArrayEquals(expectedIds, probe.ids());
    }
    assertThrows(NullPointerException.class, () -> publisher.subscribe(null)); // 1.9
  }

  @Test
  void aSubscriberThatThrowsIsCancelled() throws InterruptedException { // 2.13
    var probe =
        new Probe(
            subscription -> subscription.request(Long.MAX_VALUE),
            subscription -> {
              throw new ArithmeticException("subscriber");
            });
    model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).publisher().subscribe(probe);
    probe.awaitReceived(1);
    awaitCachesClosed();
    assertEquals(1, probe.received.get());
    assertEquals(0, probe.endings.get());
  }
}
