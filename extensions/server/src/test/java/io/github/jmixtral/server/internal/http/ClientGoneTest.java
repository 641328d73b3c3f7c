package io.github.jmixtral.server.internal.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.server.internal.http.RawClient.Leave;
import io.github.jmixtral.server.internal.http.TestRoutes.Waiting;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that has gone is noticed, whatever its request is about, and no other is. */
class ClientGoneTest {
  /** In which the place of a request must be free; a busy machine takes its time. */
  private static final long NOTICED_MILLIS = 5000;

  private static TestServer start(boolean tls) throws IOException {
    return tls ? TestServer.startTls() : TestServer.start();
  }

  @ParameterizedTest
  @CsvSource({
    "false, /block, FIN",
    "false, /block, RST",
    "true, /block, FIN",
    "true, /block, RST",
    "true, /block, TLS_CLOSE",
    "false, /events, FIN",
    "false, /events, RST",
    "true, /events, FIN",
    "true, /events, RST",
    "true, /events, TLS_CLOSE"
  })
  void aClientThatLeavesIsNoticed(boolean tls, String path, Leave leave)
      throws IOException, InterruptedException {
    try (TestServer server = start(tls)) {
      RawClient client = RawClient.connect(server).post(path, "{}");
      Waiting request = server.routes().next();
      if (path.equals("/events")) {
        client.awaitLine("data: {\"event\":2}");
      }
      assertFalse(request.isCancelledWithin(200));
      client.leave(leave);
      assertTrue(request.isCancelledWithin(NOTICED_MILLIS));
      server.awaitIdle();
      assertEquals(499, server.served().getFirst().status());
    }
  }

  @ParameterizedTest
  @CsvSource({"false, /block", "true, /block", "false, /events", "true, /events"})
  void aClientThatOnlyEndsItsSideGetsItsAnswer(boolean tls, String path)
      throws IOException, InterruptedException {
    try (TestServer server = start(tls);
        RawClient client = RawClient.connect(server).post(path, "{}")) {
      Waiting request = server.routes().next();
      client.shutdownOutput();
      assertFalse(request.isCancelledWithin(500));
      request.release();
      RawClient.Answer answer = client.read();
      assertEquals(200, answer.status());
      assertTrue(
          answer.body().endsWith(path.equals("/block") ? "{\"done\":true}" : "data: [DONE]\n\n"),
          answer.body());
    }
  }

  @Test
  void aClientThatEndsItsSideAndThenLeavesIsNoticed() throws IOException, InterruptedException {
    try (TestServer server = TestServer.start()) {
      RawClient client = RawClient.connect(server).post("/block", "{}");
      Waiting request = server.routes().next();
      client.shutdownOutput();
      assertFalse(request.isCancelledWithin(400));
      client.leave(Leave.FIN);
      assertTrue(request.isCancelledWithin(NOTICED_MILLIS));
    }
  }

