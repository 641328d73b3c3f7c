package io.github.jmixtral.server.internal.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Endpoints that behave as a model does, without one. */
final class TestRoutes {
  /** A request that waits: it was begun, it may go on, it was told to end. */
  static final class Waiting {
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch cancelled = new CountDownLatch(1);

    void release() {
      release.countDown();
    }

    boolean isCancelledWithin(long millis) throws InterruptedException {
      return cancelled.await(millis, TimeUnit.MILLISECONDS);
    }

    /** Returns when it is released or cancelled. */
    private void await() {
      try {
        release.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private final BlockingQueue<Waiting> waiting = new LinkedBlockingQueue<>();
  private final AtomicInteger alarms = new AtomicInteger();

  Routes routes() {
    return new Routes(
        List.of(
            Route.get("/health", exchange -> exchange.answerJson("{\"status\":\"ok\"}")).open(),
            Route.get(
                "/things/*", exchange -> exchange.answer("text/plain", utf8(exchange.rest()))),
            Route.get("/large", exchange -> exchange.answer("text/plain", new byte[64 << 20])),
            Route.post("/echo", this::echo),
            Route.post("/block", this::block),
            Route.post("/events", this::events),
            Route.post("/ollama", this::echo).likeOllama(),
            Route.post("/refuse", TestRoutes::refuse),
            Route.post("/defect", TestRoutes::defect)));
  }

  /** The next request that waits. */
  Waiting next() throws InterruptedException {
    Waiting next = waiting.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no request came");
    }
    return next;
  }

  /** How often a request was told to end, though its client was there. */
  int alarms() {
    return alarms.get();
  }

  private Waiting begin(Exchange exchange) {
    var begun = new Waiting();
    exchange
        .cancellation()
        .onCancel(
            () -> {
              begun.cancelled.countDown();
              begun.release();
            });
    waiting.add(begun);
    return begun;
  }

  private void echo(Exchange exchange) throws ClientGoneException {
    Runnable forget = exchange.cancellation().onCancel(alarms::incrementAndGet);
    Thread.yield();
    forget.run();
    exchange.answer("application/json", exchange.body());
  }

  /** As a request that is queued, reads its prompt, or is not streamed. */
  private void block(Exchange exchange) throws ClientGoneException {
    begin(exchange).await();
    exchange.throwIfEnded();
    exchange.answerJson("{\"done\":true}");
  }

  /** Three events, then waits, then two more. */
  private void events(Exchange exchange) throws ClientGoneException {
    try (EventStream stream =
        exchange.events(
            EventFormat.SSE, (failure, _) -> new Event("", ErrorShape.OPENAI.json(failure)))) {
      for (int event = 0; event < 3; event++) {
        stream.send(new Event("", "{\"event\":%d}".formatted(event)));
      }
      begin(exchange).await();
      exchange.throwIfEnded();
      stream.send(new Event("", "{\"event\":3}"));
      stream.send(new Event("", "[DONE]"));
      stream.end();
    }
  }

  private static void refuse(Exchange exchange) {
    throw new HttpFailure(400, "invalid_request_error", "n is 0; \"n\" must be 1 …", "n", "wrong");
  }

  private static void defect(Exchange exchange) {
    throw new IllegalStateException("a secret of the server");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
