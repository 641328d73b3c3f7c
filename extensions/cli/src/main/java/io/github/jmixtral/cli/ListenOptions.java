package io.github.jmixtral.cli;

import io.github.jmixtral.server.config.ServerCertificate;
import io.github.jmixtral.server.config.ServerOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where a server listens, to whom, and its bounds. */
final class ListenOptions {
  private static final int MAX_BODY_MEGABYTES = 256;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--host",
      paramLabel = "NAME",
      defaultValue = "127.0.0.1",
      description = {
        "Address to listen to; 0.0.0.0 stands for all of the machine, and wants keys.",
        "Default: ${DEFAULT-VALUE}, which only this machine reaches."
      })
  private String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "Port; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description =
          "Answer only requests that bring one of the keys in this file, one a line; lines that"
              + " begin with # are comments.")
  private Path apiKeys;

  @Option(
      names = "--cors-origin",
      paramLabel = "ORIGIN",
      description =
          "Let the web pages of this origin, such as https://chat.example.com, use the server; *"
              + " for all. Can be given several times.")
  private List<String> origins = List.of();

  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE.pem",
      description = "Listen for TLS, with this certificate and those that vouch for it.")
  private Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE.pem",
      description = "The certificate's private key, unencrypted, in PKCS #8.")
  private Path key;

  @Option(
      names = "--tls-keystore",
      paramLabel = "FILE.p12",
      description = "Listen for TLS, with the certificate and the key in this key store.")
  private Path keyStore;

  @Option(
      names = "--tls-keystore-password-file",
      paramLabel = "FILE",
      description = "Holds the key store's password in its first line.")
  private Path keyStorePassword;

  @Option(
      names = "--max-body",
      paramLabel = "MB",
      defaultValue = "4",
      description = "How large the body of a request may be. Default: ${DEFAULT-VALUE}.")
  private int maxBody;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "1024",
      description = "How many connections there may be; more wait. Default: ${DEFAULT-VALUE}.")
  private int maxConnections;

  @Option(
      names = "--grace-period",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "How long running requests may go on when the server is asked to end. Default:"
              + " ${DEFAULT-VALUE}.")
  private int gracePeriod;

  ListenOptions() {}

  /**
   * What the options say.
   *
   * @throws ParameterException if they do not fit each other
   */
  ServerOptions serverOptions() {
    try {
      ServerOptions options =
          ServerOptions.defaults()
              .withHost(host)
              .withPort(port)
              .withAllowedOrigins(origins)
              .withMaxBodyBytes(maxBodyBytes())
              .withMaxConnections(maxConnections)
              .withGracePeriod(Duration.ofSeconds(gracePeriod));
      if (apiKeys != null) {
        options = options.withApiKeys(keys(apiKeys));
      }
      return withTls(options);
    } catch (IllegalArgumentException failure) {
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
  }

  private int maxBodyBytes() {
    if (maxBody < 1 || maxBody > MAX_BODY_MEGABYTES) {
      throw new IllegalArgumentException(
          "--max-body is %d; it must be 1 … %d".formatted(maxBody, MAX_BODY_MEGABYTES));
    }
    return maxBody << 20;
  }

  private ServerOptions withTls(ServerOptions options) {
    if ((certificate == null) != (key == null)) {
      throw new IllegalArgumentException("--tls-certificate and --tls-key belong together");
    }
    if ((keyStore == null) != (keyStorePassword == null)) {
      throw new IllegalArgumentException(
          "--tls-keystore and --tls-keystore-password-file belong together");
    }
    if (certificate != null && keyStore != null) {
      throw new IllegalArgumentException("--tls-certificate and --tls-keystore exclude each other");
    }
    if (certificate != null) {
      return options.withCertificate(ServerCertificate.ofPem(certificate, key));
    }
    if (keyStore != null) {
      String password = lines(keyStorePassword).findFirst().orElse("");
      return options.withCertificate(ServerCertificate.ofKeyStore(keyStore, password));
    }
    return options;
  }

  private static List<String> keys(Path file) {
    List<String> keys =
        lines(file)
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    if (keys.isEmpty()) {
      throw new IllegalArgumentException(file + ": the file holds no key");
    }
    return keys;
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readString(file).lines();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
