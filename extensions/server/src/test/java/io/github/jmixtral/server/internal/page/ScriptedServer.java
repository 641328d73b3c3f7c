package io.github.jmixtral.server.internal.page;

import io.github.jmixtral.server.config.ServerOptions;
import io.github.jmixtral.server.internal.http.ClientGoneException;
import io.github.jmixtral.server.internal.http.ErrorShape;
import io.github.jmixtral.server.internal.http.Event;
import io.github.jmixtral.server.internal.http.EventFormat;
import io.github.jmixtral.server.internal.http.EventStream;
import io.github.jmixtral.server.internal.http.Exchange;
import io.github.jmixtral.server.internal.http.HttpFailure;
import io.github.jmixtral.server.internal.http.HttpServer;
import io.github.jmixtral.server.internal.http.Route;
import io.github.jmixtral.server.internal.http.Routes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A server with the page, and with answers that are known before. */
final class ScriptedServer implements AutoCloseable {
  /** What would take over a page that put it in as markup. */
  static final String MARKUP =
      "<img src=x"
          + " onerror=\"document.title='owned'\"><script>document.title='owned'</script><b>x</b>";

  private static final JsonMapper JSON = new JsonMapper();

  private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final HttpServer server;

  ScriptedServer(UnaryOperator<ServerOptions> change) throws IOException {
    Routes routes =
        new Routes(
            List.of(
                Route.get("/", new ChatPage()).open(),
                Route.get(
                    "/v1/models",
                    exchange -> exchange.answerJson("{\"data\":[{\"id\":\"scripted\"}]}")),
                Route.post("/v1/chat/completions", this::answer)));
    server = new HttpServer(change.apply(ServerOptions.defaults().withPort(0)), routes, List.of());
    server.start();
  }

  String address() {
    return server.uri() + "/";
  }

  /** The bodies of the requests for answers. */
  List<JsonNode> requests() {
    return requests;
  }

  /** How many answers were not wanted to their ends. */
  int cancelled() {
    return cancelled.get();
  }

  private void answer(Exchange exchange) throws ClientGoneException {
    JsonNode request = JSON.readTree(exchange.body());
    requests.add(request);
    JsonNode messages = request.get("messages");
    String text = messages.get(messages.size() - 1).get("content").asString();
    if (text.equals("refuse")) {
      throw new HttpFailure(
          400, "invalid_request_error", "the prompt is <b>too</b> long", null, null);
    }
    try (EventStream events =
        exchange.events(
            EventFormat.SSE, (failure, _) -> new Event("", ErrorShape.OPENAI.json(failure)))) {
      switch (text) {
        case "markup" -> send(events, MARKUP);
        case "break" -> {
          send(events, "A beginning");
          throw new HttpFailure(503, "unavailable_error", "the server is stopping", null, null);
        }
        case "slow" -> sendSlowly(events, exchange);
        default -> {
          send(events, "You said:\n");
          send(events, text);
        }
      }
      events.send(new Event("", "{\"choices\":[],\"usage\":{\"completion_tokens\":12}}"));
      events.send(new Event("", "[DONE]"));
      events.end();
    }
  }

  private void sendSlowly(EventStream events, Exchange exchange) throws ClientGoneException {
    try {
      for (int word = 0; !exchange.cancellation().isCancelled(); word++) {
        send(events, "word" + word + " ");
        Thread.sleep(Duration.ofMillis(30));
      }
      exchange.throwIfEnded();
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException(interrupt);
    } finally {
      cancelled.incrementAndGet();
    }
  }

  private static void send(EventStream events, String text) throws ClientGoneException {
    ObjectNode chunk = JSON.createObjectNode();
    chunk.putArray("choices").addObject().putObject("delta").put("content", text);
    events.send(new Event("", chunk.toString()));
  }

  @Override
  public void close() {
    server.stop(Duration.ZERO);
  }
}
