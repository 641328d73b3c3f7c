package io.github.jmixtral.server;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.server.config.ServerOptions;
import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What {@code docs/server.md} shows. */
class ServerExamplesTest {
  /** The page names its paths from the project's root. */
  private static final class Path {
    static java.nio.file.Path of(String path) {
      return Fixtures.project().resolve(path);
    }
  }

  @Test
  void theExampleRuns() throws IOException, InterruptedException {
    PrintStream usual = System.out;
    var printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      // docs/server.md begins
      try (var model = MixtralForCausalLM.fromPretrained(Path.of("models/storyteller"));
          var server =
              MixtralServer.start(
                  ServedModel.of("storyteller", model), ServerOptions.defaults().withPort(0))) {
        var request =
            HttpRequest.newBuilder(server.uri().resolve("/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"prompt\": \"Once upon a time\"}"))
                .build();
        System.out.println(
            HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body());
      }
      // docs/server.md ends
    } finally {
      System.setOut(usual);
    }
    assertTrue(printed.toString(StandardCharsets.UTF_8).contains("\"text_completion\""));
  }
}
