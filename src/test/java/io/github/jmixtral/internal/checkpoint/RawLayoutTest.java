package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce
class RawLayoutTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"raw-safetensors", "raw-pth", "raw-pt-stacked"})
  void aRawReleaseHasTheBitsOfTheHubsFolder(String name) {
    try (Checkpoint expected = open(Fixtures.folder("full-f32"));
        Checkpoint found = open(Fixtures.folder(name))) {
      WeightsAssert.assertSameBits(expected.weights(), found.weights());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "raw-safetensors, raw, 65, consolidated.safetensors",
    "raw-pth, raw, 65, consolidated.00.pth",
    "raw-pt-stacked, raw-stacked, 23, consolidated.00.pt consolidated.01.pt"
  })
  void itsContentsAreTold(String name, String layout, int tensors, String files) {
    try (Checkpoint opened = open(Fixtures.folder(name))) {
      CheckpointContents contents = opened.contents();
      assertEquals(layout, contents.layout());
      assertEquals(tensors, contents.total().tensors());
      assertEquals(484_672, contents.total().parameters());
      assertEquals(
          List.of(files.split(" ")),
          contents.files().stream().map(file -> file.getFileName().toString()).toList());
    }
  }

  @Test
  void aFolderWithTheHubsWeightsTooIsTheHubs() throws IOException {
    copy("full-f32", "config.json", "model.safetensors");
    copy("raw-pth", "consolidated.00.pth", "params.json");
    assertTrue(CheckpointLayout.of(folder) instanceof HubLayout);
  }

  @Test
  void aCopyOnTheHubMayDescribeItByItsConfigAlone() throws IOException {
    copy("full-f32", "config.json");
    copy("raw-pth", "consolidated.00.pth");
    try (Checkpoint opened = open(folder)) {
      assertEquals("raw", opened.contents().layout());
    }
  }

  @Test
  void aVersionedTokenizerIsFound() throws IOException {
    copy("raw-safetensors", "consolidated.safetensors", "params.json");
    assertTrue(CheckpointLayout.of(folder).tokenizer().isEmpty());
    Path tokenizer = Fixtures.folder("tokenizer").resolve("tokenizer.model");
    Files.writeString(folder.resolve("tokenizer.model.v1"), "an older one");
    Files.copy(tokenizer, folder.resolve("tokenizer.model.v3"));
    CheckpointLayout layout = CheckpointLayout.of(folder);
    assertEquals("tokenizer.model.v3", layout.tokenizerFile().get().getFileName().toString());
    assertEquals(32000, layout.tokenizer().get().vocabSize());
    assertEquals(32000, Tokenizer.fromPretrained(folder).vocabSize());
  }

  @Test
  void missingFilesAreNamed() throws IOException {
    copy("raw-pth", "params.json");
    assertMessage(MissingFileException.class, "consolidated.safetensors, .pth or .pt");
    Files.delete(folder.resolve("params.json"));
    copy("raw-pth", "consolidated.00.pth");
    assertMessage(MissingFileException.class, "params.json");
  }

  @Test
  void aPartOfASplitModelIsRefused() throws IOException {
    copy("raw-pth", "params.json", "consolidated.00.pth");
    Files.copy(folder.resolve("consolidated.00.pth"), folder.resolve("consolidated.01.pth"));
    assertMessage(
        MalformedFileException.class,
        "consolidated.01.pth: tensor 'tok_embeddings.weight': the tensor is in "
            + folder.resolve("consolidated.00.pth")
            + ","
            + " too");
  }

  @Test
  void missingAndFurtherTensorsAreNamed() throws IOException {
    copy("raw-pt-stacked", "params.json", "consolidated.00.pt");
    assertMessage(MalformedFileException.class, "the tensor is missing");
    copy("raw-pt-stacked", "consolidated.01.pt");
    String params = Files.readString(folder.resolve("params.json"));
    Files.writeString(
        folder.resolve("params.json"),
        params.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1"));
    assertMessage(
        MalformedFileException.class, "a Mixtral as params.json describes it has no such tensor");
    Files.writeString(
        folder.resolve("params.json"),
        params.replace("\"intermediate_size\": 128", "\"intermediate_size\": 64"));
    assertMessage(
        MalformedFileException.class,
        "tensor 'layers.0.block_sparse_moe.w1': expected shape [512, 64], found [1024, 64]");
  }

  private <T extends RuntimeException> void assertMessage(Class<T> type, String part) {
    String message = assertThrows(type, () -> open(folder).close()).getMessage();
    assertTrue(message.contains(part), message);
    assertEquals(1, message.lines().count());
  }

  private void copy(String fixture, String... names) throws IOException {
    for (String name : names) {
      Files.copy(Fixtures.folder(fixture).resolve(name), folder.resolve(name));
    }
  }

  private static Checkpoint open(Path folder) {
    return Checkpoint.open(folder, LoadOptions.defaults());
  }
}
