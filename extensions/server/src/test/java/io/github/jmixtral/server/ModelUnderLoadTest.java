package io.github.jmixtral.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Requests that share a model: those that wait, those that leave, those that are too many. */
class ModelUnderLoadTest {
  private static final JsonMapper JSON = new JsonMapper();

  /** Tokens of a text that does not end while a test runs. */
  private static final int ENDLESS = 3500;

  /** Texts of such an answer: all together they take any machine a while. */
  private static final int ENDLESS_TEXTS = 16;

  private StoryServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  /** One request runs, one waits. */
  @BeforeEach
  void start() {
    server = StoryServer.start(LoadOptions.defaults().withMaxRequests(1).withMaxWaiting(1));
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private static String completion(String prompt, int maxTokens, boolean stream) {
    return JSON.createObjectNode()
        .put("prompt", prompt)
        .put("max_tokens", maxTokens)
        .put("n", maxTokens == ENDLESS ? ENDLESS_TEXTS : 1)
        .put("temperature", 0)
        .put("ignore_eos", true)
        .put("stream", stream)
        .toString();
  }

  private HttpRequest post(String body) {
    return HttpRequest.newBuilder(server.uri("/v1/completions"))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private HttpResponse<String> ask(String body) throws IOException, InterruptedException {
    return client.send(post(body), HttpResponse.BodyHandlers.ofString());
  }

  /** Sends a request and leaves the connection to the caller. */
  private Socket send(String body) throws IOException {
    URI uri = server.uri("/");
    var socket = new Socket(InetAddress.getLoopbackAddress(), uri.getPort());
    socket
        .getOutputStream()
        .write(
            ("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
                    .formatted(body.length(), body))
                .getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  /** Until one request waits beside the one that is computed. */
  private void awaitWaiting() throws InterruptedException {
    while (server.model().waitingRequestCount() == 0) {
      Thread.sleep(1);
    }
  }

  /** Until one request at least is computed. */
  private void awaitComputing() throws InterruptedException {
    while (server.model().runningRequestCount() == 0) {
      Thread.sleep(1);
    }
  }

  private void awaitRunning(int count) throws InterruptedException {
    for (int waited = 0; server.runningRequests() != count; waited++) {
      assertTrue(waited < 6000, "requests: " + server.runningRequests());
      Thread.sleep(5);
    }
  }

  @Test
  void oneTooManyIsAskedToComeAgain() throws IOException, InterruptedException {
    try (Socket running = send(completion("Once", ENDLESS, true))) {
      new BufferedReader(new InputStreamReader(running.getInputStream(), StandardCharsets.UTF_8))
          .readLine();
      try (Socket _ = send(completion("Once", 4, false))) {
        awaitWaiting();
        HttpResponse<String> refused = ask(completion("Once", 4, false));
        assertEquals(503, refused.statusCode(), refused.body());
        assertEquals("1", refused.headers().firstValue("Retry-After").orElseThrow());
        JsonNode error = JSON.readTree(refused.body()).get("error");
        assertEquals("unavailable_error", error.get("type").asString());
      }
    }
    awaitRunning(0);
    assertEquals(200, ask(completion("Once", 4, false)).statusCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"streaming", "whole", "prompt", "queued"})
  void aClientThatLeavesFreesItsPlace(String when) throws IOException, InterruptedException {
    long bytes = server.model().cacheByteSize();
    String before = ask(completion("Once", 6, false)).body();
    Socket other = when.equals("queued") ? send(completion("Once", ENDLESS, true)) : null;
    if (other != null) {
      other.getInputStream().read();
    }
    String body =
        when.equals("prompt")
            ? completion("duck ".repeat(3000), ENDLESS, false)
            : completion("One day", ENDLESS, when.equals("streaming"));
    Socket socket = send(body);
    if (other == null) {
      awaitComputing();
    } else {
      awaitWaiting();
    }
    long passes = server.model().passCount();
    socket.close();
    awaitRunning(other == null ? 0 : 1);
    assertTrue(server.model().passCount() - passes < ENDLESS, "it was not noticed");
    if (other != null) {
      assertEquals(1, server.model().runningRequestCount());
      other.close();
      awaitRunning(0);
    }
    assertEquals(text(before), text(ask(completion("Once", 6, false)).body()));
    awaitRunning(0);
    assertTrue(server.model().cacheByteSize() <= bytes + (1 << 20));
  }

  private static String text(String answer) {
    return JSON.readTree(answer).get("choices").get(0).get("text").asString();
  }

  @Test
  void answersAreTheSameWhateverRunsBesideThem() throws Exception {
    try (StoryServer shared = StoryServer.start()) {
      List<String> prompts =
          List.of("Once", "One day", "In a house", "There was", "A duck", "Then");
      List<String> alone = prompts.stream().map(prompt -> answer(shared, prompt)).toList();
      List<CompletableFuture<String>> together =
          IntStream.range(0, 18)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () -> answer(shared, prompts.get(i % prompts.size())),
                          Thread::startVirtualThread))
              .toList();
      for (int i = 0; i < together.size(); i++) {
        assertEquals(alone.get(i % prompts.size()), together.get(i).get());
      }
    }
  }

  private String answer(StoryServer shared, String prompt) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(shared.uri("/v1/completions"))
              .POST(HttpRequest.BodyPublishers.ofString(completion(prompt, 12, false)))
              .build();
      return text(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void figuresAreShown() throws IOException, InterruptedException {
    ask(completion("Once", 4, false));
    try (Stream<String> _ =
        client
            .send(post(completion("Once", 4, true)), HttpResponse.BodyHandlers.ofLines())
            .body()) {
      awaitRunning(0);
    }
    ask("{");
    awaitRunning(0);
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(server.uri("/metrics")).build(),
            HttpResponse.BodyHandlers.ofString());
    assertTrue(answer.headers().firstValue("Content-Type").orElseThrow().startsWith("text/plain"));
    List<String> lines = answer.body().lines().toList();
    for (String expected :
        List.of(
            "jmixtral_generation_tokens_total{model_name=\"storyteller\"} 8.0",
            "jmixtral_requests_running{model_name=\"storyteller\"} 0.0",
            "jmixtral_requests_waiting{model_name=\"storyteller\"} 0.0",
            "jmixtral_passes_total{model_name=\"storyteller\"} 8.0",
            "jmixtral_pass_sequences_total{model_name=\"storyteller\"} 8.0",
            "jmixtral_time_to_first_token_seconds_count{model_name=\"storyteller\"} 2",
            "jmixtral_request_success_total{finished_reason=\"length\",model_name=\"storyteller\"}"
                + " 2.0",
            "jmixtral_e2e_request_latency_seconds_count{model_name=\"storyteller\"} 2",
            "jmixtral_http_request_duration_seconds_count{method=\"POST\",model_name=\"storyteller\",route=\"/v1/completions\",status=\"200\"}"
                + " 2",
            "jmixtral_http_request_duration_seconds_count{method=\"POST\",model_name=\"storyteller\",route=\"/v1/completions\",status=\"400\"}"
                + " 1")) {
      assertTrue(lines.contains(expected), () -> expected + " in\n" + answer.body());
    }
    assertTrue(
        lines.stream()
            .anyMatch(line -> line.startsWith("jmixtral_expert_tokens_total{expert=\"0\"")));
    assertFalse(answer.body().contains("NaN"), answer.body());
  }
}
