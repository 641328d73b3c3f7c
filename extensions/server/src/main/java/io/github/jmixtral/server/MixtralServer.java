package io.github.jmixtral.server;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.server.config.ServerOptions;
import io.github.jmixtral.server.internal.api.ApiRoutes;
import io.github.jmixtral.server.internal.http.AccessLog;
import io.github.jmixtral.server.internal.http.HttpServer;
import io.github.jmixtral.server.internal.metrics.ServerMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;

/**
 * Serves a model over HTTP, with the APIs of OpenAI and Ollama and a page to chat.
 *
 * <pre>{@code
 * try (MixtralForCausalLM model = MixtralForCausalLM.fromPretrained(folder);
 *     MixtralServer server =
 *         MixtralServer.start(ServedModel.of("mixtral", model), ServerOptions.defaults())) {
 *   System.out.println(server.uri());
 *   server.await();
 * }
 * }</pre>
 *
 * <p>Each request runs on a virtual thread. A client that goes away, whatever its request waits
 * for, frees its place in the model. Requests are logged under the name {@code
 * io.github.jmixtral.server.access}.
 *
 * @since 0.1.0
 */
public final class MixtralServer implements AutoCloseable {
  private final HttpServer server;
  private final ServerOptions options;

  private MixtralServer(HttpServer server, ServerOptions options) {
    this.server = server;
    this.options = options;
  }

  /**
   * Starts a server; it answers when this returns.
   *
   * @param model stays the caller's to close, after the server
   * @throws UncheckedIOException if the address cannot be had
   */
  public static MixtralServer start(ServedModel model, ServerOptions options) {
    var metrics = new ServerMetrics(model.name());
    model.generator().ifPresent(generator -> show(generator, metrics));
    model.classifier().ifPresent(classifier -> show(classifier, metrics));
    var server =
        new HttpServer(options, ApiRoutes.of(model, metrics), List.of(new AccessLog(), metrics));
    metrics.show(
        "http.requests.in.flight",
        "Requests of all kinds that are being answered.",
        server,
        HttpServer::runningRequests);
    metrics.show("http.connections", "Open connections.", server, HttpServer::connections);
    try {
      server.start();
    } catch (IOException failure) {
      throw new UncheckedIOException(
          "%s:%d: the server cannot listen there".formatted(options.host(), options.port()),
          failure.getCause() instanceof IOException reason ? reason : failure);
    }
    return new MixtralServer(server, options);
  }

  private static void show(MixtralForCausalLM model, ServerMetrics metrics) {
    metrics.showLoad(
        model,
        MixtralForCausalLM::runningRequestCount,
        MixtralForCausalLM::waitingRequestCount,
        MixtralForCausalLM::cacheByteSize);
    metrics.count(
        "passes",
        "Passes over the weights, which requests share.",
        model,
        MixtralForCausalLM::passCount);
    metrics.count(
        "pass.sequences",
        "Sequences of these passes; by the passes, the mean size of a batch.",
        model,
        MixtralForCausalLM::passSequenceCount);
  }

  private static void show(MixtralForSequenceClassification model, ServerMetrics metrics) {
    metrics.showLoad(
        model,
        MixtralForSequenceClassification::runningRequestCount,
        MixtralForSequenceClassification::waitingRequestCount,
        MixtralForSequenceClassification::cacheByteSize);
  }

  /** Where the server listens, such as {@code http://127.0.0.1:8080}. */
  public URI uri() {
    return server.uri();
  }

  /** The number of requests that are being answered. */
  int runningRequests() {
    return server.runningRequests();
  }

  /** The number of connections. */
  int connections() {
    return server.connections();
  }

  /** The bytes of requests that are held. */
  long heldBytes() {
    return server.heldBytes();
  }

  /** Waits until the server is closed. */
  public void await() throws InterruptedException {
    server.awaitStop();
  }

  /**
   * Stops the server: no request begins, those that run may end within the grace period; what still
   * runs then is cancelled with an error to its client. A second call waits for the first.
   */
  @Override
  public void close() {
    server.stop(options.gracePeriod());
  }
}
