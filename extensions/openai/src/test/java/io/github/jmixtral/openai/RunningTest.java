package io.github.jmixtral.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.openai.api.ApiAnswer;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.api.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Requests that run: at once, cancelled, failing. */
class RunningTest {
  private static final String LONG =
      "{'messages': [{'role': 'user', 'content': 'Hi'}], 'max_tokens': 4000, 'ignore_eos': true";

  @Test
  void answersDoNotDependOnTheirNeighbours() throws ExecutionException, InterruptedException {
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      String fields = i % 3 == 0 ? ", 'n': 2" : i % 3 == 1 ? ", 'logprobs': true" : "";
      bodies.add(
          "{'messages': [{'role': 'user', 'content': 'Story %d'}], 'max_tokens': 12, 'seed': %d%s}"
              .formatted(i, i, fields));
    }
    List<JsonNode> alone =
        bodies.stream()
            .map(body -> Models.answer(Models.STORY, Endpoint.CHAT_COMPLETIONS, body))
            .toList();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<JsonNode>> together =
          bodies.stream()
              .map(
                  body ->
                      threads.submit(
                          () -> Models.answer(Models.STORY, Endpoint.CHAT_COMPLETIONS, body)))
              .toList();
      for (int i = 0; i < bodies.size(); i++) {
        JsonNode expected = alone.get(i).get("choices");
        assertEquals(expected, together.get(i).get().get("choices"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 1", "false, 1", "true, 2", "false, 2"})
  void aCancelledRequestHasNoAnswer(boolean streaming, int count) {
    ApiRequest request =
        Models.read(
            Models.STORY,
            Endpoint.CHAT_COMPLETIONS,
            LONG + ", 'stream': " + streaming + ", 'n': " + count + "}");
    CancellationHandle cancellation = new CancellationHandle();
    Thread.ofVirtual()
        .start(
            () -> {
              while (Models.STORY_MODEL.runningRequestCount() == 0) {
                Thread.onSpinWait();
              }
              cancellation.cancel();
            });
    List<StreamEvent> events = new ArrayList<>();
    assertThrows(
        CancellationException.class,
        () -> {
          if (request.isStreaming()) {
            List<Generation> _ = request.stream(Models.STAMP, events::add, cancellation);
          } else {
            ApiAnswer _ = request.answer(Models.STAMP, cancellation);
          }
        });
    assertTrue(events.stream().noneMatch(event -> event.data().equals("[DONE]")));
  }

  @Test
  void aCancelledEmbeddingHasNoVectors() {
    ApiRequest request = Models.read(Models.STORY, Endpoint.EMBEDDINGS, "{'input': 'a'}");
    CancellationHandle cancellation = new CancellationHandle();
    cancellation.cancel();
    assertThrows(CancellationException.class, () -> request.answer(Models.STAMP, cancellation));
    assertTrue(!Thread.interrupted());
  }

  @ParameterizedTest
  @CsvSource({"1", "2"})
  void whatTheSinkThrowsEndsTheGenerationAndIsThrown(int count) {
    ApiRequest request =
        Models.read(
            Models.STORY,
            Endpoint.CHAT_COMPLETIONS,
            LONG + ", 'stream': true, 'n': " + count + "}");
    IllegalStateException gone = new IllegalStateException("the client is gone");
    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                request.stream(
                    Models.STAMP,
                    event -> {
                      throw gone;
                    },
                    new CancellationHandle()));
    assertSame(gone, thrown);
  }

  @Test
  void theSameStampAndSeedGiveTheSameBytes() {
    ApiRequest request =
        Models.read(
            Models.STORY,
            Endpoint.COMPLETIONS,
            "{'prompt': ['Once', 'One'], 'n': 2, 'seed': 5, 'max_tokens': 10}");
    String first = request.answer(Models.STAMP, new CancellationHandle()).body().toString();
    assertEquals(first, request.answer(Models.STAMP, new CancellationHandle()).body().toString());
    assertTrue(!Stamp.now().token().equals(Stamp.now().token()));
  }

  @Test
  void idsOfThePromptThatNeedNotBeComputedAreCounted() {
    String body = "{'prompt': '%s', 'max_tokens': 2}".formatted("One day a frog sang. ".repeat(20));
    JsonNode first = Models.answer(Models.STORY, Endpoint.COMPLETIONS, body).get("usage");
    JsonNode second = Models.answer(Models.STORY, Endpoint.COMPLETIONS, body).get("usage");
    assertEquals(0, first.at("/prompt_tokens_details/cached_tokens").intValue());
    assertTrue(second.at("/prompt_tokens_details/cached_tokens").intValue() > 64, second::toString);
    assertEquals(first.get("total_tokens"), second.get("total_tokens"));
  }

  @Test
  void theGenerationsOfAnAnswerAreThere() {
    ApiAnswer answer =
        Models.read(
                Models.STORY, Endpoint.COMPLETIONS, "{'prompt': 'Once', 'n': 2, 'max_tokens': 3}")
            .answer(Models.STAMP, new CancellationHandle());
    assertEquals(2, answer.generations().size());
    assertEquals(6, answer.body().at("/usage/completion_tokens").intValue());
  }

  @Test
  void aStreamThatFailsEndsWithAnErrorInItsForm() {
    ApiError error = ApiError.unavailable("The server stops.");
    StreamEvent chat =
        Models.read(Models.STORY, Endpoint.CHAT_COMPLETIONS, LONG + "}").failure(error, 3);
    assertEquals(error.toJson(), JsonMapper.shared().readTree(chat.data()));
    StreamEvent response =
        Models.read(Models.STORY, Endpoint.RESPONSES, "{'input': 'a'}").failure(error, 3);
    assertEquals("error", response.name());
    JsonNode event = JsonMapper.shared().readTree(response.data());
    assertEquals("The server stops.", event.get("message").stringValue());
    assertEquals(3, event.get("sequence_number").intValue());
  }
}
