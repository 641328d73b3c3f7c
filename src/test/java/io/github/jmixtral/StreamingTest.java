package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What follows a generation: iterators and futures. A hanging one fails by its time limit. */
@RunsOnce
@Timeout(30)
class StreamingTest {
  private static final String PROMPT = "Once upon a time";
  private static final GenerationConfig SHORT = GenerationConfig.inherit().withMaxNewTokens(12);

  /** Far more than a test waits for. */
  private static final GenerationConfig ENDLESS =
      GenerationConfig.inherit().withMaxNewTokens(1_000_000).withEosTokenIds();

  private static MixtralForCausalLM model;

  @BeforeAll
  static void load() {
    model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  /** Nothing is left behind, whatever the test did. */
  @AfterEach
  void awaitCachesClosed() throws InterruptedException {
    while (model.cacheByteSize() > 0) {
      Thread.sleep(1);
    }
  }

  @Test
  void aStopStringIsCutOffOnRequest() {
    GenerationConfig stopping =
        GenerationConfig.inherit().withDoSample(false).withStopStrings("turt", "sleepy tiger");
    Generation whole = model.generate(Prompt.text(PROMPT), stopping);
    Generation cut = model.generate(Prompt.text(PROMPT), stopping.withIncludeStopString(false));
    assertEquals(whole.text().substring(0, whole.text().indexOf("turt")), cut.text());
    assertArrayEquals(whole.ids(), cut.ids());
    StringBuilder streamed = new StringBuilder();
    model
        .request(Prompt.text(PROMPT))
        .withConfig(stopping.withIncludeStopString(false))
        .onToken(token -> streamed.append(token.text()))
        .generate();
    assertEquals(cut.text(), streamed.toString());
  }

  @Test
  void aStopStringMayBeginWithTheSpaceThatStartsTheAnswer() {
    GenerationConfig greedy = SHORT.withDoSample(false);
    String answer = model.generate(Prompt.text(PROMPT), greedy).text();
    String word = answer.substring(0, answer.indexOf(' '));
    for (String stop : List.of(" " + word, " " + word + " ", " ", word, word.substring(1))) {
      GenerationConfig cutting = greedy.withStopStrings(stop, "never").withIncludeStopString(false);
      StringBuilder streamed = new StringBuilder();
      Generation cut =
          model
              .request(Prompt.text(PROMPT))
              .withConfig(cutting)
              .onToken(token -> streamed.append(token.text()))
              .generate();
      String left = stop.equals(word.substring(1)) ? word.substring(0, 1) : "";
      assertEquals(FinishReason.STOP_STRING, cut.finishReason(), stop);
      assertEquals(left, cut.text(), stop);
      assertEquals(left, streamed.toString(), stop);
      assertEquals(left, model.generate(Prompt.text(PROMPT), cutting).text(), stop);
    }
    String none = "  " + word;
    assertEquals(
        answer,
        model
            .generate(
                Prompt.text(PROMPT), greedy.withStopStrings(none).withIncludeStopString(false))
            .text());
  }

  @Test
  void aStreamGivesTheTokensOfTheGeneration() {
    Generation expected = model.generate(Prompt.text(PROMPT), SHORT);
    List<GeneratedToken> tokens = new ArrayList<>();
    try (TokenStream stream = model.request(Prompt.text(PROMPT)).withConfig(SHORT).stream()) {
      while (stream.hasNext()) {
        assertTrue(stream.hasNext(), "asking twice takes nothing");
        tokens.add(stream.next());
      }
      assertThrows(NoSuchElementException.class, stream::next);
      assertArrayEquals(expected.ids(), stream.generation().ids());
      assertEquals(FinishReason.LENGTH, stream.generation().finishReason());
    }
    assertArrayEquals(expected.ids(), tokens.stream().mapToInt(GeneratedToken::id).toArray());
    assertEquals(
        expected.text(), tokens.stream().map(GeneratedToken::text).collect(Collectors.joining()));
  }

  @Test
  void aStreamWorksWithThoseOfTheJdk() {
    Generation expected = model.generate(Prompt.text(PROMPT), SHORT);
    try (var tokens = model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).stream().asStream()) {
      assertArrayEquals(expected.ids(), tokens.limit(12).mapToInt(GeneratedToken::id).toArray());
    }
  }

