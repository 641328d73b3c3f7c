package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders whose files are well-formed, but whose tensors are not those of their config.json. */
@RunsOnce
class CheckpointRulesTest {
  private static final String QUERY = "model.layers.1.self_attn.q_proj.weight";

  @TempDir Path folder;
  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void unmap() {
    arena.close();
  }

  @Test
  void aMissingTensorIsNamedWithItsShape() {
    refuses(
        full().remove(QUERY),
        "tensor '" + QUERY + "': the tensor is missing; its shape should be [64, 64]");
    refuses(
        full().remove("model.norm.weight"),
        "tensor 'model.norm.weight': the tensor is missing; its shape should be [64]");
    refuses(
        full().remove("model.layers.0.block_sparse_moe.experts.7.w2.weight"),
        "tensor 'model.layers.0.block_sparse_moe.experts.7.w2.weight': the tensor is missing; its"
            + " shape should be [64, 128]");
    refuses(
        full().remove("lm_head.weight"),
        "tensor 'lm_head.weight': the tensor is missing; its shape should be [512, 64]");
    refuses(
        full().remove("model.embed_tokens.weight"),
        "tensor 'model.embed_tokens.weight': the tensor is missing; its shape should be [512, 64]");
  }

  @Test
  void aMissingFusedTensorIsNamedWithItsShape() {
    refuses(
        fused().remove("model.layers.1.mlp.experts.down_proj"),
        "tensor 'model.layers.1.mlp.experts.down_proj': the tensor is missing; its shape should be"
            + " [8, 64, 128]");
  }

  @Test
  void aMisshapenTensorIsNamedWithBothShapes() {
    refuses(
        full().put(QUERY, Dtype.F32, 64L, 63L),
        "tensor '" + QUERY + "': expected shape [64, 64], found [64, 63]");
    refuses(
        full().put(QUERY, Dtype.F32, 64L * 64L),
        "tensor '" + QUERY + "': expected shape [64, 64], found [4096]");
    refuses(
        full().put("model.norm.weight", Dtype.F32, 64L, 1L),
        "tensor 'model.norm.weight': expected shape [64], found [64, 1]");
    refuses(
        fused().put("model.layers.0.mlp.experts.gate_up_proj", Dtype.F32, 8L, 64L, 256L),
        "tensor 'model.layers.0.mlp.experts.gate_up_proj': expected shape [8, 256, 64], found [8,"
            + " 64, 256]");
  }

  @Test
  void sizesOfTheConfigurationDecideTheShapes() {
    refuses(
        full().configure(config -> config.put("vocab_size", 513)),
        "tensor 'model.embed_tokens.weight': expected shape [513, 64], found [512, 64]");
    refuses(
        full().configure(config -> config.put("num_local_experts", 2147483647)),
        "gate.weight': expected shape [2147483647, 64], found [8, 64]");
    refuses(
        full().configure(config -> config.put("intermediate_size", 2147483647)),
        "w1.weight': expected shape [2147483647, 64], found [128, 64]");
    refuses(
        full().configure(config -> config.put("num_hidden_layers", 2147483647)),
        "tensor 'model.layers.2.input_layernorm.weight': the tensor is missing; its shape should be"
            + " [64]");
  }

  @Test
  void ofShardsTheIndexIsNamedWhereATensorIsMissing() throws IOException {
    Path source = Fixtures.folder("sharded-f32");
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    MixtralConfig deeper =
        MixtralConfig.fromPretrained(source).with(Map.of("num_hidden_layers", 3));
    deeper.savePretrained(folder);
    MalformedFileException failure =
        assertThrows(
            MalformedFileException.class,
            () -> Checkpoint.open(folder, LoadOptions.defaults()).close());
    assertEquals(
        folder.resolve("model.safetensors.index.json")
            + ": tensor 'model.layers.2.input_layernorm.weight': the tensor is missing; its shape"
            + " should be [64]",
        failure.getMessage());
  }

