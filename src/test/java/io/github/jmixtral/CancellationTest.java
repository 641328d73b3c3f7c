package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.GenerationMetrics;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Behaviour that vectors cannot change; GreedyGoldenTest compares results at every vector size. */
@RunsOnce
class CancellationTest {
  /** Far more than a test waits for: without the cancellation the reason would be the length. */
  private static final GenerationConfig ENDLESS =
      GenerationConfig.inherit().withMaxNewTokens(100_000).withEosTokenIds();

  private static MixtralForCausalLM model;

  @BeforeAll
  static void load() {
    model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void aHandleCancelsFromAnotherThread() throws InterruptedException {
    var handle = new CancellationHandle();
    var underWay = new CountDownLatch(5);
    var streamed = new StringBuilder();
    Thread canceller =
        Thread.ofPlatform()
            .start(
                () -> {
                  awaitQuietly(underWay);
                  handle.cancel();
                });
    Generation generation =
        model
            .request(Prompt.text("Once upon a time"))
            .withConfig(ENDLESS)
            .onToken(
                token -> {
                  streamed.append(token.text());
                  underWay.countDown();
                })
            .withCancellation(handle)
            .generate();
    canceller.join();
    assertEquals(FinishReason.CANCELLED, generation.finishReason());
    assertTrue(generation.newTokenCount() >= 5);
    assertEquals(streamed.toString(), generation.text());
  }

  @Test
  void anInterruptCancelsAndStaysVisible() {
    Generation generation =
        model
            .request(Prompt.text("Once upon a time"))
            .withConfig(ENDLESS)
            .onToken(interruptAfter(3))
            .generate();
    assertTrue(Thread.interrupted(), "the interrupt flag is still set");
    assertEquals(FinishReason.CANCELLED, generation.finishReason());
    assertEquals(3, generation.newTokenCount());
    assertEquals("there was a", generation.text());
  }

  @Test
  void anInterruptFromAnotherThreadCancels() throws InterruptedException {
    Thread generating = Thread.currentThread();
    var underWay = new CountDownLatch(2);
    Thread interrupter =
        Thread.ofPlatform()
            .start(
                () -> {
                  awaitQuietly(underWay);
                  generating.interrupt();
                });
    Generation generation =
        model
            .request(Prompt.chat(ChatMessage.user("What is 3 plus 4?")))
            .withConfig(ENDLESS)
            .onToken(_ -> underWay.countDown())
            .generate();
    assertTrue(Thread.interrupted(), "the interrupt flag is still set");
    interrupter.join();
    assertEquals(FinishReason.CANCELLED, generation.finishReason());
    assertTrue(generation.newTokenCount() >= 2);
  }

  @Test
  void aHandleUsedBeforeTheStartCancelsTheWholeGeneration() {
    var handle = new CancellationHandle();
    handle.cancel();
    Generation generation =
        model.request(Prompt.ids(1, 419)).withConfig(ENDLESS).withCancellation(handle).generate();
    assertEquals(FinishReason.CANCELLED, generation.finishReason());
    assertEquals(0, generation.newTokenCount());
    assertEquals("", generation.text());
    assertEquals(2, generation.promptTokenCount());
    assertEquals(0, generation.metrics().prefillTokenCount());
    assertEquals(0, generation.metrics().prefillTokensPerSecond());
    assertEquals(0, generation.metrics().decodeTokensPerSecond());
  }

  @Test
  void theRateOfAPrefillCountsWhatWasComputed() {
    Generation whole = model.generate(Prompt.ids(1, 419, 621), ENDLESS.withMaxNewTokens(1));
    assertEquals(3, whole.metrics().prefillTokenCount());
    var cut =
        new GenerationMetrics(0, 0, 512, Duration.ofSeconds(2), 0, Duration.ZERO, new long[1][8]);
    assertEquals(256, cut.prefillTokensPerSecond());
  }

  @Test
  void anEndThatIsReachedWinsOverACancellation() {
    GenerationConfig four = ENDLESS.withMaxNewTokens(4);
    Generation generation =
        model
            .request(Prompt.text("Once upon a time"))
            .withConfig(four)
            .onToken(interruptAfter(4))
            .generate();
    assertTrue(Thread.interrupted());
    assertEquals(FinishReason.LENGTH, generation.finishReason());
  }

  @Test
  void theModelServesTheNextRequestAfterACancellation() {
    int[] before = model.generate("One morning").ids();
    model
        .request(Prompt.text("One morning"))
        .withConfig(ENDLESS)
        .onToken(interruptAfter(2))
        .generate();
    assertTrue(Thread.interrupted());
    assertArrayEquals(before, model.generate("One morning").ids());
  }

  /** Interrupts the generating thread, which is the one that calls the listener. */
  private static GenerationListener interruptAfter(int count) {
    var seen = new AtomicInteger();
    return _ -> {
      if (seen.incrementAndGet() == count) {
        Thread.currentThread().interrupt();
      }
    };
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupt) {
      throw new AssertionError(interrupt);
    }
  }
}
