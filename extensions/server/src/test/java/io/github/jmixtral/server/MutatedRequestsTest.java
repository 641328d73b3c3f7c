package io.github.jmixtral.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.mutation.Mutations;
import io.github.jmixtral.testkit.mutation.Seed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Requests that are broken in many ways are refused, and cost nothing that stays. {@code
 * -Djmixtral.mutants=N} sends more of them.
 */
class MutatedRequestsTest {
  private static final int MUTANTS = Integer.getInteger("jmixtral.mutants", 200);
  private static final int AT_ONCE = 8;
  private static final int PATIENCE_MILLIS = 400;

  /** In which a good request is answered even on a machine that is very busy. */
  private static final int LONG_MILLIS = 120_000;

  private static final Pattern STATUS = Pattern.compile("(?m)^HTTP/1\\.1 (\\d{3})");

  /** What HTTP asks servers to answer to methods, encodings and versions that they do not know. */
  private static final List<Integer> ALLOWED = List.of(501, 505);

  private static final String GOOD =
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 48\r\n\r\n"
          + "{\"prompt\":\"Once\",\"max_tokens\":4,\"temperature\":0}";

  private static final List<Seed> SEEDS =
      List.of(
          post(
              "/v1/chat/completions",
              "{\"messages\":[{\"role\":\"user\",\"content\":\"A"
                  + " duck\"}],\"max_tokens\":2,\"temperature\":0.5,\"stream\":true,\"stop\":[\"x\"],\"seed\":3,\"logprobs\":true,\"top_logprobs\":2}"),
          post(
              "/v1/chat/completions",
              "{\"messages\":[{\"role\":\"system\",\"content\":\"Be"
                  + " brief\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"A"
                  + " duck\"}]}],\"max_completion_tokens\":2,\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}}}}"),
          post(
              "/v1/completions",
              "{\"prompt\":[\"Once\",\"One"
                  + " day\"],\"max_tokens\":2,\"n\":2,\"echo\":true,\"logit_bias\":{\"7\":-1},\"frequency_penalty\":0.5}"),
          post("/v1/responses", "{\"input\":\"A duck\",\"max_output_tokens\":2,\"stream\":true}"),
          post(
              "/v1/embeddings",
              "{\"input\":[\"A duck\",\"A fox\"],\"encoding_format\":\"base64\"}"),
          post("/v1/score", "{\"text_1\":\"A duck\",\"text_2\":[\"swims\",\"flies\"]}"),
          post("/tokenize", "{\"content\":\"A duck\",\"add_special\":true}"),
          post("/detokenize", "{\"tokens\":[1,5,9]}"),
          post(
              "/api/chat",
              "{\"model\":\"storyteller\",\"messages\":[{\"role\":\"user\",\"content\":\"A"
                  + " duck\"}],\"options\":{\"num_predict\":2}}"),
          post(
              "/api/generate",
              "{\"model\":\"storyteller\",\"prompt\":\"A"
                  + " duck\",\"stream\":false,\"options\":{\"num_predict\":2}}"),
          post("/api/embed", "{\"model\":\"storyteller\",\"input\":[\"A duck\"]}"),
          Seed.joined(
              parts(
                  "GET /v1/models/storyteller?a=b HTTP/1.1\r\n",
                  "Host: localhost\r\n",
                  "Accept: */*\r\n",
                  "\r\n")),
          Seed.joined(
              parts(
                  "POST /tokenize HTTP/1.1\r\n",
                  "Host: localhost\r\n",
                  "Transfer-Encoding: chunked\r\n",
                  "\r\n",
                  "8\r\n{\"conten\r\n",
                  "c\r\nt\":\"A duck\"}\r\n",
                  "0\r\n\r\n")),
          Seed.of(GOOD + GOOD));

  /** A request whose length fits its body, however the body is changed. */
  private static Seed post(String path, String body) {
    return new Seed(
        parts(
            "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
            body),
        mutated -> {
          byte[] content = mutated.getLast();
          return Seed.joined(
                  List.of(
                      mutated.getFirst(),
                      ("Content-Length: " + content.length + "\r\n\r\n")
                          .getBytes(StandardCharsets.US_ASCII),
                      content))
              .file();
        });
  }

  private static List<byte[]> parts(String... texts) {
    return Arrays.stream(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  @Test
  void noneIsAFailureOfTheServerAndNoneStays() throws Exception {
    try (StoryServer server = StoryServer.start()) {
      String good = good(server);
      long bytes = server.model().cacheByteSize();
      List<Callable<Optional<String>>> attempts = new ArrayList<>();
      for (int number = 0; number < MUTANTS; number++) {
        int mutant = number;
        attempts.add(() -> verdict(server, mutant));
      }
      List<String> failures = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
        for (Future<Optional<String>> attempt : threads.invokeAll(attempts)) {
          attempt.get().ifPresent(failures::add);
        }
      }
      assertEquals(List.of(), failures, () -> String.join("\n\n", failures));
      server.awaitIdle();
      assertEquals(body(good), body(good(server)));
      server.awaitIdle();
      assertEquals(0, server.heldBytes());
      assertTrue(server.model().cacheByteSize() <= bytes + (1 << 20));
    }
  }

  /** What is wrong with the answers to a mutant. */
  private static Optional<String> verdict(StoryServer server, int number) throws IOException {
    var random = new SplittableRandom(number);
    Seed seed = SEEDS.get(number % SEEDS.size());
    List<byte[]> others = SEEDS.stream().map(Seed::file).toList();
    byte[] mutant = Mutations.of(seed, others, random);
    String answers = exchange(server, mutant, PATIENCE_MILLIS);
    return STATUS
        .matcher(answers)
        .results()
        .map(match -> Integer.parseInt(match.group(1)))
        .filter(status -> status >= 500 && !ALLOWED.contains(status))
        .findFirst()
        .map(
            status ->
                "mutant %d: status %d\n%s\n%s"
                    .formatted(number, status, printable(mutant), answers));
  }

  private static String printable(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    return text.substring(0, Math.min(2000, text.length()));
  }

  /** The answer to a good request, after which the connection ends. */
  private static String good(StoryServer server) throws IOException {
    byte[] last =
        GOOD.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.UTF_8);
    return exchange(server, last, LONG_MILLIS);
  }

  private static String body(String answer) {
    return answer.substring(answer.indexOf("\"choices\""));
  }

  /** Sends bytes and takes what is answered until nothing more comes; then the client leaves. */
  private static String exchange(StoryServer server, byte[] request, int patience)
      throws IOException {
    var answers = new ByteArrayOutputStream();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.uri("/").getPort())) {
      socket.setSoTimeout(patience);
      socket.getOutputStream().write(request);
      InputStream in = socket.getInputStream();
      byte[] piece = new byte[8192];
      for (int count = in.read(piece); count > 0; count = in.read(piece)) {
        answers.write(piece, 0, count);
      }
    } catch (SocketTimeoutException _) {
      // It waits for more, or the answer is long.
    } catch (SocketException _) {
      // Refused while it was sent.
    }
    return answers.toString(StandardCharsets.UTF_8);
  }
}