  @Test
  void aStreamIsNeverFarAheadOfItsReader() throws InterruptedException {
    var computed = new AtomicInteger();
    GenerationListener counting = _ -> computed.incrementAndGet();
    try (TokenStream stream =
        model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).onToken(counting).stream()) {
      assertEquals(0, computed.get(), "nothing runs before it is asked for");
      for (int read = 1; read <= 5; read++) {
        stream.next();
        Thread.sleep(5);
        assertTrue(computed.get() <= read + 2, computed + " computed, " + read + " read");
      }
    }
  }

  @Test
  void closingAStreamEndsItsGeneration() {
    TokenStream stream = model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).stream();
    stream.next();
    stream.close();
    assertEquals(0, model.cacheByteSize());
    assertFalse(stream.hasNext());
    assertEquals(FinishReason.CANCELLED, stream.generation().finishReason());
    stream.close();
  }

  @Test
  void aStreamClosedBeforeItBeganComputesNothing() {
    TokenStream stream = model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).stream();
    stream.close();
    assertFalse(stream.hasNext());
    assertThrows(CancellationException.class, stream::generation);
  }

  @Test
  void aForgottenStreamEndsItsGeneration() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      assertTrue(model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).stream().hasNext());
    }
    while (model.cacheByteSize() > 0) {
      System.gc();
      Thread.sleep(5);
    }
  }

  @Test
  void aWrongSettingIsThrownWhereTheStreamIsRead() {
    try (TokenStream stream = model.request(Prompt.ids(99_999)).withConfig(SHORT).stream()) {
      assertThrows(IllegalArgumentException.class, stream::hasNext);
    }
  }

  @Test
  void anInterruptOfTheReaderEndsTheStreamAndStaysVisible() throws InterruptedException {
    var underWay = new CountDownLatch(1);
    var visible = new AtomicBoolean();
    var reason = new AtomicReference<FinishReason>();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (TokenStream stream =
                      model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).stream()) {
                    while (stream.hasNext()) {
                      stream.next();
                      underWay.countDown();
                    }
                    visible.set(Thread.currentThread().isInterrupted());
                    reason.set(stream.generation().finishReason());
                  }
                });
    underWay.await();
    reader.interrupt();
    reader.join();
    assertTrue(visible.get());
    assertEquals(FinishReason.CANCELLED, reason.get());
  }

  @Test
  void aHandleOfTheCallersEndsAStream() {
    var handle = new CancellationHandle();
    try (TokenStream stream =
        model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).withCancellation(handle).stream()) {
      stream.next();
      handle.cancel();
      assertEquals(FinishReason.CANCELLED, stream.generation().finishReason());
      assertTrue(stream.generation().newTokenCount() < 10);
    }
  }

  @Test
  void aStreamThatWaitsForItsTurnEndsWhenItIsCancelled() throws Exception {
    try (MixtralForCausalLM one =
            MixtralForCausalLM.fromPretrained(
                Fixtures.storyteller(), LoadOptions.defaults().withMaxRequests(1));
        TokenStream running = one.request(Prompt.text(PROMPT)).withConfig(ENDLESS).stream()) {
      running.next();
      var handle = new CancellationHandle();
      TokenStream waiting =
          one.request(Prompt.text(PROMPT)).withConfig(ENDLESS).withCancellation(handle).stream();
      var more = CompletableFuture.supplyAsync(waiting::hasNext);
      CompletableFuture<Generation> future =
          one.request(Prompt.text(PROMPT))
              .withConfig(ENDLESS)
              .withCancellation(handle)
              .generateAsync();
      assertThrows(TimeoutException.class, () -> more.get(200, TimeUnit.MILLISECONDS));
      assertEquals(1, one.runningRequestCount());
      assertEquals(2, one.waitingRequestCount());
      assertTrue(one.passCount() > 0);
      handle.cancel();
      assertFalse(more.get(10, TimeUnit.SECONDS));
      assertEquals(FinishReason.CANCELLED, future.get(10, TimeUnit.SECONDS).finishReason());
      TokenStream closed = one.request(Prompt.text(PROMPT)).withConfig(ENDLESS).stream();
      var closing = CompletableFuture.supplyAsync(closed::hasNext);
      assertThrows(TimeoutException.class, () -> closing.get(200, TimeUnit.MILLISECONDS));
      closed.close();
      assertFalse(closing.get(10, TimeUnit.SECONDS));
      assertTrue(running.hasNext());
    }
  }

  @Test
  void aFutureGivesTheGeneration() throws ExecutionException, InterruptedException {
    Generation expected = model.generate(Prompt.text(PROMPT), SHORT);
    CompletableFuture<String> text =
        model
            .request(Prompt.text(PROMPT))
            .withConfig(SHORT)
            .generateAsync()
            .thenApply(Generation::text);
    assertEquals(expected.text(), text.get());
  }

  @Test
  void cancellingAFutureEndsItsGeneration() throws InterruptedException {
    var underWay = new CountDownLatch(3);
    GenerationListener listener = _ -> underWay.countDown();
    CompletableFuture<Generation> future =
        model.request(Prompt.text(PROMPT)).withConfig(ENDLESS).onToken(listener).generateAsync();
    underWay.await();
    assertTrue(model.cacheByteSize() > 0);
    assertTrue(future.cancel(true));
    assertThrows(CancellationException.class, future::join);
  }

  @Test
  void aTimeoutOfAFutureEndsItsGeneration() {
    CompletableFuture<Generation> future =
        model
            .request(Prompt.text(PROMPT))
            .withConfig(ENDLESS)
            .generateAsync()
            .orTimeout(20, TimeUnit.MILLISECONDS);
    assertThrows(ExecutionException.class, future::get);
  }

  @Test
  void aFutureFailsAsItsGenerationDoes() {
    CompletableFuture<Generation> wrong =
        model.request(Prompt.ids(-1)).withConfig(SHORT).generateAsync();
    ExecutionException failure = assertThrows(ExecutionException.class, wrong::get);
    assertInstanceOf(IllegalArgumentException.class, failure.getCause());
    GenerationListener throwing =
        _ -> {
          throw new ArithmeticException("listener");
        };
    CompletableFuture<Generation> interrupted =
        model.request(Prompt.text(PROMPT)).withConfig(SHORT).onToken(throwing).generateAsync();
    failure = assertThrows(ExecutionException.class, interrupted::get);
    assertInstanceOf(ArithmeticException.class, failure.getCause());
  }

  @Test
  void aFutureOfAClosedModelFails() {
    var closed = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    closed.close();
    assertThrows(
        IllegalStateException.class,
        () -> closed.request(Prompt.text(PROMPT)).withConfig(SHORT).generateAsync());
    try (TokenStream stream = closed.request(Prompt.text(PROMPT)).withConfig(SHORT).stream()) {
      assertThrows(IllegalStateException.class, stream::hasNext);
    }
  }

  @Test
  void closingAModelEndsItsStreams() {
    var closed = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    TokenStream stream = closed.request(Prompt.text(PROMPT)).withConfig(ENDLESS).stream();
    stream.next();
    closed.close();
    assertEquals(FinishReason.CANCELLED, stream.generation().finishReason());
    assertThrows(IllegalStateException.class, () -> closed.generate(PROMPT));
  }

  @Test
  void closingAModelWaitsForTheCallsUnderWay() throws Exception {
    var closed = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    var underWay = new CountDownLatch(1);
    GenerationRequest request =
        closed.request(Prompt.text(PROMPT)).withConfig(SHORT).onToken(_ -> underWay.countDown());
    try (Session session = closed.newSession();
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Generation> turn =
          threads.submit(() -> session.request(Prompt.text(PROMPT)).withConfig(SHORT).generate());
      Future<Generation> running = threads.submit(request::generate);
      underWay.await();
      turn.get();
      closed.close();
      assertEquals(FinishReason.LENGTH, running.get().finishReason());
      assertThrows(IllegalStateException.class, () -> session.send("Hello"));
    }
  }

  @Test
  void manyVirtualThreadsWaitForStreamsAndFutures() throws Exception {
    Generation expected = model.generate(Prompt.text(PROMPT), SHORT);
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> waiting = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        boolean streams = i % 2 == 0;
        waiting.add(
            virtual.submit(
                () -> {
                  if (streams) {
                    try (var tokens =
                        model.request(Prompt.text(PROMPT)).withConfig(SHORT).stream().asStream()) {
                      texts.add(tokens.map(GeneratedToken::text).collect(Collectors.joining()));
                    }
                  } else {
                    texts.add(
                        model
                            .request(Prompt.text(PROMPT))
                            .withConfig(SHORT)
                            .generateAsync()
                            .join()
                            .text());
                  }
                }));
      }
      for (Future<?> each : waiting) {
        each.get();
      }
    }
    assertEquals(60, texts.size());
    assertEquals(List.of(expected.text()), texts.stream().distinct().toList());
  }
}
