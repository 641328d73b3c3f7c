package io.github.jmixtral.server.internal.http;

import io.github.jmixtral.server.config.ServerCertificate;
import io.github.jmixtral.server.config.ServerOptions;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/** A server on a free port, with {@link TestRoutes}. */
final class TestServer implements AutoCloseable {
  /** Patient where nobody tests patience. */
  static final ServerOptions OPTIONS =
      ServerOptions.defaults().withPort(0).withMaxBodyBytes(1 << 20);

  private final TestRoutes routes = new TestRoutes();
  private final List<ServedRequest> served = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  private TestServer(ServerOptions options) throws IOException {
    server = new HttpServer(options, routes.routes(), List.of(new AccessLog(), served::add));
    server.start();
  }

  static TestServer start() throws IOException {
    return new TestServer(OPTIONS);
  }

  static TestServer start(UnaryOperator<ServerOptions> change) throws IOException {
    return new TestServer(change.apply(OPTIONS));
  }

  static TestServer startTls() throws IOException {
    TestCertificate certificate = TestCertificate.get();
    return start(
        options ->
            options.withCertificate(
                ServerCertificate.ofPem(certificate.certificate(), certificate.key())));
  }

  TestRoutes routes() {
    return routes;
  }

  HttpServer server() {
    return server;
  }

  URI uri(String path) {
    return server.uri().resolve(path);
  }

  int port() {
    return server.uri().getPort();
  }

  /** The requests that have ended. */
  List<ServedRequest> served() {
    return served;
  }

  /** Waits until no request runs. */
  void awaitIdle() throws InterruptedException {
    for (int waited = 0; server.runningRequests() > 0; waited++) {
      if (waited > 3000) {
        throw new AssertionError(server.runningRequests() + " requests still run");
      }
      Thread.sleep(10);
    }
  }

  @Override
  public void close() {
    server.stop(Duration.ZERO);
  }
}
