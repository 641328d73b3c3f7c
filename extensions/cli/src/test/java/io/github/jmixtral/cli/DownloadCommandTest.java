package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.SmallHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadCommandTest {
  @TempDir private Path cache;
  private SmallHub hub;

  @BeforeEach
  void putAModelOnTheHub() throws IOException {
    hub = new SmallHub();
    try (Stream<Path> files = Files.list(Fixtures.folder("full-f32"))) {
      for (Path file : files.toList()) {
        hub.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
  }

  @AfterEach
  void closeTheHub() {
    hub.close();
  }

  @Test
  void aDownloadedModelLoadsByItsName() throws IOException {
    String folder = run("download", SmallHub.MODEL).assertGood().out().strip();
    assertTrue(folder.endsWith("snapshots/" + SmallHub.COMMIT), folder);
    String name = run("inspect", "--json", "--model", SmallHub.MODEL).assertGood().out();
    assertEquals(run("inspect", "--json", "--model", folder).assertGood().out(), name);
    assertEquals(
        folder,
        run("download", "--json", SmallHub.MODEL).assertGood().json().get("path").asString());
  }

  @Test
  void badInputIsOneLine() {
    run("download", "org/unknown").assertBadInput("org/unknown", "404");
    run("download", SmallHub.MODEL, "--include", "*.exe")
        .assertBadInput(SmallHub.MODEL, "not have a file that matches *.exe", "config.json");
    run("download", "nowhere").assertWrongUsage("is not of the form ORG/NAME", "nowhere");
    hub.requireToken("secret");
    run("download", SmallHub.MODEL).assertBadInput(SmallHub.MODEL, "HF_TOKEN", "401");
  }

  @Test
  void theTokenOfALogInOpensAGatedModel() throws IOException {
    hub.requireToken("secret");
    Files.writeString(cache.resolve("token"), "secret\n");
    run("download", SmallHub.MODEL).assertGood();
  }

  private CommandRun run(String... arguments) {
    Map<String, String> environment =
        Map.of(
            "HF_ENDPOINT", hub.address(),
            "HF_HOME", cache.toString(),
            "HF_HUB_CACHE", cache.resolve("models").toString());
    return CommandRun.withEnvironment(environment, arguments);
  }
}
