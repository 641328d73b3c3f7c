package io.github.jmixtral.server.internal.api;

import io.github.jmixtral.openai.Endpoint;
import io.github.jmixtral.openai.OpenAiApi;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.openai.ollama.OllamaApi;
import io.github.jmixtral.openai.ollama.OllamaEndpoint;
import io.github.jmixtral.server.internal.http.EventFormat;
import io.github.jmixtral.server.internal.http.Responder;
import io.github.jmixtral.server.internal.http.Route;
import io.github.jmixtral.server.internal.http.Routes;
import io.github.jmixtral.server.internal.metrics.ServerMetrics;
import io.github.jmixtral.server.internal.page.ChatPage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/** All addresses of a server that serves a model. */
public final class ApiRoutes {
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private ApiRoutes() {}

  /** The routes for a model, whose figures go to the metrics. */
  public static Routes of(ServedModel model, ServerMetrics metrics) {
    List<Route> routes = new ArrayList<>();
    routes.add(Route.get("/", new ChatPage()).open());
    routes.add(Route.get("/health", exchange -> exchange.answerJson("{\"status\":\"ok\"}")).open());
    routes.add(
        Route.get(
            "/metrics",
            exchange ->
                exchange.answer(METRICS_TYPE, metrics.text().getBytes(StandardCharsets.UTF_8))));
    addOpenAi(routes, new OpenAiApi(model), metrics);
    addOllama(routes, new OllamaApi(model), metrics);
    return new Routes(routes);
  }

  private static void addOpenAi(List<Route> routes, OpenAiApi api, ServerMetrics metrics) {
    routes.add(Route.get("/v1/models", json(_ -> api.models())));
    routes.add(Route.get("/v1/models/*", json(api::model)));
    for (Endpoint endpoint : Endpoint.values()) {
      Responder responder =
          new ApiResponder(body -> api.read(endpoint, body), EventFormat.SSE, metrics);
      for (String path : endpoint.paths()) {
        routes.add(Route.post(path, responder));
      }
    }
  }

  private static void addOllama(List<Route> routes, OllamaApi api, ServerMetrics metrics) {
    routes.add(Route.get("/api/tags", json(_ -> api.tags())).likeOllama());
    routes.add(Route.get("/api/ps", json(_ -> api.running())).likeOllama());
    routes.add(Route.get("/api/version", json(_ -> api.version())).likeOllama());
    for (OllamaEndpoint endpoint : OllamaEndpoint.values()) {
      Responder responder =
          new ApiResponder(body -> api.read(endpoint, body), EventFormat.NDJSON, metrics);
      routes.add(Route.post(endpoint.path(), responder).likeOllama());
    }
  }

  /** Answers with what is made of the rest of the path. */
  private static Responder json(Function<String, ObjectNode> answer) {
    return exchange -> {
      try {
        exchange.answerJson(answer.apply(exchange.rest()).toString());
      } catch (ApiException refused) {
        throw ApiResponder.failure(refused.error());
      }
    };
  }
}
