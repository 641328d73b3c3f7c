package io.github.jmixtral.server.internal.api;

import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.openai.api.ApiAnswer;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.server.internal.http.ClientGoneException;
import io.github.jmixtral.server.internal.http.Event;
import io.github.jmixtral.server.internal.http.EventFormat;
import io.github.jmixtral.server.internal.http.EventStream;
import io.github.jmixtral.server.internal.http.Exchange;
import io.github.jmixtral.server.internal.http.HttpFailure;
import io.github.jmixtral.server.internal.http.Responder;
import io.github.jmixtral.server.internal.metrics.GenerationTimer;
import io.github.jmixtral.server.internal.metrics.ServerMetrics;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Function;

/** Answers what a model is asked, as a whole or event by event. */
final class ApiResponder implements Responder {
  private final Function<byte[], ApiRequest> reader;
  private final EventFormat format;
  private final ServerMetrics metrics;

  /**
   * @param reader makes a request of a body
   * @param format of streams
   */
  ApiResponder(Function<byte[], ApiRequest> reader, EventFormat format, ServerMetrics metrics) {
    this.reader = reader;
    this.format = format;
    this.metrics = metrics;
  }

  @Override
  public void answer(Exchange exchange) throws ClientGoneException {
    GenerationTimer timer = metrics.begin();
    try {
      ApiRequest request = reader.apply(exchange.body());
      if (request.isStreaming()) {
        stream(request, exchange, timer);
      } else {
        ApiAnswer answer = request.answer(Stamp.now(), exchange.cancellation());
        timer.ended(answer.generations());
        exchange.answerJson(answer.body().toString());
      }
    } catch (ApiException refused) {
      throw failure(refused.error());
    } catch (CancellationException cancelled) {
      exchange.throwIfEnded();
      throw cancelled;
    }
  }

  private void stream(ApiRequest request, Exchange exchange, GenerationTimer timer)
      throws ClientGoneException {
    try (EventStream events =
        exchange.events(format, (failure, sent) -> event(request.failure(error(failure), sent)))) {
      List<Generation> generations =
          request.stream(
              Stamp.now(),
              event -> {
                timer.event();
                send(events, event);
              },
              exchange.cancellation());
      events.end();
      timer.ended(generations);
    } catch (UncheckedIOException failure) {
      if (failure.getCause() instanceof ClientGoneException gone) {
        throw gone;
      }
      throw failure;
    }
  }

  private static void send(EventStream events, StreamEvent event) {
    try {
      events.send(event(event));
    } catch (ClientGoneException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  private static Event event(StreamEvent event) {
    return new Event(event.name(), event.data());
  }

  /** The answer to what the API refuses. */
  static HttpFailure failure(ApiError error) {
    return new HttpFailure(
        error.status(), error.type(), error.message(), error.param(), error.code());
  }

  private static ApiError error(HttpFailure failure) {
    return new ApiError(
        failure.status(), failure.text(), failure.type(), failure.parameter(), failure.code());
  }
}