  @Test
  void anotherDtypeIsNamed() {
    refuses(
        full().put(QUERY, Dtype.I8, 64L, 64L),
        "tensor '" + QUERY + "': expected dtype F32, F16 or BF16, found I8");
    refuses(
        full().put("model.norm.weight", Dtype.F64, 64L),
        "tensor 'model.norm.weight': expected dtype F32, F16 or BF16, found F64");
  }

  @Test
  void extraTensorsAreNamedInAWarning() {
    assertWarns(
        full().put("model.layers.0.self_attn.q_proj.bias", Dtype.F32, 64L),
        ": 1 tensors are passed over",
        "'model.layers.0.self_attn.q_proj.bias'");
    assertWarns(
        full().configure(config -> config.put("num_hidden_layers", 1)),
        ": 31 tensors are passed over",
        "'model.layers.1.");
    for (Dtype dtype : new Dtype[] {Dtype.U8, Dtype.U16, Dtype.U32, Dtype.I64, Dtype.BOOL}) {
      assertWarns(full().put("model.extra.weight", dtype, 2L, 64L), "'model.extra.weight'");
    }
    assertWarns(
        fused().put("model.layers.0.block_sparse_moe.gate.weight", Dtype.F32, 8L, 64L),
        "'model.layers.0.block_sparse_moe.gate.weight'");
  }

  private void assertWarns(DamagedCheckpoint checkpoint, String... parts) {
    String log = LogCapture.of(() -> open(checkpoint).close());
    assertEquals(1, log.lines().filter(line -> line.contains("passed over")).count(), log);
    for (String part : parts) {
      assertTrue(log.contains(part), part + " in: " + log);
    }
  }

  @Test
  void otherQuantisationsOfMlxThanTheAffineOneAreRefusedByName() {
    String stem = QUERY.substring(0, QUERY.length() - "weight".length());
    DamagedCheckpoint checkpoint =
        full().put(QUERY, Dtype.U32, 64L, 8L).put(stem + "scales", Dtype.U8, 64L, 2L);
    UnsupportedCheckpointException failure =
        assertThrows(UnsupportedCheckpointException.class, () -> open(checkpoint).close());
    assertTrue(failure.getMessage().contains("mxfp4"), failure.getMessage());
    assertTrue(failure.getMessage().contains(stem + "scales"), failure.getMessage());
  }

  @Test
  void partsOfMlxsQuantisationThatDoNotFitEachOtherAreMalformed() {
    String stem = QUERY.substring(0, QUERY.length() - "weight".length());
    assertMalformed(
        full().put(QUERY, Dtype.U32, 64L, 8L).put(stem + "scales", Dtype.F16, 64L, 1L),
        stem + "biases");
    assertMalformed(
        full()
            .put(QUERY, Dtype.U32, 64L, 8L)
            .put(stem + "scales", Dtype.F16, 64L, 3L)
            .put(stem + "biases", Dtype.F16, 64L, 3L),
        "groups of the 64 columns");
    assertMalformed(
        full().put(QUERY, Dtype.U32, 64L, 30L).put(stem + "scales", Dtype.F16, 64L, 1L),
        "2 to 8 bits");
  }

  private void assertMalformed(DamagedCheckpoint checkpoint, String part) {
    MalformedFileException failure =
        assertThrows(MalformedFileException.class, () -> open(checkpoint).close());
    assertTrue(failure.getMessage().contains(part), failure.getMessage());
  }

  @Test
  void wavelengthsThatOldVersionsSavedArePassedOver() {
    DamagedCheckpoint checkpoint =
        full()
            .put("model.layers.0.self_attn.rotary_emb.inv_freq", Dtype.F32, 8L)
            .put("model.rotary_emb.inv_freq", Dtype.F32, 8L);
    try (Checkpoint opened = open(checkpoint)) {
      assertEquals(2, opened.weights().layers().size());
    }
  }

  @Test
  void aPartOfAQuantisedWeightAloneIsMalformed() {
    for (String suffix :
        new String[] {
          "qweight", "weight_packed", "weight_scale", "weight_scale_inv", "weight.absmax", "SCB"
        }) {
      String name = "model.layers.0.self_attn.q_proj." + suffix;
      assertThrows(
          JmixtralException.class, () -> open(full().put(name, Dtype.U8, 4L)).close(), suffix);
    }
  }

