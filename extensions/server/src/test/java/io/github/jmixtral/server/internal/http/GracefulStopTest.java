package io.github.jmixtral.server.internal.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.server.internal.http.TestRoutes.Waiting;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A server stops in good order. */
class GracefulStopTest {

  private static Thread stop(TestServer server, Duration grace) throws InterruptedException {
    Thread stopping = Thread.ofVirtual().start(() -> server.server().stop(grace));
    while (!server.server().isStopping()) {
      Thread.sleep(5);
    }
    return stopping;
  }

  /** Until the server accepts none any more. */
  private static void awaitNoConnections(TestServer server) throws IOException {
    try {
      while (true) {
        RawClient.connect(server).close();
      }
    } catch (ConnectException _) {
      // As it should be.
    }
  }

  @Test
  void whatRunsMayEndAndNothingBegins() throws IOException, InterruptedException {
    TestServer server = TestServer.start();
    RawClient kept = RawClient.connect(server);
    assertEquals("[1]", kept.post("/echo", "[1]").read().body());
    RawClient blocked = RawClient.connect(server).post("/block", "{}");
    Waiting request = server.routes().next();
    RawClient stream = RawClient.connect(server).post("/events", "{}");
    Waiting events = server.routes().next();
    Thread stopping = stop(server, Duration.ofSeconds(20));
    awaitNoConnections(server);
    RawClient.Answer refused = kept.post("/echo", "[2]").read();
    assertEquals(503, refused.status());
    assertTrue(refused.headers().containsKey("retry-after"));
    assertFalse(request.isCancelledWithin(1500));
    request.release();
    events.release();
    assertEquals("{\"done\":true}", blocked.read().body());
    assertTrue(stream.read().body().endsWith("data: [DONE]\n\n"));
    assertTrue(stopping.join(Duration.ofSeconds(10)));
  }

  @Test
  void whatRunsForTooLongEndsWithAnError() throws IOException, InterruptedException {
    TestServer server = TestServer.start();
    RawClient blocked = RawClient.connect(server).post("/block", "{}");
    server.routes().next();
    RawClient stream = RawClient.connect(server).post("/events", "{}");
    server.routes().next();
    Thread stopping = stop(server, Duration.ofMillis(300));
    RawClient.Answer answer = blocked.read();
    assertEquals(503, answer.status());
    assertTrue(answer.body().contains("the server is stopping"), answer.body());
    String[] events = stream.read().body().split("\n\n");
    assertEquals(4, events.length);
    assertTrue(events[3].startsWith("data: {\"error\":{\"message\":\"the server is stopping\""));
    assertTrue(stopping.join(Duration.ofSeconds(10)));
  }

  @Test
  void streamsOfHttp2MayEndToo() throws Exception {
    TestServer server = TestServer.startTls();
    try (HttpClient client =
        HttpClient.newBuilder().sslContext(TestCertificate.get().clientContext()).build()) {
      HttpRequest post =
          HttpRequest.newBuilder(server.uri("/events"))
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      CompletableFuture<HttpResponse<String>> call =
          client.sendAsync(post, HttpResponse.BodyHandlers.ofString());
      Waiting request = server.routes().next();
      Thread stopping = stop(server, Duration.ofSeconds(20));
      assertFalse(request.isCancelledWithin(1500));
      request.release();
      HttpResponse<String> answer = call.get(20, TimeUnit.SECONDS);
      assertEquals(HttpClient.Version.HTTP_2, answer.version());
      assertTrue(answer.body().endsWith("data: [DONE]\n\n"), answer.body());
      assertTrue(stopping.join(Duration.ofSeconds(10)));
    }
  }

  @Test
  void anIdleServerStopsAtOnce() throws IOException {
    TestServer server = TestServer.start();
    long begin = System.nanoTime();
    server.server().stop(Duration.ofSeconds(30));
    assertTrue(System.nanoTime() - begin < 15_000_000_000L);
  }
}
