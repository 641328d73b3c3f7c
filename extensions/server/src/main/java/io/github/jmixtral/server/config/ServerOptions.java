package io.github.jmixtral.server.config;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a server listens, to whom, and its bounds. Immutable; a wither returns a changed copy:
 * {@code ServerOptions.defaults().withPort(0)}.
 *
 * @since 0.1.0
 */
public final class ServerOptions {
  private static final ServerOptions DEFAULTS = new ServerOptions(new Values());

  private final Values values;

  /** What the options say; changed only before anyone else sees it. */
  private static final class Values implements Cloneable {
    private String host = "127.0.0.1";
    private int port = 8080;
    private @Nullable ServerCertificate certificate;
    private List<String> apiKeys = List.of();
    private List<String> allowedOrigins = List.of();
    private int maxBodyBytes = 4 << 20;
    private int maxHeaderBytes = 16 << 10;
    private int maxConnections = 1024;
    private Duration bodyTimeout = Duration.ofSeconds(30);
    private Duration writeTimeout = Duration.ofSeconds(30);
    private Duration idleTimeout = Duration.ofSeconds(60);
    private Duration pingInterval = Duration.ofSeconds(15);
    private Duration gracePeriod = Duration.ofSeconds(30);

    private Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException impossible) {
        throw new AssertionError(impossible);
      }
    }
  }

  private ServerOptions(Values values) {
    this.values = values;
  }

  private ServerOptions with(Consumer<Values> change) {
    Values changed = values.copy();
    change.accept(changed);
    return new ServerOptions(changed);
  }

  /** Port 8080 of 127.0.0.1, without TLS and without keys. */
  public static ServerOptions defaults() {
    return DEFAULTS;
  }

  /** Sets the address or the name to listen to; {@code 0.0.0.0} stands for all of the machine. */
  public ServerOptions withHost(String host) {
    Objects.requireNonNull(host, "host");
    return with(changed -> changed.host = host);
  }

  /**
   * Sets the port.
   *
   * @param port 0 … 65535; 0 takes a free one
   * @throws IllegalArgumentException when out of this range
   */
  public ServerOptions withPort(int port) {
    requireRange("port", port, 0, 65_535);
    return with(changed -> changed.port = port);
  }

  /** Listens for TLS, and shows this certificate; HTTP/2 is negotiated. */
  public ServerOptions withCertificate(ServerCertificate certificate) {
    Objects.requireNonNull(certificate, "certificate");
    return with(changed -> changed.certificate = certificate);
  }

  /**
   * Answers only requests that bring one of these keys, but for {@code /health} and the page.
   *
   * @throws IllegalArgumentException if a key is blank
   */
  public ServerOptions withApiKeys(List<String> keys) {
    if (keys.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException("an API key is blank");
    }
    List<String> copy = List.copyOf(keys);
    return with(changed -> changed.apiKeys = copy);
  }

  /**
   * Lets the pages of these origins use the server from a browser.
   *
   * @param origins such as {@code https://chat.example.com}, or {@code *} for all
   * @throws IllegalArgumentException if one is no origin
   */
  public ServerOptions withAllowedOrigins(List<String> origins) {
    origins.forEach(ServerOptions::requireOrigin);
    List<String> copy = List.copyOf(origins);
    return with(changed -> changed.allowedOrigins = copy);
  }

  private static void requireOrigin(String origin) {
    try {
      URI uri = URI.create(origin);
      if (origin.equals("*")
          || uri.getHost() != null && uri.getScheme() != null && uri.getRawPath().isEmpty()) {
        return;
      }
    } catch (IllegalArgumentException _) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "'%s' is no origin such as https://chat.example.com".formatted(origin));
  }

  /** Sets how large the body of a request may be, in bytes. */
  public ServerOptions withMaxBodyBytes(int bytes) {
    requireRange("max body bytes", bytes, 1, Integer.MAX_VALUE / 4);
    return with(changed -> changed.maxBodyBytes = bytes);
  }

  /** Sets how large the headers of a request may be, in bytes. */
  public ServerOptions withMaxHeaderBytes(int bytes) {
    requireRange("max header bytes", bytes, 256, 1 << 20);
    return with(changed -> changed.maxHeaderBytes = bytes);
  }

  /** Sets how many connections there may be; more wait to be accepted. */
  public ServerOptions withMaxConnections(int connections) {
    requireRange("max connections", connections, 1, Integer.MAX_VALUE);
    return with(changed -> changed.maxConnections = connections);
  }

  /** Sets the time in which the body of a request must have come. */
  public ServerOptions withBodyTimeout(Duration timeout) {
    requirePositive("body timeout", timeout);
    return with(changed -> changed.bodyTimeout = timeout);
  }

  /** Sets the time in which a client must take a piece of its answer, of at most 64 KiB. */
  public ServerOptions withWriteTimeout(Duration timeout) {
    requirePositive("write timeout", timeout);
    return with(changed -> changed.writeTimeout = timeout);
  }

  /** Sets the time after which a connection on which no request begins or runs is closed. */
  public ServerOptions withIdleTimeout(Duration timeout) {
    requirePositive("idle timeout", timeout);
    return with(changed -> changed.idleTimeout = timeout);
  }

  /** Sets the time after which a stream without events shows that it lives. */
  public ServerOptions withPingInterval(Duration interval) {
    requirePositive("ping interval", interval);
    return with(changed -> changed.pingInterval = interval);
  }

  /** Sets the time that running requests have to end when the server stops. */
  public ServerOptions withGracePeriod(Duration period) {
    if (period.isNegative()) {
      throw new IllegalArgumentException("the grace period is negative: " + period);
    }
    return with(changed -> changed.gracePeriod = period);
  }

  private static void requireRange(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s is %d; it must be %d … %d".formatted(what, value, least, most));
    }
  }

  private static void requirePositive(String what, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(
          "the %s is %s; it must be positive".formatted(what, value));
    }
  }

  /** The address or the name to listen to. */
  public String host() {
    return values.host;
  }

  /** The port; 0 for a free one. */
  public int port() {
    return values.port;
  }

  /** The certificate, if the server listens for TLS. */
  public Optional<ServerCertificate> certificate() {
    return Optional.ofNullable(values.certificate);
  }

  /** The keys; none if requests need none. */
  public List<String> apiKeys() {
    return values.apiKeys;
  }

  /** The origins whose pages may use the server, beside its own. */
  public List<String> allowedOrigins() {
    return values.allowedOrigins;
  }

  /** How large the body of a request may be. */
  public int maxBodyBytes() {
    return values.maxBodyBytes;
  }

  /** How large the headers of a request may be. */
  public int maxHeaderBytes() {
    return values.maxHeaderBytes;
  }

  /** How many connections there may be. */
  public int maxConnections() {
    return values.maxConnections;
  }

  /** The time in which the body of a request must have come. */
  public Duration bodyTimeout() {
    return values.bodyTimeout;
  }

  /** The time in which a client must take a piece of its answer. */
  public Duration writeTimeout() {
    return values.writeTimeout;
  }

  /** The time after which a connection without requests is closed. */
  public Duration idleTimeout() {
    return values.idleTimeout;
  }

  /** The time after which a stream without events shows that it lives. */
  public Duration pingInterval() {
    return values.pingInterval;
  }

  /** The time that running requests have to end when the server stops. */
  public Duration gracePeriod() {
    return values.gracePeriod;
  }

  /** Where it listens; no keys. */
  @Override
  public String toString() {
    return "ServerOptions[host=%s, port=%d, tls=%b, apiKeys=%d, allowedOrigins=%s]"
        .formatted(
            values.host,
            values.port,
            values.certificate != null,
            values.apiKeys.size(),
            values.allowedOrigins);
  }
}
