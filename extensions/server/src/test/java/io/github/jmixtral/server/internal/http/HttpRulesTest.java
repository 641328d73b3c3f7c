package io.github.jmixtral.server.internal.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is answered to what, and where the bounds are. */
class HttpRulesTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static RawClient.Answer ask(String request) throws IOException {
    return ask(server, request);
  }

  private static RawClient.Answer ask(TestServer server, String request) throws IOException {
    try (RawClient client = RawClient.connect(server).send(request)) {
      return client.read();
    }
  }

  private static JsonNode error(RawClient.Answer answer, int status) {
    assertEquals(status, answer.status(), answer.body());
    assertEquals("application/json", answer.headers().get("content-type"));
    JsonNode error = JSON.readTree(answer.body()).get("error");
    assertEquals(4, error.size(), answer.body());
    assertFalse(error.get("message").asString().isBlank());
    assertFalse(error.get("type").asString().isBlank());
    return error;
  }

  @Test
  void aRequestIsAnswered() throws IOException {
    RawClient.Answer answer = ask(RawClient.request("POST", "/echo", "{\"a\": \"ä\"}"));
    assertEquals(200, answer.status());
    assertEquals("{\"a\": \"ä\"}", answer.body());
    assertFalse(answer.headers().containsKey("server"));
  }

  @Test
  void aConnectionServesManyRequests() throws IOException {
    try (RawClient client = RawClient.connect(server)) {
      for (int i = 0; i < 20; i++) {
        assertEquals("[" + i + "]", client.post("/echo", "[" + i + "]").read().body());
      }
    }
  }

  @Test
  void anUnknownPathIsNotFound() throws IOException {
    JsonNode error = error(ask(RawClient.request("POST", "/nothing?a=b", "{}")), 404);
    assertEquals("there is nothing at /nothing", error.get("message").asString());
    error(ask("GET /things/ HTTP/1.1\r\nHost: localhost\r\n\r\n"), 404);
  }

  @Test
  void aWrongMethodIsRefusedWithThoseThatAreAllowed() throws IOException {
    RawClient.Answer answer = ask("GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    error(answer, 405);
    assertEquals("OPTIONS, POST", answer.headers().get("allow"));
    answer = ask(RawClient.request("DELETE", "/health", ""));
    error(answer, 405);
    assertEquals("GET, HEAD, OPTIONS", answer.headers().get("allow"));
  }

  @Test
  void optionsSayWhatIsAllowed() throws IOException {
    RawClient.Answer answer = ask("OPTIONS /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertEquals(204, answer.status());
    assertEquals("GET, HEAD, OPTIONS", answer.headers().get("allow"));
    error(ask("OPTIONS /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"), 404);
  }

  @Test
  void headIsGetWithoutTheBody() throws IOException {
    try (RawClient client = RawClient.connect(server)) {
      client.send("HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertEquals("HTTP/1.1 200 OK", client.line());
      client.awaitLine("Content-Length: 15");
      client.awaitLine("");
      client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertEquals("{\"status\":\"ok\"}", client.read().body());
    }
  }

  @Test
  void theRestOfAPathIsDecoded() throws IOException {
    assertEquals(
        "mistralai/Mixtral 8x7B",
        ask("GET /things/mistralai%2FMixtral%208x7B HTTP/1.1\r\nHost: localhost\r\n\r\n").body());
    assertEquals("a/b", ask("GET /things/a/b HTTP/1.1\r\nHost: localhost\r\n\r\n").body());
  }

  @Test
  void aRefusalNamesTheField() throws IOException {
    JsonNode error = error(ask(RawClient.request("POST", "/refuse", "{}")), 400);
    assertEquals("n is 0; \"n\" must be 1 …", error.get("message").asString());
    assertEquals("n", error.get("param").asString());
    assertEquals("wrong", error.get("code").asString());
  }

  @Test
  void aDefectIsNotExplainedToTheClient() throws IOException {
    RawClient.Answer answer = ask(RawClient.request("POST", "/defect", "{}"));
    error(answer, 500);
    assertFalse(answer.body().contains("secret"));
  }

  @Test
  void aWrongContentTypeIsRefused() throws IOException {
    String request = RawClient.request("POST", "/echo", "[1]");
    error(ask(request.replace("application/json", "text/plain")), 400);
    error(ask(request.replace("application/json", "application/x-www-form-urlencoded")), 400);
    assertEquals(
        200, ask(request.replace("application/json", "application/json; charset=utf-8")).status());
    assertEquals(200, ask(request.replace("Content-Type: application/json\r\n", "")).status());
    assertEquals(
        200,
        ask(request.replace("/echo", "/ollama").replace("application/json", "text/plain"))
            .status());
  }

  @Test
  void aBodyThatIsNotUtf8IsRefused() throws IOException {
    try (RawClient client = RawClient.connect(server)) {
      client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n");
      client.send(new byte[] {'"', (byte) 0xc3, '"'});
      error(client.read(), 400);
      assertEquals("[1]", client.post("/echo", "[1]").read().body());
    }
  }

  @Test
  void aCompressedBodyIsRefused() throws IOException {
    error(
        ask(
            RawClient.request("POST", "/echo", "[1]")
                .replace("Host", "Content-Encoding: gzip\r\nHost")),
        415);
  }

  @Test
  void aLargeBodyIsRefusedBeforeItIsSent() throws IOException {
    error(ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n"), 413);
    error(
        ask(
            "POST /echo HTTP/1.1\r\n"
                + "Host: localhost\r\n"
                + "Expect: 100-continue\r\n"
                + "Content-Length: 1048577\r\n\r\n"),
        413);
  }

  @Test
  void aLargeBodyInChunksIsRefused() throws IOException {
    try (RawClient client = RawClient.connect(server)) {
      client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
      String chunk = "10000\r\n" + " ".repeat(65_536) + "\r\n";
      for (int i = 0; i < 17; i++) {
        client.send(chunk);
      }
      error(client.read(), 413);
    }
    assertEquals(0, server.server().heldBytes());
  }

  @Test
  void aBodyAtTheLimitIsTaken() throws IOException {
    String body = "\"" + "x".repeat((1 << 20) - 2) + "\"";
    assertEquals(body, ask(RawClient.request("POST", "/echo", body)).body());
  }

  @Test
  void aClientThatAsksWhetherToSendTheBodyIsToldTo() throws IOException {
    try (RawClient client = RawClient.connect(server)) {
      client.send(
          "POST /echo HTTP/1.1\r\n"
              + "Host: localhost\r\n"
              + "Expect: 100-continue\r\n"
              + "Content-Length: 3\r\n\r\n");
      assertEquals("HTTP/1.1 100 Continue", client.line());
      assertEquals("", client.line());
      assertEquals("[1]", client.send("[1]").read().body());
    }
  }

  @Test
  void largeHeadersAreRefusedInJson() throws IOException {
    error(
        ask("GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(20_000) + "\r\n\r\n"),
        431);
    error(ask("GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"), 414);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n",
        "GET /a/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /%c3%28 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /a/..;/b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /echo HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "Content-Length: 3\r\n"
            + "Content-Length: 4\r\n\r\n"
            + "[1]",
        "POST /echo HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "Content-Length: 3\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "[1]",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[1]",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -3\r\n\r\n[1]",
        "\0\1\2\3\r\n\r\n",
        "GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n"
      })
  void whatIsNoHttpIsRefusedInJson(String request) throws IOException {
    RawClient.Answer answer = ask(request);
    assertTrue(answer.status() >= 400 && answer.status() < 506, answer.toString());
    assertTrue(answer.status() != 500, answer.toString());
    if (!answer.body().isEmpty()) {
      error(answer, answer.status());
    }
  }

  @Test
  void javasClientUpgradesToHttp2AlsoWithABody() throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      String body = "[\"" + "x".repeat(100_000) + "\"]";
      var post =
          HttpRequest.newBuilder(server.uri("/echo"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      assertEquals(body, client.send(post, HttpResponse.BodyHandlers.ofString()).body());
      HttpResponse<String> get =
          client.send(
              HttpRequest.newBuilder(server.uri("/health")).build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(HttpClient.Version.HTTP_2, get.version());
      assertEquals(body, client.send(post, HttpResponse.BodyHandlers.ofString()).body());
    }
  }

  @Test
  void slowHeadersAreCutOff() throws IOException, InterruptedException {
    try (TestServer impatient =
            TestServer.start(options -> options.withIdleTimeout(Duration.ofMillis(800)));
        RawClient client = RawClient.connect(impatient)) {
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(() -> trickle(client, "GET /health HTTP/1.1\r\n"));
      assertTrue(client.isClosedByServer());
      sending.join();
      assertEquals(0, impatient.server().connections());
    }
  }

  /** Sends a beginning, then a line at a time, until that fails. */
  private static void trickle(RawClient client, String beginning) {
    try {
      client.send(beginning);
      for (int line = 0; line < 100; line++) {
        client.send("X-%d: y\r\n".formatted(line));
        Thread.sleep(50);
      }
    } catch (IOException _) {
      // It is closed.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aSlowBodyIsRefused() throws IOException {
    try (TestServer impatient =
            TestServer.start(options -> options.withBodyTimeout(Duration.ofMillis(300)));
        RawClient client = RawClient.connect(impatient)) {
      client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n[");
      error(client.read(), 408);
      assertTrue(client.isClosedByServer());
      assertEquals(0, impatient.server().heldBytes());
    }
  }

  @Test
  void moreConnectionsThanTheLimitWait() throws IOException, InterruptedException {
    try (TestServer small = TestServer.start(options -> options.withMaxConnections(2))) {
      RawClient first = RawClient.connect(small);
      RawClient second = RawClient.connect(small);
      assertEquals("[1]", first.post("/echo", "[1]").read().body());
      assertEquals("[2]", second.post("/echo", "[2]").read().body());
      RawClient third = RawClient.connect(small).post("/echo", "[3]");
      Thread.sleep(200);
      assertTrue(small.server().connections() <= 2);
      first.close();
      assertEquals("[3]", third.read().body());
      second.close();
      third.close();
    }
  }

  @Test
  void theConnectionOfARefusedBodyDoesNotConfuseWhatFollows() throws IOException {
    try (RawClient client = RawClient.connect(server)) {
      client.post("/nothing", "[\"GET /health HTTP/1.1\"]");
      error(client.read(), 404);
      client.post("/echo", "[1]");
      try {
        assertEquals("[1]", client.read().body());
      } catch (EOFException _) {
        // Closed is good, too.
      }
    }
  }

  @Test
  void twoRoutesForTheSameAreRefused() {
    Route route = Route.get("/a", _ -> {});
    assertThrows(IllegalArgumentException.class, () -> new Routes(java.util.List.of(route, route)));
  }
}
