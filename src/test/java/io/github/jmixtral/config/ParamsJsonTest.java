package io.github.jmixtral.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce
class ParamsJsonTest {
  /** As the release of 8x7B has it. */
  private static final String MIXTRAL =
      """
      {"dim": 4096, "n_layers": 32, "head_dim": 128, "hidden_dim": 14336, "n_heads": 32,
       "n_kv_heads": 8, "norm_eps": 1e-05, "vocab_size": 32000,
       "moe": {"num_experts_per_tok": 2, "num_experts": 8}}\
      """;

  @TempDir Path folder;

  @Test
  void theReleaseOfMixtral8x7BIsRead() throws IOException {
    MixtralConfig config = read(MIXTRAL);
    MixtralConfig expected =
        MixtralConfig.of(
            Map.ofEntries(
                Map.entry("vocab_size", 32000),
                Map.entry("hidden_size", 4096),
                Map.entry("intermediate_size", 14336),
                Map.entry("num_hidden_layers", 32),
                Map.entry("num_attention_heads", 32),
                Map.entry("num_key_value_heads", 8),
                Map.entry("head_dim", 128),
                Map.entry("num_local_experts", 8),
                Map.entry("num_experts_per_tok", 2),
                Map.entry("max_position_embeddings", 32768),
                Map.entry("rms_norm_eps", 1e-5),
                Map.entry("rope_theta", 1e6)));
    assertEquals(expected, config);
  }

  @Test
  void mixtral8x22BHasSeenMorePositions() throws IOException {
    assertEquals(65536, read(MIXTRAL.replace("4096", "6144")).maxPositionEmbeddings());
    assertEquals(32768, read(MIXTRAL.replace("4096", "1024")).maxPositionEmbeddings());
    String stored = MIXTRAL.replace("\"dim\"", "\"max_seq_len\": 77, \"dim\"");
    assertEquals(77, read(stored).maxPositionEmbeddings());
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw-pth", "raw-pt-stacked"})
  void bothSpellingsDescribeTheSameModel(String fixture) {
    MixtralConfig hub = MixtralConfig.fromPretrained(Fixtures.folder("full-f32"));
    MixtralConfig raw =
        MixtralConfig.fromPretrained(Fixtures.folder(fixture).resolve("params.json"));
    assertEquals(hub.hiddenSize(), raw.hiddenSize());
    assertEquals(hub.intermediateSize(), raw.intermediateSize());
    assertEquals(hub.numHiddenLayers(), raw.numHiddenLayers());
    assertEquals(hub.numAttentionHeads(), raw.numAttentionHeads());
    assertEquals(hub.numKeyValueHeads(), raw.numKeyValueHeads());
    assertEquals(hub.headDim(), raw.headDim());
    assertEquals(hub.numLocalExperts(), raw.numLocalExperts());
    assertEquals(hub.numExpertsPerTok(), raw.numExpertsPerTok());
    assertEquals(hub.vocabSize(), raw.vocabSize());
    assertEquals(hub.ropeTheta(), raw.ropeTheta());
    assertEquals(hub.rmsNormEps(), raw.rmsNormEps());
    assertEquals(hub.slidingWindow(), raw.slidingWindow());
  }

  @Test
  void withoutARopeThetaItIsAMillionInBothSpellings() throws IOException {
    assertEquals(1e6, read(MIXTRAL).ropeTheta());
    Path file = Fixtures.folder("raw-pt-stacked").resolve("params.json");
    assertEquals(
        1e6, read(Files.readString(file).replace("\"rope_theta\"", "\"other\"")).ropeTheta());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"moe\" | \"none\" | params.json: the key moe is missing; the model has no experts",
        "4096 | \"wide\" | params.json: dim: expected an integer, found \"wide\"",
        "4096 | -1 | params.json: dim: expected a positive number, found -1",
        "\"n_heads\": 32 | \"n_heads\": 31 | params.json: n_kv_heads: expected a divisor",
        "\"num_experts\": 8 | \"num_experts\": 1 | moe: num_experts_per_tok: expected at most",
        "{\"dim\" | {\"yarn\": {}, \"dim\" | params.json: yarn: a Mixtral has no such key",
        "{\"dim\" | [{\"dim\" | params.json",
      })
  void mistakesAreNamed(String from, String to, String part) {
    JmixtralException failure =
        assertThrows(JmixtralException.class, () -> read(MIXTRAL.replace(from, to)));
    assertTrue(failure.getMessage().contains(part), failure.getMessage());
    assertEquals(1, failure.getMessage().lines().count());
    Path missing = folder.resolve("missing.json");
    assertThrows(MissingFileException.class, () -> MixtralConfig.fromPretrained(missing));
  }

  private MixtralConfig read(String json) throws IOException {
    return MixtralConfig.fromPretrained(Files.writeString(folder.resolve("params.json"), json));
  }
}
