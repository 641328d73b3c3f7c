package io.github.jmixtral.server.internal.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.server.config.ServerCertificate;
import io.github.jmixtral.server.config.ServerOptions;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may use a server: keys, origins, host names, TLS. */
class AccessTest {
  @TempDir private Path temporary;

  /** Asks for the echo with further headers, each with its line end. */
  private static RawClient.Answer echo(TestServer server, String headers) throws IOException {
    try (RawClient client = RawClient.connect(server)) {
      client.send(
          "POST /echo HTTP/1.1\r\n"
              + (headers.contains("Host:") ? "" : "Host: 127.0.0.1:%d\r\n".formatted(server.port()))
              + headers
              + "Content-Length: 3\r\n\r\n[1]");
      return client.read();
    }
  }

  @Test
  void withKeysARequestNeedsOne() throws IOException {
    try (TestServer server =
        TestServer.start(options -> options.withApiKeys(List.of("one", "two")))) {
      for (String headers :
          List.of(
              "",
              "Authorization: Bearer three\r\n",
              "Authorization: Bearer\r\n",
              "Authorization: Bearer \r\n",
              "Authorization: Basic one\r\n",
              "Authorization: one\r\n")) {
        RawClient.Answer answer = echo(server, headers);
        assertEquals(401, answer.status(), headers);
        assertEquals("Bearer", answer.headers().get("www-authenticate"));
        assertTrue(answer.body().contains("\"code\":\"invalid_api_key\""), answer.body());
      }
      assertEquals(200, echo(server, "Authorization: Bearer one\r\n").status());
      assertEquals(200, echo(server, "authorization: bearer two\r\n").status());
      try (RawClient client = RawClient.connect(server)) {
        client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertEquals(200, client.read().status());
      }
    }
  }

  @Test
  void pagesOfOtherOriginsAreRefused() throws IOException {
    try (TestServer server = TestServer.start()) {
      assertEquals(403, echo(server, "Origin: https://evil.example\r\n").status());
      assertEquals(403, echo(server, "Origin: null\r\n").status());
      assertEquals(
          403,
          echo(server, "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n").status());
      assertEquals(
          200, echo(server, "Origin: http://127.0.0.1:%d\r\n".formatted(server.port())).status());
      assertEquals(
          200,
          echo(server, "Origin: https://proxy.example\r\nSec-Fetch-Site: same-origin\r\n")
              .status());
      RawClient.Answer answer = echo(server, "");
      assertFalse(answer.headers().containsKey("access-control-allow-origin"));
    }
  }

  @Test
  void pagesOfListedOriginsAreAnswered() throws IOException {
    try (TestServer server =
        TestServer.start(options -> options.withAllowedOrigins(List.of("https://chat.example")))) {
      RawClient.Answer answer = echo(server, "Origin: https://chat.example\r\n");
      assertEquals(200, answer.status());
      assertEquals("https://chat.example", answer.headers().get("access-control-allow-origin"));
      assertEquals("Origin", answer.headers().get("vary"));
      assertEquals(403, echo(server, "Origin: https://other.example\r\n").status());
      assertEquals(200, echo(server, "Host: chat.example\r\n").status());
    }
  }

  @Test
  void anErrorCanBeReadByPagesOfListedOrigins() throws IOException {
    try (TestServer server =
            TestServer.start(
                options ->
                    options.withAllowedOrigins(List.of("*")).withApiKeys(List.of("secret")));
        RawClient client = RawClient.connect(server)) {
      assertEquals(
          "https://a.example",
          echo(server, "Origin: https://a.example\r\n")
              .headers()
              .get("access-control-allow-origin"));
      client.send(
          "OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.example\r\n"
              + "Access-Control-Request-Method: POST\r\n"
              + "Access-Control-Request-Headers: authorization, content-type\r\n\r\n");
      RawClient.Answer answer = client.read();
      assertEquals(204, answer.status());
      assertEquals("OPTIONS, POST", answer.headers().get("access-control-allow-methods"));
      assertEquals(
          "authorization, content-type", answer.headers().get("access-control-allow-headers"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, 200",
    "localhost:9, 200",
    "127.0.0.1, 200",
    "[::1]:80, 200",
    "app.localhost, 200",
    "evil.example, 403",
    "127.0.0.1.evil.example, 403"
  })
  void withoutKeysOnlyNamesOfThisMachineAreKnown(String host, int status) throws IOException {
    try (TestServer server = TestServer.start()) {
      assertEquals(status, echo(server, "Host: " + host + "\r\n").status());
    }
  }

  @Test
  void withKeysAnyHostNameWillDo() throws IOException {
    try (TestServer server = TestServer.start(options -> options.withApiKeys(List.of("k")))) {
      String headers = "Host: models.example\r\nAuthorization: Bearer k\r\n";
      assertEquals(200, echo(server, headers).status());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void bothVersionsWorkOverTls(HttpClient.Version version)
      throws IOException, InterruptedException {
    try (TestServer server = TestServer.startTls();
        HttpClient client =
            HttpClient.newBuilder()
                .version(version)
                .sslContext(TestCertificate.get().clientContext())
                .build()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(server.uri("/health")).build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals("{\"status\":\"ok\"}", answer.body());
      assertEquals(version, answer.version());
    }
  }

  @Test
  void aKeyStoreWorks() throws IOException {
    var certificate =
        ServerCertificate.ofKeyStore(TestCertificate.get().keyStore(), TestCertificate.PASSWORD);
    try (TestServer server = TestServer.start(options -> options.withCertificate(certificate));
        RawClient client = RawClient.connect(server).post("/echo", "[1]")) {
      assertEquals("[1]", client.read().body());
    }
  }

  @Test
  void whatIsNoCertificateOrKeyIsRefused() throws IOException {
    TestCertificate good = TestCertificate.get();
    Path text = Files.writeString(temporary.resolve("text.pem"), "no certificate");
    Path old =
        Files.writeString(
            temporary.resolve("old.pem"),
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    Path broken =
        Files.writeString(
            temporary.resolve("broken.pem"),
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    assertRefused("text.pem", () -> ServerCertificate.ofPem(text, good.key()));
    assertRefused("openssl pkcs8", () -> ServerCertificate.ofPem(good.certificate(), old));
    assertRefused("broken.pem", () -> ServerCertificate.ofPem(good.certificate(), broken));
    assertRefused("text.pem", () -> ServerCertificate.ofKeyStore(text, "x"));
    assertRefused("password", () -> ServerCertificate.ofKeyStore(good.keyStore(), "wrong"));
  }

  private static void assertRefused(String part, Runnable action) {
    String message = assertThrows(IllegalArgumentException.class, action::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void whatIsNoOriginIsRefused() {
    for (String text : List.of("chat.example", "https://", "https://a.example/path", "", "a b")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> ServerOptions.defaults().withAllowedOrigins(List.of(text)),
          text);
    }
  }
}
