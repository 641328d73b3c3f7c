package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A conversation on a terminal, where Ctrl-C is a signal; {@code script} makes the terminal. */
class TerminalChatTest {
  private static final Path SCRIPT = Path.of("/usr/bin/script");
  private static final byte CTRL_C = 3;
  private static final String PROMPT = "\n> ";
  private static final int PATIENCE_SECONDS = 120;

  private Process process;
  private final StringBuilder seen = new StringBuilder();

  private void chat() throws IOException {
    boolean linux = System.getProperty("os.name").equals("Linux");
    assumeTrue(linux && Files.isExecutable(SCRIPT), "no script that makes terminals");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    // A background job's children ignore interrupts, and Java then does so, too.
    String command =
        "exec env --default-signal=INT '%s' --add-modules jdk.incubator.vector -cp '%s' %s chat --model '%s' --greedy"
            .formatted(java, Fixtures.classPath(), Main.class.getName(), Fixtures.storyteller());
    String endless = " --max-new-tokens 10000000 --set min_new_tokens=10000000";
    process =
        new ProcessBuilder(SCRIPT.toString(), "-qefc", command + endless, "/dev/null")
            .redirectErrorStream(true)
            .start();
    // Whatever is awaited in vain ends with the process.
    CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS).execute(this::end);
  }

  @AfterEach
  void end() {
    if (process != null) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  @Test
  void anInterruptEndsTheAnswerAndAtAnEmptyPromptTheConversation() throws Exception {
    chat();
    Reader screen = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8);
    awaitPrompt(screen);
    type("Tell a story.\n");
    await(screen, 400);
    type(CTRL_C);
    awaitPrompt(screen);
    type("Go on.\n");
    await(screen, 400);
    type(CTRL_C);
    awaitPrompt(screen);
    assertTrue(process.isAlive());
    type(CTRL_C);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(130, process.exitValue());
  }

  private void type(String text) throws IOException {
    seen.setLength(0);
    OutputStream keyboard = process.getOutputStream();
    keyboard.write(text.getBytes(StandardCharsets.UTF_8));
    keyboard.flush();
  }

  private void type(byte key) throws IOException {
    seen.setLength(0);
    process.getOutputStream().write(key);
    process.getOutputStream().flush();
  }

  private void awaitPrompt(Reader screen) throws IOException {
    while (seen.length() < PROMPT.length()
        || !seen.substring(seen.length() - PROMPT.length()).equals(PROMPT)) {
      read(screen);
    }
  }

  private void await(Reader screen, int characters) throws IOException {
    while (seen.length() < characters) {
      read(screen);
    }
  }

  private void read(Reader screen) throws IOException {
    int next = screen.read();
    if (next < 0) {
      throw new AssertionError("the conversation has ended: " + seen);
    }
    if (next != '\r') {
      seen.append((char) next);
    }
  }
}
