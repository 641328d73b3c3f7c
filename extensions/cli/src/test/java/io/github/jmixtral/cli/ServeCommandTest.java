package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code serve} in a process of its own, and what it refuses. */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class ServeCommandTest {
  private static final String LISTENING = "jmixtral: listening on ";
  @TempDir private Path temporary;
  private Process process;
  private URI uri;

  @AfterEach
  void end() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  private void serve(Path model, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-cp", Fixtures.classPath()));
    command.add(Main.class.getName());
    command.addAll(List.of("serve", "--port", "0", "--model", model.toString()));
    command.addAll(List.of(more));
    process = new ProcessBuilder(command).start();
    BufferedReader errors = process.errorReader(StandardCharsets.UTF_8);
    String line = errors.readLine();
    while (!line.startsWith(LISTENING)) {
      line = errors.readLine();
    }
    uri = URI.create(line.substring(LISTENING.length()));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(uri.resolve(path)).header("Content-Type", "application/json");
  }

  @Test
  void itAnswersAndEndsWithExitCodeZero() throws IOException, InterruptedException {
    Path keys = Files.writeString(temporary.resolve("keys"), "# mine\nsecret\n");
    serve(Fixtures.storyteller(), "--api-key-file", keys.toString());
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> refused =
          client.send(request("/v1/models").build(), HttpResponse.BodyHandlers.ofString());
      assertEquals(401, refused.statusCode());
      HttpResponse<String> models =
          client.send(
              request("/v1/models").header("Authorization", "Bearer secret").build(),
              HttpResponse.BodyHandlers.ofString());
      assertTrue(models.body().contains("\"id\":\"storyteller\""), models.body());
    }
    process.toHandle().destroy(); // unlike Process.destroy it leaves the streams open
    assertEquals("", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    int exitCode = process.waitFor();
    if (OS.current() != OS.WINDOWS) {
      assertEquals(0, exitCode);
    }
  }

  @Test
  void aClassifierIsServed() throws IOException, InterruptedException {
    serve(Fixtures.folder("classifier-f32"), "--name", "mood");
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              request("/v1/classify")
                  .POST(HttpRequest.BodyPublishers.ofString("{\"input\": [[1, 5, 6]]}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, answer.statusCode(), answer.body());
      assertTrue(answer.body().contains("\"probs\""), answer.body());
      HttpResponse<String> models =
          client.send(request("/v1/models").build(), HttpResponse.BodyHandlers.ofString());
      assertTrue(models.body().contains("\"id\":\"mood\""), models.body());
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // without signals
  void aStreamEndsWholeWithinTheGracePeriod() throws IOException, InterruptedException {
    serve(Fixtures.storyteller(), "--grace-period", "600");
    List<String> lines = streamDuringTheEnd(1, 400);
    assertEquals("data: [DONE]", lines.getLast());
    assertEquals(0, process.waitFor());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // without signals
  void aStreamThatTakesLongerEndsWithAnError() throws IOException, InterruptedException {
    serve(Fixtures.storyteller(), "--grace-period", "0");
    List<String> lines = streamDuringTheEnd(16, 4000);
    assertTrue(lines.getLast().contains("\"error\""), lines.getLast());
    assertEquals(0, process.waitFor());
  }

  /** Sends SIGTERM after a few tokens of some texts, and returns the stream's lines. */
  private List<String> streamDuringTheEnd(int texts, int tokens)
      throws IOException, InterruptedException {
    String body =
        "{\"prompt\": \"Once\", \"stream\": true, \"n\": %d, \"max_tokens\": %d, \"ignore_eos\": true}"
            .formatted(texts, tokens);
    try (HttpClient client = HttpClient.newHttpClient();
        Stream<String> stream =
            client
                .send(
                    request("/v1/completions")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                    HttpResponse.BodyHandlers.ofLines())
                .body()) {
      List<String> lines = new ArrayList<>();
      stream
          .filter(line -> !line.isEmpty())
          .forEach(
              line -> {
                lines.add(line);
                if (lines.size() == 3) {
                  process.destroy();
                }
              });
      return lines;
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // without signals
  void underLoadAllEndsWholeWithinTheGracePeriod() throws IOException, InterruptedException {
    serve(Fixtures.storyteller(), "--grace-period", "600");
    for (String answer : answersUnderLoad(100)) {
      assertTrue(answer.contains("\"completion_tokens\":100"), answer);
      assertTrue(answer.endsWith("data: [DONE]\n\n"), answer);
    }
    assertEquals(0, process.waitFor());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // without signals
  void underLoadWhatTakesLongerEndsWithAnError() throws IOException, InterruptedException {
    serve(Fixtures.storyteller(), "--grace-period", "0");
    for (String answer : answersUnderLoad(4000)) {
      String last = answer.strip().lines().toList().getLast();
      assertTrue(last.contains("the server is stopping"), answer);
    }
    assertEquals(0, process.waitFor());
  }

  /**
   * Sends SIGTERM while sixteen texts are streamed and six requests wait for their places.
   *
   * @param tokens of each text
   * @return what had no whole answer before
   */
  private List<String> answersUnderLoad(int tokens) throws IOException, InterruptedException {
    HttpRequest request =
        request("/v1/completions")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    """
                    {"prompt": "Once", "stream": true, "stream_options": {"include_usage": true},
                      "max_tokens": %d, "ignore_eos": true}
                    """
                        .formatted(tokens)))
            .build();
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      Load load;
      do {
        for (int i = 0; i < 22; i++) {
          answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }
        load = loadOfAll(client, answers);
      } while (load.running() < 16 || load.waiting() < 6); // The first have ended already.
      answers.removeIf(CompletableFuture::isDone);
      process.destroy();
      return answers.stream().map(answer -> answer.join().body()).toList();
    }
  }

  /** Waits until the server has received all requests; one that stops would refuse them. */
  private Load loadOfAll(HttpClient client, List<CompletableFuture<HttpResponse<String>>> answers)
      throws IOException, InterruptedException {
    while (true) {
      long answered = answers.stream().filter(CompletableFuture::isDone).count();
      Load load = load(client);
      if (answered + load.running() + load.waiting() >= answers.size()) {
        return load;
      }
      Thread.sleep(10);
    }
  }

  private Load load(HttpClient client) throws IOException, InterruptedException {
    String metrics =
        client.send(request("/metrics").build(), HttpResponse.BodyHandlers.ofString()).body();
    return new Load(figure(metrics, "running"), figure(metrics, "waiting"));
  }

  private static double figure(String metrics, String name) {
    String start = "jmixtral_requests_" + name;
    return metrics
        .lines()
        .filter(line -> line.startsWith(start))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  /** How many requests a server computes, and how many wait for their places. */
  private record Load(double running, double waiting) {}

  @Test
  void anAddressThatIsTakenIsBadInput() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = Integer.toString(taken.getLocalPort());
      CommandRun.of("serve", "--host", "0.0.0.0", "--port", port)
          .assertBadInput("0.0.0.0:" + port + ": the server cannot listen there");
    }
  }

  @Test
  void wrongOptionsAreExplained() throws IOException {
    Path empty = Files.createFile(temporary.resolve("empty"));
    CommandRun.of("serve", "--port", "70000").assertWrongUsage("port", "70000");
    CommandRun.of("serve", "--tls-key", "k.pem").assertWrongUsage("--tls-certificate");
    CommandRun.of("serve", "--tls-keystore", "k.p12").assertWrongUsage("--tls-keystore-password");
    CommandRun.of("serve", "--api-key-file", empty.toString()).assertWrongUsage("no key");
    CommandRun.of("serve", "--cors-origin", "chat.example").assertWrongUsage("chat.example");
    CommandRun.of("serve", "--max-requests", "0").assertWrongUsage("0");
    CommandRun.of("serve", "--max-body", "4096").assertWrongUsage("--max-body", "256");
    CommandRun.of("serve", "--api-key-file", temporary.resolve("none").toString())
        .assertBadInput("none: no such file");
  }
}
