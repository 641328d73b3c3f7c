package io.github.jmixtral.server.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.server.Programs;
import io.github.jmixtral.server.StoryServer;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's client for JavaScript; {@code src/test/node/openai.mjs} says what it does. */
class NodeOpenAiTest {
  private static final Path FOLDER = Fixtures.project().resolve("extensions/server/src/test/node");

  @Test
  void itsCallsAreAnswered(@TempDir Path temporary) throws IOException, InterruptedException {
    Path node = Programs.require("Node.js", "node", "node.exe");
    if (!Files.exists(FOLDER.resolve("node_modules/openai"))) {
      Programs.missing("the npm package openai is missing: run npm install in " + FOLDER);
    }
    try (StoryServer server = StoryServer.start();
        StoryServer withTools = StoryServer.startWithTools(temporary)) {
      Process process =
          new ProcessBuilder(node.toString(), "openai.mjs", server.openAi(), withTools.openAi())
              .directory(FOLDER.toFile())
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), said);
      server.awaitIdle();
    }
  }
}
