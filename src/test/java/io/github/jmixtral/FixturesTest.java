package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fixtures are whole: derived files are checked by digest when they are written. */
@RunsOnce
class FixturesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "full-f32/model.safetensors",
        "full-f32/expected.safetensors",
        "window-bf16/model.safetensors",
        "window-bf16/expected.safetensors",
        "classifier-f32/model.safetensors",
        "classifier-f32/expected.safetensors",
        "sharded-f32/model.safetensors.index.json",
        "sharded-f32/model-00001-of-00004.safetensors",
        "sharded-f32/model-00004-of-00004.safetensors",
        "fused-v5-f32/model.safetensors",
        "raw-safetensors/consolidated.safetensors",
        "raw-pth/consolidated.00.pth",
        "raw-pt-stacked/consolidated.01.pt",
        "tokenizer/tokenizer.model",
        "tokenizer/tokenizer.json",
        "tokenizer/tokenizer-metaspace.json",
        "tokenizer/cases.jsonl",
      })
  void aFolderHoldsItsFiles(String file) {
    int slash = file.indexOf('/');
    Path folder = Fixtures.folder(file.substring(0, slash));
    assertTrue(Files.isRegularFile(folder.resolve(file.substring(slash + 1))), file);
  }

  @Test
  void aFileThatLiesInNoFolderIsFound() {
    assertTrue(Files.isRegularFile(Fixtures.file("logits_processors.safetensors")));
  }

  @Test
  void theModelInTheBoxIsFound() {
    assertTrue(Files.isRegularFile(Fixtures.storyteller().resolve("model.safetensors")));
    assertTrue(Files.isRegularFile(Fixtures.storyteller().resolve("evaluation/greedy.json")));
    assertTrue(Files.isRegularFile(Fixtures.project().resolve("pom.xml")));
  }
}
