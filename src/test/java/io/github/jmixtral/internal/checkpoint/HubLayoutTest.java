package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.format.TorchStates;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Which files of a folder hold the weights. */
@RunsOnce
class HubLayoutTest {
  private static final Path FULL = Fixtures.folder("full-f32");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "full-f32",
        "window-bf16",
        "quantized/gptq-v1-actorder",
        "quantized/bnb-nf4-bf16storage"
      })
  void aPickledModelIsTheModel(String fixture) throws IOException {
    Path source = Fixtures.folder(fixture);
    Files.copy(source.resolve("config.json"), folder.resolve("config.json"));
    pickle(source, "pytorch_model.bin", 1);
    assertSameWeights(source);
  }

  @Test
  void pickledShardsAreOneModel() throws IOException {
    copyConfig();
    pickle(FULL, "pytorch_model.bin", 3);
    assertEquals(3, CheckpointLayout.of(folder).weightFiles().size());
    assertEquals(
        Optional.of(folder.resolve("pytorch_model.bin.index.json")),
        CheckpointLayout.of(folder).indexFile());
    assertSameWeights(FULL);
    Files.delete(folder.resolve("pytorch_model-00002-of-00003.bin"));
    assertRefused(MissingFileException.class, "pytorch_model.bin.index.json names it");
  }

  @Test
  void safetensorsCountWhereThereArePicklesToo() throws IOException {
    copyConfig();
    copyWeights("model.safetensors");
    Files.writeString(folder.resolve("pytorch_model.bin"), "a pickle that nobody reads");
    assertSameWeights(FULL);
  }

  @Test
  void whatTrainingLeavesBehindIsNoModel() throws IOException {
    copyConfig();
    for (String name : List.of("training_args.bin", "optimizer.bin", "adapter_model.safetensors")) {
      Files.writeString(folder.resolve(name), "no weights of a model");
    }
    assertRefused(MissingFileException.class, "model.safetensors");
    pickle(FULL, "pytorch_model.bin", 2);
    assertSameWeights(FULL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gptq_model-4bit-128g.safetensors",
        "model-00001-of-00001.safetensors",
        "Mixtral.safetensors"
      })
  void theOnlyFileIsTheModelWhateverItsName(String name) throws IOException {
    copyConfig();
    copyWeights(name);
    Files.writeString(folder.resolve("expected.safetensors"), "what verify compares with");
    assertEquals(List.of(folder.resolve(name)), CheckpointLayout.of(folder).weightFiles());
    assertSameWeights(FULL);
  }

  @Test
  void allShardsOfASetNeedNoIndex() throws IOException {
    copyConfig();
    Path sharded = Fixtures.folder("sharded-f32");
    for (int shard = 1; shard <= 4; shard++) {
      String name = "model-%05d-of-00004.safetensors".formatted(shard);
      assertRefused(MissingFileException.class, shard == 1 ? "model.safetensors" : "-00004");
      Files.copy(sharded.resolve(name), folder.resolve(name));
    }
    assertSameWeights(FULL);
  }

  @Test
  void anIndexOfAnotherNameCounts() throws IOException {
    copyConfig();
    Path sharded = Fixtures.folder("sharded-f32");
    String index = Files.readString(sharded.resolve("model.safetensors.index.json"));
    Files.writeString(
        folder.resolve("gptq.safetensors.index.json"), index.replace("\"model-", "\"gptq-"));
    for (int shard = 1; shard <= 4; shard++) {
      String end = "-%05d-of-00004.safetensors".formatted(shard);
      Files.copy(sharded.resolve("model" + end), folder.resolve("gptq" + end));
    }
    assertSameWeights(FULL);
  }

  @Test
  void filesThatMayBeDifferentModelsAreNamed() throws IOException {
    copyConfig();
    copyWeights("a-4bit.safetensors");
    copyWeights("b-8bit.safetensors");
    assertRefused(
        UnsupportedCheckpointException.class,
        "leave one model in the folder: a-4bit.safetensors, b-8bit.safetensors");
  }

  @Test
  void aFileIsNoFolder() {
    Path file = FULL.resolve("model.safetensors");
    String message =
        assertThrows(UnsupportedCheckpointException.class, () -> CheckpointLayout.of(file))
            .getMessage();
    assertTrue(message.endsWith("this is neither a checkpoint folder nor a GGUF file"), message);
  }

  @Test
  void aGgufFileBesideAConfigurationIsTheModelWhereThereAreNoOtherWeights() throws IOException {
    copyConfig();
    Path source = Fixtures.folder("quantized/gguf-q4_0");
    Files.copy(source.resolve("q4_0.gguf"), folder.resolve("q4_0.gguf"));
    assertInstanceOf(GgufLayout.class, CheckpointLayout.of(folder));
    try (Checkpoint opened = open(folder)) {
      assertEquals(1905, opened.config().vocabSize());
    }
    copyWeights("model.safetensors");
    assertSameWeights(FULL);
  }

  private void copyConfig() throws IOException {
    Files.copy(FULL.resolve("config.json"), folder.resolve("config.json"));
  }

  private void copyWeights(String name) throws IOException {
    Files.copy(FULL.resolve("model.safetensors"), folder.resolve(name));
  }

  /** Writes the tensors of a folder as PyTorch does, in one file or as shards with an index. */
  private void pickle(Path source, String name, int shards) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      List<TensorEntry> tensors =
          new ArrayList<>(
              SafetensorsFile.open(source.resolve("model.safetensors"), arena).tensors().values());
      if (shards == 1) {
        TorchStates.write(folder.resolve(name), tensors);
        return;
      }
      ObjectNode index = JsonNodeFactory.instance.objectNode();
      ObjectNode map = index.putObject("weight_map");
      for (int shard = 0; shard < shards; shard++) {
        String file = name.replace(".bin", "-%05d-of-%05d.bin".formatted(shard + 1, shards));
        List<TensorEntry> part =
            tensors.subList(tensors.size() * shard / shards, tensors.size() * (shard + 1) / shards);
        part.forEach(tensor -> map.put(tensor.name(), file));
        TorchStates.write(folder.resolve(file), part);
      }
      JsonFile.write(folder.resolve(name + ".index.json"), index);
    }
  }

  private void assertSameWeights(Path expected) {
    try (Checkpoint wanted = open(expected);
        Checkpoint found = open(folder)) {
      assertInstanceOf(HubLayout.class, CheckpointLayout.of(folder));
      WeightsAssert.assertSameBits(wanted.weights(), found.weights());
    }
  }

  private static Checkpoint open(Path path) {
    return Checkpoint.openAsStored(CheckpointLayout.of(path));
  }

  private void assertRefused(Class<? extends JmixtralException> type, String part) {
    String message = assertThrows(type, () -> open(folder).close()).getMessage();
    assertTrue(message.contains(part), message);
    assertEquals(1, message.lines().count());
  }
}
