package io.github.jmixtral.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.server.config.ServerOptions;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every address of a server, as a client without a library sees it. */
class EndpointsTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static StoryServer server;

  @BeforeAll
  static void start() {
    server = StoryServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(server.uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(URI uri, String body)
      throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions | {'messages':[{'role':'user','content':'Hi'}],'max_tokens':2} |"
            + " choices",
        "/v1/completions | {'prompt':'Once','max_tokens':2} | choices",
        "/v1/responses | {'input':'Hi','max_output_tokens':2} | output",
        "/v1/embeddings | {'input':'Hi'} | data",
        "/v1/score | {'text_1':'Hi','text_2':'Ho'} | data",
        "/tokenize | {'content':'Once'} | tokens",
        "/v1/tokenize | {'prompt':'Once'} | tokens",
        "/detokenize | {'tokens':[419]} | content",
        "/api/chat |"
            + " {'model':'storyteller','messages':[{'role':'user','content':'Hi'}],'stream':false,'options':{'num_predict':2}}"
            + " | message",
        "/api/generate |"
            + " {'model':'storyteller','prompt':'Hi','stream':false,'options':{'num_predict':2}} |"
            + " response",
        "/api/embed | {'model':'storyteller','input':'Hi'} | embeddings",
        "/api/show | {'model':'storyteller'} | model_info"
      })
  void itAnswers(String path, String body, String field) throws IOException, InterruptedException {
    HttpResponse<String> answer = post(server.uri(path), body.replace('\'', '"'));
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("application/json", answer.headers().firstValue("Content-Type").orElseThrow());
    assertTrue(JSON.readTree(answer.body()).has(field), answer.body());
  }

  @ParameterizedTest
  @CsvSource({
    "/health, status",
    "/v1/models, data",
    "/v1/models/storyteller, id",
    "/api/tags, models",
    "/api/ps, models",
    "/api/version, version"
  })
  void itAnswersWithoutABody(String path, String field) throws IOException, InterruptedException {
    HttpResponse<String> answer = get(path);
    assertEquals(200, answer.statusCode(), answer.body());
    assertTrue(JSON.readTree(answer.body()).has(field), answer.body());
  }

  @Test
  void thePageComesWithAStrictPolicy() throws IOException, InterruptedException {
    HttpResponse<String> answer = get("/");
    assertEquals(200, answer.statusCode());
    assertTrue(answer.body().startsWith("<!doctype html>"));
    String policy = answer.headers().firstValue("Content-Security-Policy").orElseThrow();
    assertTrue(policy.startsWith("default-src 'none'; script-src 'sha256-"), policy);
    assertFalse(policy.contains("unsafe"), policy);
  }

  @Test
  void aStreamOfOpenAisApiIsMadeOfEvents() throws IOException, InterruptedException {
    HttpResponse<String> answer =
        post(
            server.uri("/v1/completions"),
            "{\"prompt\":\"Once\",\"max_tokens\":3,\"stream\":true}");
    assertEquals("text/event-stream", answer.headers().firstValue("Content-Type").orElseThrow());
    List<String> events = List.of(answer.body().split("\n\n"));
    assertEquals("data: [DONE]", events.getLast());
    for (String event : events.subList(0, events.size() - 1)) {
      assertTrue(event.startsWith("data: {") && !event.contains("\n"), event);
      JSON.readTree(event.substring(6));
    }
  }

  @Test
  void aStreamOfResponsesHasNamedEvents() throws IOException, InterruptedException {
    HttpResponse<String> answer =
        post(
            server.uri("/v1/responses"),
            "{\"input\":\"Hi\",\"max_output_tokens\":3,\"stream\":true}");
    List<String> names =
        answer.body().lines().filter(line -> line.startsWith("event: ")).distinct().toList();
    assertEquals("event: response.created", names.getFirst());
    assertEquals("event: response.incomplete", names.getLast());
  }

  @Test
  void aStreamOfOllamasApiIsMadeOfLines() throws IOException, InterruptedException {
    HttpResponse<String> answer =
        post(
            server.uri("/api/generate"),
            "{\"model\":\"storyteller\",\"prompt\":\"Hi\",\"options\":{\"num_predict\":3}}");
    assertEquals("application/x-ndjson", answer.headers().firstValue("Content-Type").orElseThrow());
    List<JsonNode> lines = answer.body().lines().map(JSON::readTree).toList();
    assertFalse(lines.getFirst().get("done").asBoolean());
    assertTrue(lines.getLast().get("done").asBoolean());
    assertEquals("length", lines.getLast().get("done_reason").asString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "7", "{\"messages\":7}", "\u0000"})
  void aBodyThatIsNoRequestIsRefused(String body) throws IOException, InterruptedException {
    HttpResponse<String> answer = post(server.uri("/v1/chat/completions"), body);
    assertEquals(400, answer.statusCode(), answer.body());
    JsonNode error = JSON.readTree(answer.body()).get("error");
    assertEquals("invalid_request_error", error.get("type").asString());
    HttpResponse<String> ollama = post(server.uri("/api/chat"), body);
    assertEquals(400, ollama.statusCode(), ollama.body());
    assertTrue(JSON.readTree(ollama.body()).get("error").isString(), ollama.body());
  }

  @Test
  void deepJsonIsRefused() throws IOException, InterruptedException {
    String deep = "{\"messages\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    assertEquals(400, post(server.uri("/v1/chat/completions"), deep).statusCode());
  }

  @Test
  void anUnknownModelIsNotFound() throws IOException, InterruptedException {
    String body = "{\"model\":\"other\",\"prompt\":\"Once\"}";
    assertEquals(404, post(server.uri("/v1/completions"), body).statusCode());
    assertEquals(404, post(server.uri("/api/generate"), body).statusCode());
    assertEquals(404, get("/v1/models/org%2Fother").statusCode());
  }

  @Test
  void aModelThatDoesNotClassifyOrCallToolsSaysSo() throws IOException, InterruptedException {
    HttpResponse<String> classify = post(server.uri("/v1/classify"), "{\"input\":\"Hi\"}");
    assertEquals(400, classify.statusCode(), classify.body());
    HttpResponse<String> tools =
        post(
            server.uri("/v1/chat/completions"),
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}");
    assertEquals(400, tools.statusCode(), tools.body());
  }

  @Test
  void aClassifiersFiguresAreShown() throws IOException, InterruptedException {
    try (var model =
            MixtralForSequenceClassification.fromPretrained(Fixtures.folder("classifier-f32"));
        MixtralServer moods =
            MixtralServer.start(
                ServedModel.of("mood", model),
                ServerOptions.defaults().withPort(0).withGracePeriod(Duration.ZERO))) {
      HttpResponse<String> label =
          post(moods.uri().resolve("/v1/classify"), "{\"input\": [1, 5, 6]}");
      assertEquals(200, label.statusCode(), label.body());
      List<String> figures =
          CLIENT
              .send(
                  HttpRequest.newBuilder(moods.uri().resolve("/metrics")).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body()
              .lines()
              .toList();
      for (String name : List.of("requests_running", "requests_waiting", "cache_bytes")) {
        assertTrue(
            figures.contains("jmixtral_" + name + "{model_name=\"mood\"} 0.0"), figures::toString);
      }
    }
  }
}