  @Test
  void anOldClientThatOnlyEndsItsSideGetsItsAnswer() throws IOException, InterruptedException {
    try (TestServer server = TestServer.start();
        RawClient client = RawClient.connect(server)) {
      client.send(RawClient.request("POST", "/block", "{}").replace("HTTP/1.1", "HTTP/1.0"));
      Waiting request = server.routes().next();
      client.shutdownOutput();
      assertFalse(request.isCancelledWithin(200));
      request.release();
      assertEquals("{\"done\":true}", client.read().body());
      assertEquals(0, client.interims());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClientThatLeavesAfterASecondRequestIsNoticed(boolean tls)
      throws IOException, InterruptedException {
    try (TestServer server = start(tls)) {
      RawClient client = RawClient.connect(server).post("/block", "{}");
      Waiting request = server.routes().next();
      client.post("/echo", "[2]");
      assertFalse(request.isCancelledWithin(200));
      client.leave(Leave.FIN);
      assertTrue(request.isCancelledWithin(NOTICED_MILLIS));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSecondRequestThatComesEarlyIsAnswered(boolean tls)
      throws IOException, InterruptedException {
    try (TestServer server = start(tls);
        RawClient client = RawClient.connect(server).post("/block", "{}")) {
      Waiting request = server.routes().next();
      // More than is read ahead.
      String large = "[\"" + "x".repeat(100_000) + "\"]";
      Thread sender = Thread.ofVirtual().start(() -> sendQuietly(client, large));
      assertFalse(request.isCancelledWithin(300));
      request.release();
      assertEquals("{\"done\":true}", client.read().body());
      assertEquals(large, client.read().body());
      sender.join();
    }
  }

  private static void sendQuietly(RawClient client, String body) {
    try {
      client.post("/echo", body);
    } catch (IOException _) {
      // The reader finds out.
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aThousandPipelinedRequestsAreAnsweredInOrder(boolean tls)
      throws IOException, InterruptedException {
    try (TestServer server = start(tls);
        RawClient client = RawClient.connect(server)) {
      for (int round = 0; round < 10; round++) {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 100; i++) {
          requests.append(RawClient.request("POST", "/echo", "[%d,%d]".formatted(round, i)));
        }
        client.send(requests.toString());
        for (int i = 0; i < 100; i++) {
          assertEquals("[%d,%d]".formatted(round, i), client.read().body());
        }
      }
      assertEquals(0, server.routes().alarms());
    }
  }

  @Test
  void aThousandConnectionsForOneRequestEachRaiseNoAlarm()
      throws IOException, InterruptedException {
    try (TestServer server = TestServer.start()) {
      for (int i = 0; i < 1000; i++) {
        try (RawClient client = RawClient.connect(server).post("/echo", "[" + i + "]")) {
          assertEquals("[" + i + "]", client.read().body());
        }
      }
      server.awaitIdle();
      assertEquals(0, server.routes().alarms());
      assertTrue(server.served().stream().allMatch(request -> request.status() == 200));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, HTTP_1_1, /block",
    "true, HTTP_2, /block",
    "true, HTTP_2, /events",
    "true, HTTP_1_1, /events"
  })
  void aCancelledCallOfJavasClientIsNoticed(boolean tls, HttpClient.Version version, String path)
      throws IOException, InterruptedException {
    try (TestServer server = start(tls);
        HttpClient client = javaClient(version)) {
      CompletableFuture<HttpResponse<String>> call =
          client.sendAsync(post(server, path), HttpResponse.BodyHandlers.ofString());
      Waiting request = server.routes().next();
      assertFalse(request.isCancelledWithin(200));
      call.cancel(true);
      assertTrue(request.isCancelledWithin(NOTICED_MILLIS));
    }
  }

  private static HttpClient javaClient(HttpClient.Version version) {
    return HttpClient.newBuilder()
        .version(version)
        .sslContext(TestCertificate.get().clientContext())
        .build();
  }

  private static HttpRequest post(TestServer server, String path) {
    return HttpRequest.newBuilder(server.uri(path))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString("{}"))
        .build();
  }

  @ParameterizedTest
  @CsvSource({"RST_STREAM, /block", "RST_STREAM, /events", "FIN, /block", "RST, /block"})
  void aStreamOfHttp2ThatEndsIsNoticed(String how, String path)
      throws IOException, InterruptedException {
    try (TestServer server = TestServer.start()) {
      RawClient client = RawClient.connect(server);
      client.send(Http2Frames.preface()).send(Http2Frames.post(1, path, "{}"));
      Waiting request = server.routes().next();
      assertFalse(request.isCancelledWithin(200));
      if (how.equals("RST_STREAM")) {
        client.send(Http2Frames.reset(1));
      } else {
        client.leave(Leave.valueOf(how));
      }
      assertTrue(request.isCancelledWithin(NOTICED_MILLIS));
      server.awaitIdle();
    }
  }

  @Test
  void manyClientsThatLeaveAtOnceAreNoticed() throws IOException, InterruptedException {
    try (TestServer server = TestServer.start()) {
      var clients = new ArrayList<RawClient>();
      var requests = new ArrayList<Waiting>();
      for (int i = 0; i < 200; i++) {
        clients.add(RawClient.connect(server).post("/block", "{}"));
        requests.add(server.routes().next());
      }
      for (RawClient client : clients) {
        client.leave(Leave.FIN);
      }
      for (Waiting request : requests) {
        assertTrue(request.isCancelledWithin(NOTICED_MILLIS));
      }
    }
  }

  @Test
  void othersAreNotDisturbed() throws IOException, InterruptedException {
    try (TestServer server = TestServer.start();
        RawClient stays = RawClient.connect(server).post("/block", "{}")) {
      Waiting other = server.routes().next();
      RawClient leaves = RawClient.connect(server).post("/block", "{}");
      Waiting request = server.routes().next();
      leaves.leave(Leave.RST);
      assertTrue(request.isCancelledWithin(NOTICED_MILLIS));
      assertFalse(other.isCancelledWithin(100));
      other.release();
      assertEquals("{\"done\":true}", stays.read().body());
    }
  }

  @Test
  void aClientThatDoesNotReadIsGivenUp() throws IOException, InterruptedException {
    try (TestServer server =
            TestServer.start(options -> options.withWriteTimeout(Duration.ofMillis(500)));
        RawClient client = RawClient.connect(server)) {
      client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
      client.line();
      server.awaitIdle();
      assertEquals(499, server.served().getFirst().status());
    }
  }

  @Test
  void aQuietStreamShowsThatItLives() throws IOException, InterruptedException {
    try (TestServer server =
            TestServer.start(options -> options.withPingInterval(Duration.ofMillis(50)));
        RawClient client = RawClient.connect(server).post("/events", "{}")) {
      Waiting request = server.routes().next();
      client.awaitLine("data: {\"event\":2}");
      client.awaitLine(": ping");
      client.awaitLine(": ping");
      request.release();
      client.awaitLine("data: [DONE]");
    }
  }

  @Test
  void aRequestMayWaitForLongerThanIdleConnectionsMay() throws IOException, InterruptedException {
    try (TestServer server =
            TestServer.start(options -> options.withIdleTimeout(Duration.ofMillis(300)));
        RawClient client = RawClient.connect(server).post("/block", "{}")) {
      Waiting request = server.routes().next();
      assertFalse(request.isCancelledWithin(1500));
      request.release();
      assertEquals("{\"done\":true}", client.read().body());
    }
  }
}
