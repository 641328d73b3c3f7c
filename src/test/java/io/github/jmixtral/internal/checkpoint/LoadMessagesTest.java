package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What loading says to the log; the tests' SLF4J provider writes it to standard error. */
class LoadMessagesTest {
  @TempDir Path folder;

  @Test
  void oneLineTellsWhatWasOpened() {
    Path source = Fixtures.folder("window-bf16");
    try (Checkpoint opened = Checkpoint.open(source, LoadOptions.defaults())) {
      assertEquals(
          source + ": 3 layers, 96 tensors of [BF16], 1462144 bytes",
          Checkpoint.describe(source, opened.config(), opened.contents()));
    }
  }

  @Test
  void theWindowOfMistral7BInACopyOfMixtral8x7BIsDoubted() {
    writeConfig(4096, 4096, 32768);
    String log = logOf(() -> openWithoutWeights(LoadOptions.defaults()));
    assertEquals(1, log.lines().count(), log);
    assertTrue(log.contains("WARN"), log);
    assertTrue(log.contains(folder.resolve("config.json") + ": sliding_window is 4096"), log);
    assertTrue(log.contains("withoutSlidingWindow"), log);
  }

  @Test
  void aWindowThatTheCallerChoseOrThatFitsTheModelIsNotDoubted() {
    writeConfig(4096, 4096, 32768);
    assertEquals("", logOf(() -> openWithoutWeights(LoadOptions.defaults().withSlidingWindow(9))));
    assertEquals(
        "", logOf(() -> openWithoutWeights(LoadOptions.defaults().withoutSlidingWindow())));
    writeConfig(4096, 4096, 4096);
    assertEquals("", logOf(() -> openWithoutWeights(LoadOptions.defaults())));
    writeConfig(2048, 4096, 32768);
    assertEquals("", logOf(() -> openWithoutWeights(LoadOptions.defaults())));
  }

  private void writeConfig(int window, int hiddenSize, int positions) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("model_type", "mixtral").put("vocab_size", 32000).put("hidden_size", hiddenSize);
    config.put("intermediate_size", 14336).put("num_hidden_layers", 32);
    config.put("num_attention_heads", 32).put("num_key_value_heads", 8);
    config.put("max_position_embeddings", positions).put("sliding_window", window);
    JsonFile.write(folder.resolve("config.json"), config);
  }

  /** The configuration comes first, so a folder of it alone shows what is said of it. */
  private void openWithoutWeights(LoadOptions options) {
    try (Checkpoint opened = Checkpoint.open(folder, options)) {
      throw new AssertionError("opened " + opened.folder());
    } catch (MissingFileException missing) {
      assertTrue(missing.getMessage().contains("the weights"), missing.getMessage());
    }
  }

  private static String logOf(Runnable action) {
    PrintStream original = System.err;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
    try {
      action.run();
    } finally {
      System.setErr(original);
    }
    return captured.toString(StandardCharsets.UTF_8);
  }
}
