package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What loading says to the log; the tests' SLF4J provider writes it to standard error. */
@RunsOnce
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
    String log = LogCapture.of(() -> openWithoutWeights(LoadOptions.defaults()));
    assertEquals(1, log.lines().count(), log);
    assertTrue(log.contains("WARN"), log);
    assertTrue(log.contains(folder.resolve("config.json") + ": sliding_window is 4096"), log);
    assertTrue(log.contains("withSlidingWindow(0)"), log);
  }

  @Test
  void aWindowThatTheCallerChoseOrThatFitsTheModelIsNotDoubted() {
    writeConfig(4096, 4096, 32768);
    assertEquals(
        "", LogCapture.of(() -> openWithoutWeights(LoadOptions.defaults().withSlidingWindow(9))));
    assertEquals(
        "", LogCapture.of(() -> openWithoutWeights(LoadOptions.defaults().withSlidingWindow(0))));
    writeConfig(4096, 4096, 4096);
    assertEquals("", LogCapture.of(() -> openWithoutWeights(LoadOptions.defaults())));
    writeConfig(2048, 4096, 32768);
    assertEquals("", LogCapture.of(() -> openWithoutWeights(LoadOptions.defaults())));
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
      assertTrue(missing.getMessage().contains("has no weights"), missing.getMessage());
    }
  }
}
