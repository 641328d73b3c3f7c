package io.github.jmixtral.internal.writing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.HalfPrecision;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.checkpoint.WeightsAssert;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class CheckpointWriterTest {
  @TempDir Path folder;

  @Test
  void everyFixtureSurvivesSavingAndLoadingBitForBit() {
    for (String name : List.of("full-f32", "window-bf16", "classifier-f32", "sharded-f32")) {
      assertSurvives(Fixtures.folder(name), folder.resolve(name));
    }
    assertSurvives(Fixtures.storyteller(), folder.resolve("storyteller"));
  }

  @Test
  void fusedExpertsAreSavedUnderTheOlderNames() {
    Path saved = folder.resolve("saved");
    assertSurvives(Fixtures.folder("fused-v5-f32"), saved);
    try (Arena arena = Arena.ofConfined()) {
      Path original = Fixtures.folder("full-f32").resolve("model.safetensors");
      assertEquals(
          SafetensorsFile.open(original, arena).tensors().keySet(),
          SafetensorsFile.open(saved.resolve("model.safetensors"), arena).tensors().keySet());
    }
  }

  @Test
  void aSmallShardSizeGivesShardsAndAnIndex() throws IOException {
    Path saved = folder.resolve("saved");
    try (Checkpoint source = open(Fixtures.folder("full-f32"))) {
      CheckpointWriter.write(saved, source.config(), source.weights(), 400_000);
      try (Stream<Path> files = Files.list(saved)) {
        assertEquals(
            List.of(
                "config.json",
                "model-00001-of-00005.safetensors",
                "model-00002-of-00005.safetensors",
                "model-00003-of-00005.safetensors",
                "model-00004-of-00005.safetensors",
                "model-00005-of-00005.safetensors",
                "model.safetensors.index.json"),
            files.map(file -> file.getFileName().toString()).sorted().toList());
      }
      JsonNode index = JsonFile.read(saved.resolve("model.safetensors.index.json"));
      assertEquals(1938688, index.get("metadata").get("total_size").longValue());
      assertEquals(65, index.get("weight_map").size());
      try (Checkpoint read = open(saved)) {
        WeightsAssert.assertSameBits(source.weights(), read.weights());
      }
    }
  }

  @Test
  void aTensorLargerThanAShardGetsItsOwn() {
    Path saved = folder.resolve("saved");
    try (Checkpoint source = open(Fixtures.folder("full-f32"))) {
      CheckpointWriter.write(saved, source.config(), source.weights(), 1);
      assertTrue(Files.exists(saved.resolve("model-00065-of-00065.safetensors")));
      try (Checkpoint read = open(saved)) {
        WeightsAssert.assertSameBits(source.weights(), read.weights());
      }
    }
  }

  @Test
  void aModelWithoutItsHeadIsSavedAsTheReferenceSavesIt() {
    Path saved = folder.resolve("saved");
    try (Checkpoint source = open(Fixtures.folder("full-f32"))) {
      MixtralWeights headless = source.weights().withoutHead();
      CheckpointWriter.write(
          saved, source.config(), headless, CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      try (Checkpoint read = open(saved)) {
        WeightsAssert.assertSameBits(headless, read.weights());
        assertEquals(List.of("MixtralModel"), read.config().architectures());
      }
      try (Arena arena = Arena.ofConfined()) {
        SafetensorsFile file = SafetensorsFile.open(saved.resolve("model.safetensors"), arena);
        assertEquals(Dtype.F32, file.tensor("layers.0.self_attn.q_proj.weight").dtype());
        assertFalse(file.tensors().containsKey("lm_head.weight"));
      }
    }
  }

  @Test
  void aTiedHeadIsStoredOnce() {
    Path saved = folder.resolve("saved");
    try (Checkpoint source = open(Fixtures.folder("full-f32"))) {
      MixtralWeights weights = source.weights();
      MixtralWeights tied =
          new MixtralWeights(
              weights.embedTokens(),
              weights.layers(),
              weights.norm(),
              new MixtralWeights.Head.LanguageModel(weights.embedTokens()));
      MixtralConfig config = source.config().with(Map.of("tie_word_embeddings", true));
      CheckpointWriter.write(saved, config, tied, CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      try (Checkpoint read = open(saved)) {
        assertSame(read.weights().embedTokens(), read.languageModelHead());
        WeightsAssert.assertSameBits(tied, read.weights());
      }
    }
  }

  @Test
  void theConfigurationIsThatOfTheWeights() {
    Path saved = folder.resolve("saved");
    try (Checkpoint source = open(Fixtures.folder("window-bf16"))) {
      MixtralConfig config =
          source.config().with(Map.of("architectures", List.of(), "dtype", "float32"));
      CheckpointWriter.write(
          saved, config, source.weights(), CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      assertEquals(source.config(), MixtralConfig.fromPretrained(saved));
    }
  }

  @Test
  void normsThatTheMatricesDtypeCannotHoldAreKeptInFull() {
    Path saved = folder.resolve("saved");
    try (Checkpoint source = open(Fixtures.folder("window-bf16"))) {
      MixtralWeights weights = source.weights();
      float[] norm = weights.norm().clone();
      norm[3] = 1.0000001f;
      MixtralWeights finer =
          new MixtralWeights(weights.embedTokens(), weights.layers(), norm, weights.head());
      CheckpointWriter.write(
          saved, source.config(), finer, CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      try (Checkpoint read = open(saved)) {
        assertArrayEquals(norm, read.weights().norm());
        WeightsAssert.assertSameBits(finer, read.weights());
      }
      try (Arena arena = Arena.ofConfined()) {
        SafetensorsFile file = SafetensorsFile.open(saved.resolve("model.safetensors"), arena);
        assertEquals(Dtype.F32, file.tensor("model.norm.weight").dtype());
        assertEquals(Dtype.BF16, file.tensor("model.layers.0.input_layernorm.weight").dtype());
      }
    }
  }

  @Test
  void halfPrecisionSurvives() {
    Path half = folder.resolve("half");
    try (Checkpoint source = open(Fixtures.folder("full-f32"))) {
      CheckpointWriter.write(
          half,
          source.config(),
          HalfPrecision.of(source.weights()),
          CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
    }
    try (Checkpoint read = open(half)) {
      assertEquals(FloatFormat.F16, WeightsAssert.format(read.weights().embedTokens()));
      assertEquals("float16", read.config().dtype());
    }
    assertSurvives(half, folder.resolve("saved"));
  }

  @Test
  void aFolderThatHoldsWeightsIsLeftAlone() throws IOException {
    for (String name : List.of("other.safetensors", "model.safetensors.index.json")) {
      Path target = Files.createDirectory(folder.resolve("for-" + name));
      Files.createFile(target.resolve(name));
      try (Checkpoint source = open(Fixtures.folder("full-f32"))) {
        IllegalArgumentException failure =
            assertThrows(
                IllegalArgumentException.class,
                () ->
                    CheckpointWriter.write(
                        target,
                        source.config(),
                        source.weights(),
                        CheckpointWriter.DEFAULT_MAX_SHARD_BYTES));
        assertEquals(
            target + ": the folder has weights already, " + name + "; name another folder",
            failure.getMessage());
      }
      try (Stream<Path> files = Files.list(target)) {
        assertEquals(List.of(target.resolve(name)), files.toList());
      }
    }
  }

  @Test
  void aShardSizeIsPositive() {
    try (Checkpoint source = open(Fixtures.folder("full-f32"))) {
      assertThrows(
          IllegalArgumentException.class,
          () -> CheckpointWriter.write(folder, source.config(), source.weights(), 0));
    }
  }

  private static void assertSurvives(Path original, Path saved) {
    try (Checkpoint source = open(original)) {
      CheckpointWriter.write(
          saved, source.config(), source.weights(), CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      try (Checkpoint read = open(saved)) {
        WeightsAssert.assertSameBits(source.weights(), read.weights());
        assertEquals(source.config(), read.config());
      }
    }
  }

  private static Checkpoint open(Path folder) {
    return Checkpoint.open(folder, LoadOptions.defaults());
  }
}