  @Test
  void aTiedHeadMayBeAbsent() {
    try (Checkpoint tied =
        open(
            full()
                .remove("lm_head.weight")
                .configure(config -> config.put("tie_word_embeddings", true)))) {
      assertSame(tied.weights().embedTokens(), tied.languageModelHead());
    }
  }

  @Test
  void aStoredHeadCountsThoughItIsCalledTied() {
    try (Checkpoint tied =
        open(full().configure(config -> config.put("tie_word_embeddings", true)))) {
      assertNotSame(tied.weights().embedTokens(), tied.languageModelHead());
    }
  }

  @Test
  void aModelSavedWithoutAHeadLoadsWithoutOne() {
    DamagedCheckpoint headless =
        full()
            .remove("lm_head.weight")
            .rename(name -> name.substring("model.".length()))
            .configure(config -> config.putArray("architectures").add("MixtralModel"));
    try (Checkpoint opened = open(headless)) {
      assertInstanceOf(MixtralWeights.Head.None.class, opened.weights().head());
      String message =
          assertThrows(UnsupportedCheckpointException.class, opened::languageModelHead)
              .getMessage();
      assertTrue(message.contains("this is a model without a head"), message);
      assertThrows(UnsupportedCheckpointException.class, opened::classifierHead);
    }
  }

  @Test
  void aBareModelMayKeepThePrefix() {
    DamagedCheckpoint headless =
        full()
            .remove("lm_head.weight")
            .configure(config -> config.putArray("architectures").add("MixtralModel"));
    try (Checkpoint opened = open(headless)) {
      assertInstanceOf(MixtralWeights.Head.None.class, opened.weights().head());
    }
  }

  @Test
  void aClassifierIsKnownByItsScoreMatrix() {
    DamagedCheckpoint classifier =
        new DamagedCheckpoint(Fixtures.folder("classifier-f32"), arena)
            .configure(config -> config.remove("architectures"));
    try (Checkpoint opened = open(classifier)) {
      assertEquals(3, opened.classifierHead().rows());
    }
    refuses(
        new DamagedCheckpoint(Fixtures.folder("classifier-f32"), arena).remove("score.weight"),
        "tensor 'score.weight': the tensor is missing; its shape should be [3, 64]");
  }

  @Test
  void aLanguageModelIsNoClassifierAndSaysSo() {
    try (Checkpoint opened = open(full())) {
      String message =
          assertThrows(UnsupportedCheckpointException.class, opened::classifierHead).getMessage();
      assertTrue(
          message.endsWith(
              "this is a language model (lm_head.weight), not a classifier (score.weight)"),
          message);
    }
  }

  @Test
  void eachLayerMayHaveItsOwnLayout() {
    DamagedCheckpoint mixed = fused();
    DamagedCheckpoint separate = full();
    mixed.rename(name -> name.startsWith("model.layers.1.mlp.") ? null : name);
    mixed.addAll(separate, name -> name.startsWith("model.layers.1.block_sparse_moe."));
    try (Checkpoint opened = open(mixed);
        Checkpoint expected =
            Checkpoint.open(Fixtures.folder("full-f32"), LoadOptions.defaults())) {
      WeightsAssert.assertSameBits(expected.weights(), opened.weights());
    }
  }

  private DamagedCheckpoint full() {
    return new DamagedCheckpoint(Fixtures.folder("full-f32"), arena);
  }

  private DamagedCheckpoint fused() {
    return new DamagedCheckpoint(Fixtures.folder("fused-v5-f32"), arena);
  }

  private Checkpoint open(DamagedCheckpoint checkpoint) {
    return Checkpoint.open(checkpoint.write(folder), LoadOptions.defaults());
  }

  private void refuses(DamagedCheckpoint checkpoint, String... parts) {
    MalformedFileException failure =
        assertThrows(MalformedFileException.class, () -> open(checkpoint).close());
    String message = failure.getMessage();
    assertTrue(message.startsWith(folder.resolve("model.safetensors") + ": "), message);
    for (String part : parts) {
      assertTrue(message.contains(part), part + " in: " + message);
    }
  }
}
