package io.github.jmixtral.openai;

import com.sun.management.ThreadMXBean;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.openai.ollama.OllamaApi;
import io.github.jmixtral.openai.ollama.OllamaEndpoint;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.Seed;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mutants of requests are answered, or refused by an error of the API; see {@link MutantRun}. */
class MutatedRequestsTest {
  /** What constraints and answers take, besides the request itself. */
  private static final long MOST_MEMORY = 1L << 28;

  private static final Duration LONGEST = Duration.ofMillis(30);

  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory());

  private static final OllamaApi OLLAMA = new OllamaApi(ServedModel.of("tools", Models.TOOL_MODEL));

  private static final String TOOLS =
      """
      "tools": [{"type": "function", "function": {"name": "weather", "description": "?",
       "strict": true, "parameters": {"type": "object", "required": ["city"],
        "properties": {"city": {"enum": ["Paris", "Rome"]}, "days": {"type": "integer"}}}}}]
      """;

  private static final String CHAT =
      """
      {"model": "tools", "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "name": "Ann", "content": [{"type": "text", "text": "How warm is it?"}]},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function",
          "function": {"name": "weather", "arguments": "{\\"city\\": \\"Rome\\"}"}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21"}],
       "temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.01, "seed": 1, "n": 2,
       "max_tokens": 3, "stop": ["."], "logprobs": true, "top_logprobs": 2, "stream": false,
       "logit_bias": {"5": -1}, "frequency_penalty": 0, "presence_penalty": 0,
       "repetition_penalty": 1.1, "min_tokens": 1, "parallel_tool_calls": true,
       "tool_choice": "auto", "user": "u", "metadata": {"a": "b"}, %s}
      """
          .formatted(TOOLS);

  private static final String STRUCTURED =
      """
      {"messages": [{"role": "user", "content": "?"}], "max_tokens": 9, "stream": true,
       "stream_options": {"include_usage": true},
       "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema":
         {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}}}
      """;

  private static final Map<Endpoint, List<String>> SEEDS =
      Map.of(
          Endpoint.CHAT_COMPLETIONS,
          List.of(CHAT, STRUCTURED),
          Endpoint.COMPLETIONS,
          List.of(
              """
              {"prompt": ["Once", "One day"], "max_tokens": 2, "n": 1, "best_of": 1, "echo": true,
               "stream": true, "temperature": 0}
              """,
              """
              {"prompt": [[5, 6], [7]], "max_tokens": 2, "logprobs": 1, "stop": "a", "seed": 3,
               "structured_outputs": {"choice": ["yes", "no"]}}
              """),
          Endpoint.RESPONSES,
          List.of(
              """
              {"instructions": "?", "input": [{"role": "user", "content": "How warm?"},
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "21"}],
               "max_output_tokens": 3, "stream": true, "top_logprobs": 1,
               "include": ["message.output_text.logprobs"], "tool_choice": "none",
               "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
               "text": {"format": {"type": "text"}}, "truncation": "disabled"}
              """),
          Endpoint.EMBEDDINGS,
          List.of(
              """
              {"input": ["a", [5, 6]], "encoding_format": "base64", "dimensions": 128}
              """),
          Endpoint.SCORE,
          List.of("{\"text_1\": \"a\", \"text_2\": [\"b\", \"c\"]}"),
          Endpoint.TOKENIZE,
          List.of(
              "{\"prompt\": \"abc\", \"add_special_tokens\": true, \"return_token_strs\": true}",
              "{\"content\": \"abc\", \"add_special\": true, \"with_pieces\": true}"),
          Endpoint.DETOKENIZE,
          List.of("{\"tokens\": [1, 5, 6, 300]}"));

  private static final Map<OllamaEndpoint, String> OLLAMA_SEEDS =
      Map.of(
          OllamaEndpoint.CHAT,
          """
          {"model": "tools:latest", "messages": [{"role": "user", "content": "How warm?"},
            {"role": "assistant", "content": "", "tool_calls": [
              {"function": {"name": "weather", "arguments": {"city": "Rome"}}}]},
            {"role": "tool", "tool_name": "weather", "content": "21"}],
           "options": {"num_predict": 3, "temperature": 0.1, "stop": ["."], "repeat_penalty": 1.1},
           "stream": true, "keep_alive": "5m", "think": false, %s}
          """
              .formatted(TOOLS),
          OllamaEndpoint.GENERATE,
          """
          {"prompt": "Once", "system": "?", "raw": false, "stream": false, "logprobs": true,
           "format": {"type": "integer"}, "options": {"num_predict": 5, "seed": 2}}
          """,
          OllamaEndpoint.EMBED,
          "{\"input\": [\"a\", \"b\"], \"truncate\": true}",
          OllamaEndpoint.SHOW,
          "{\"model\": \"tools\", \"verbose\": true}");

  @TempDir Path folder;

  /** Vectors take arrays until they are compiled, which says nothing about a request. */
  @BeforeAll
  static void generateUntilItAllocatesLittle() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    byte[] body = CHAT.getBytes(StandardCharsets.UTF_8);
    long allocated;
    do {
      long before = threads.getCurrentThreadAllocatedBytes();
      answer(Models.TOOLS.read(Endpoint.CHAT_COMPLETIONS, body));
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    } while (allocated > MOST_MEMORY / 8);
  }

  @AfterAll
  static void stopClock() {
    CLOCK.shutdownNow();
  }

  private static Stream<MutatedReader> readers() {
    return Stream.concat(
        SEEDS.entrySet().stream()
            .map(
                entry ->
                    reader(
                        entry.getKey().name(),
                        entry.getValue(),
                        body -> Models.TOOLS.read(entry.getKey(), body))),
        OLLAMA_SEEDS.entrySet().stream()
            .map(
                entry ->
                    reader(
                        "OLLAMA_" + entry.getKey(),
                        List.of(entry.getValue()),
                        body -> OLLAMA.read(entry.getKey(), body))));
  }

  private static MutatedReader reader(
      String name, List<String> seeds, Function<byte[], ApiRequest> reading) {
    return new MutatedReader(
        name,
        Map.of("request.json", seeds.stream().map(Seed::of).toList()),
        Map.of(),
        List.of(ApiException.class),
        MOST_MEMORY,
        mutant -> answer(reading.apply(mutant.bytes())));
  }

  private static void answer(ApiRequest request) {
    CancellationHandle cancellation = new CancellationHandle();
    var end = CLOCK.schedule(cancellation::cancel, LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    try {
      if (request.isStreaming()) {
        List<Generation> _ = request.stream(Models.STAMP, event -> {}, cancellation);
      } else {
        String _ = request.answer(Models.STAMP, cancellation).body().toString();
      }
    } catch (CancellationException e) {
      // A mutant may ask for many tokens.
    } finally {
      end.cancel(false);
    }
  }

  @ParameterizedTest
  @MethodSource("readers")
  void mutantsAreAnsweredOrRefused(MutatedReader reader) {
    MutantRun.of(reader, folder);
  }
}
