package io.github.jmixtral.server.internal.http;

import io.github.jmixtral.server.config.ServerCertificate;
import io.github.jmixtral.server.config.ServerOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** Listens, answers, and ends in good order. */
public final class HttpServer {
  /** For selectors and what they find; requests have virtual threads of their own. */
  private static final int THREADS = 16;

  private static final Duration SWEEP_INTERVAL = Duration.ofMillis(500);

  /** For the last words of requests that were asked to end. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(10);

  private final ServerOptions options;
  private final Server server;
  private final ServerConnector connector;
  private final RunningRequests running = new RunningRequests();
  private final IdleConnections connections;
  private final BodyReader bodies;
  private final CountDownLatch stopped = new CountDownLatch(1);

  /** The port in fact; known when it listens. */
  private volatile int port;

  /** A server that does not listen yet. */
  public HttpServer(ServerOptions options, Routes routes, List<RequestListener> listeners) {
    this.options = options;
    this.connections = new IdleConnections(options.idleTimeout());
    this.bodies =
        new BodyReader(
            options.maxBodyBytes(),
            Math.max(options.maxBodyBytes(), Runtime.getRuntime().maxMemory() / 8),
            options.bodyTimeout());
    this.server = new Server(threads());
    this.connector = connector(server, options);
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(options.maxConnections(), connector));
    server.setErrorHandler(new JsonErrorHandler());
    server.setHandler(
        new RequestHandler(
            options,
            routes,
            new Origins(options.allowedOrigins(), isForThisMachineOnly(options)),
            bodies,
            running,
            connections,
            listeners));
  }

  private static QueuedThreadPool threads() {
    var threads = new QueuedThreadPool(THREADS);
    threads.setName("jmixtral-http");
    threads.setDaemon(true);
    return threads;
  }

  /** Without keys a name that an attacker made lead to this machine would open the door. */
  private static boolean isForThisMachineOnly(ServerOptions options) {
    return options.apiKeys().isEmpty()
        && new InetSocketAddress(options.host(), 0).getAddress() != null
        && new InetSocketAddress(options.host(), 0).getAddress().isLoopbackAddress();
  }

  private static ServerConnector connector(Server server, ServerOptions options) {
    var connector =
        new ServerConnector(server, 1, -1, protocols(options).toArray(new ConnectionFactory[0])) {
          @Override
          protected void configure(Socket socket) {
            super.configure(socket);
            try {
              socket.setKeepAlive(true);
            } catch (SocketException _) {
              // It is closed already.
            }
          }
        };
    connector.setHost(options.host());
    connector.setPort(options.port());
    connector.setIdleTimeout(options.idleTimeout().toMillis());
    return connector;
  }

  private static List<ConnectionFactory> protocols(ServerOptions options) {
    var configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    configuration.setRequestHeaderSize(options.maxHeaderBytes());
    // Names of models have slashes.
    configuration.setUriCompliance(
        UriCompliance.DEFAULT.with("jmixtral", UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR));
    var http1 = new ReadAheadConnectionFactory(configuration);
    if (options.certificate().isEmpty()) {
      return List.of(http1, new HTTP2CServerConnectionFactory(configuration));
    }
    ServerCertificate certificate = options.certificate().get();
    var context = new SslContextFactory.Server();
    context.setKeyStore(certificate.keyStore());
    context.setKeyStorePassword(certificate.password());
    context.setSniRequired(false);
    var alpn = new ALPNServerConnectionFactory();
    alpn.setDefaultProtocol(http1.getProtocol());
    var protocols = new ArrayList<ConnectionFactory>();
    protocols.add(new SslConnectionFactory(context, alpn.getProtocol()));
    protocols.add(alpn);
    protocols.add(new HTTP2ServerConnectionFactory(configuration));
    protocols.add(http1);
    return protocols;
  }

  /**
   * Listens from now on.
   *
   * @throws IOException if the address cannot be had
   */
  public void start() throws IOException {
    try {
      server.start();
    } catch (IOException failure) {
      stopAll();
      throw failure;
    } catch (Exception failure) {
      stopAll();
      throw new IOException("the server cannot start: " + failure.getMessage(), failure);
    }
    port = connector.getLocalPort();
    Thread.ofVirtual().name("jmixtral-sweep").start(this::sweep);
  }

  private void sweep() {
    try {
      while (!server.isStopped()) {
        Thread.sleep(SWEEP_INTERVAL);
        connections.sweep(connector.getConnectedEndPoints());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Where it listens, such as {@code http://127.0.0.1:8080}. */
  public URI uri() {
    String scheme = options.certificate().isPresent() ? "https" : "http";
    String host = options.host().contains(":") ? "[" + options.host() + "]" : options.host();
    return URI.create(scheme + "://" + host + ":" + port);
  }

  /** The number of requests that are being answered. */
  public int runningRequests() {
    return running.count();
  }

  /** The number of connections. */
  public int connections() {
    return connector.getConnectedEndPoints().size();
  }

  /** The bytes of bodies that are held now. */
  public long heldBytes() {
    return bodies.held();
  }

  /** Whether it is about to stop. */
  public boolean isStopping() {
    return running.isStopping();
  }

  /**
   * Stops: nothing new begins, what runs may end within a time, what still runs then is asked to
   * end and sends its client an error.
   */
  public synchronized void stop(Duration grace) {
    running.stop();
    connector.shutdown();
    try {
      if (!running.awaitNone(grace)) {
        running.endAll();
        running.awaitNone(LAST_WORDS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    stopAll();
    stopped.countDown();
  }

  /** Waits until it has stopped. */
  public void awaitStop() throws InterruptedException {
    stopped.await();
  }

  private void stopAll() {
    try {
      server.stop();
    } catch (Exception failure) {
      throw new IllegalStateException("the server did not stop: " + failure.getMessage(), failure);
    }
  }
}
