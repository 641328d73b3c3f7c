package io.github.jmixtral.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@RunsOnce
class MixtralConfigTest {
  private static final String SIZES =
      "'model_type':'mixtral','vocab_size':100,'hidden_size':64,'intermediate_size':96,"
          + "'num_hidden_layers':3,'num_attention_heads':16";

  @TempDir Path folder;

  @Test
  void transformers5SpellingIsRead() {
    MixtralConfig config = MixtralConfig.fromPretrained(Fixtures.folder("window-bf16"));
    assertEquals(512, config.vocabSize());
    assertEquals(64, config.hiddenSize());
    assertEquals(128, config.intermediateSize());
    assertEquals(3, config.numHiddenLayers());
    assertEquals(4, config.numAttentionHeads());
    assertEquals(2, config.numKeyValueHeads());
    assertEquals(32, config.headDim());
    assertEquals(8, config.numLocalExperts());
    assertEquals(2, config.numExpertsPerTok());
    assertEquals(512, config.maxPositionEmbeddings());
    assertEquals(1e-5, config.rmsNormEps());
    assertEquals(1e6, config.ropeTheta());
    assertEquals(OptionalInt.of(16), config.slidingWindow());
    assertFalse(config.tieWordEmbeddings());
    assertEquals(OptionalInt.of(1), config.bosTokenId());
    assertArrayEquals(new int[] {2}, config.eosTokenIds());
    assertEquals(OptionalInt.of(0), config.padTokenId());
    assertEquals(0.02, config.routerAuxLossCoef());
    assertFalse(config.outputRouterLogits());
    assertEquals(List.of("MixtralForCausalLM"), config.architectures());
    assertEquals("bfloat16", config.dtype());
  }

  /** The file that Mixtral-8x7B-v0.1 was published with, in the keys that matter. */
  @Test
  void transformers4SpellingIsRead() throws IOException {
    MixtralConfig config =
        read(
            "{'architectures':['MixtralForCausalLM'],'bos_token_id':1,'eos_token_id':2,"
                + "'hidden_act':'silu','hidden_size':4096,'intermediate_size':14336,"
                + "'max_position_embeddings':32768,'model_type':'mixtral',"
                + "'num_attention_heads':32,'num_experts_per_tok':2,'num_hidden_layers':32,"
                + "'num_key_value_heads':8,'num_local_experts':8,'output_router_logits':false,"
                + "'rms_norm_eps':1e-05,'rope_theta':1000000.0,'router_aux_loss_coef':0.02,"
                + "'sliding_window':null,'tie_word_embeddings':false,'torch_dtype':'bfloat16',"
                + "'vocab_size':32000}");
    assertEquals(128, config.headDim());
    assertEquals(1e6, config.ropeTheta());
    assertEquals(OptionalInt.empty(), config.slidingWindow());
    assertEquals("bfloat16", config.dtype());
    assertEquals(32768, config.maxPositionEmbeddings());
  }

  @Test
  void absentKeysMeanWhatTheReferenceDefaultsTo() throws IOException {
    MixtralConfig config = read("{" + SIZES + "}");
    assertEquals(8, config.numKeyValueHeads());
    assertEquals(4, config.headDim());
    assertEquals(8, config.numLocalExperts());
    assertEquals(2, config.numExpertsPerTok());
    assertEquals(131072, config.maxPositionEmbeddings());
    assertEquals(1e-5, config.rmsNormEps());
    assertEquals(1e6, config.ropeTheta());
    assertEquals(OptionalInt.empty(), config.slidingWindow());
    assertFalse(config.tieWordEmbeddings());
    assertEquals(OptionalInt.of(1), config.bosTokenId());
    assertArrayEquals(new int[] {2}, config.eosTokenIds());
    assertEquals(OptionalInt.empty(), config.padTokenId());
    assertEquals(0.001, config.routerAuxLossCoef());
    assertFalse(config.outputRouterLogits());
    assertEquals("float32", config.dtype());
    assertEquals(2, config.numLabels());
    assertEquals("LABEL_1", config.id2label().get(1));
    assertEquals(Optional.empty(), config.problemType());
  }

  @Test
  void endsOfSequenceMayBeOneSeveralOrNone() throws IOException {
    assertArrayEquals(new int[] {7}, read("{" + SIZES + ",'eos_token_id':7}").eosTokenIds());
    assertArrayEquals(new int[] {7, 8}, read("{" + SIZES + ",'eos_token_id':[7,8]}").eosTokenIds());
    assertArrayEquals(new int[] {}, read("{" + SIZES + ",'eos_token_id':null}").eosTokenIds());
    assertEquals(OptionalInt.empty(), read("{" + SIZES + ",'bos_token_id':null}").bosTokenId());
  }

  @Test
  void nullKeyValueHeadsMeanOneForEachQueryHead() throws IOException {
    assertEquals(16, read("{" + SIZES + ",'num_key_value_heads':null}").numKeyValueHeads());
  }

  @Test
  void rotaryBaseIsFoundInEveryPlace() throws IOException {
    assertEquals(5e4, read("{" + SIZES + ",'rope_theta':5e4}").ropeTheta());
    assertEquals(50000, read("{" + SIZES + ",'rope_theta':50000}").ropeTheta());
    assertEquals(1e6, read("{" + SIZES + ",'rope_parameters':null}").ropeTheta());
    assertEquals(
        3e4,
        read("{" + SIZES + ",'rope_theta':5e4,'rope_parameters':{'rope_theta':3e4}}").ropeTheta());
    assertEquals(
        5e4,
        read("{" + SIZES + ",'rope_theta':5e4,'rope_parameters':{'rope_type':'default'}}")
            .ropeTheta());
    assertEquals(5e4, read("{" + SIZES + ",'rope_theta':5e4,'rope_scaling':null}").ropeTheta());
    assertEquals(
        5e4,
        read("{" + SIZES + ",'rope_theta':5e4,'rope_scaling':{'type':'default'}}").ropeTheta());
  }

  @Test
  void labelsComeFromTheirNamesElseFromTheirNumber() throws IOException {
    MixtralConfig named = read("{" + SIZES + ",'id2label':{'1':'bad','0':'good'},'num_labels':5}");
    assertEquals("{0=good, 1=bad}", named.id2label().toString());
    assertEquals(5, read("{" + SIZES + ",'num_labels':5}").numLabels());
    assertEquals(3, MixtralConfig.fromPretrained(Fixtures.folder("classifier-f32")).numLabels());
  }

  @Test
  void savingAndReadingGivesTheSameConfiguration() throws IOException {
    SortedMap<Integer, String> labels = new TreeMap<>();
    labels.put(0, "good");
    labels.put(1, "bad");
    MixtralConfig config =
        MixtralConfig.of(
            Map.ofEntries(
                Map.entry("vocab_size", 77),
                Map.entry("hidden_size", 48),
                Map.entry("intermediate_size", 20),
                Map.entry("num_hidden_layers", 2),
                Map.entry("num_attention_heads", 6),
                Map.entry("num_key_value_heads", 3),
                Map.entry("head_dim", 10),
                Map.entry("num_local_experts", 4),
                Map.entry("num_experts_per_tok", 3),
                Map.entry("max_position_embeddings", 99),
                Map.entry("rms_norm_eps", 1e-6),
                Map.entry("rope_theta", 1234.5),
                Map.entry("sliding_window", 5),
                Map.entry("tie_word_embeddings", true),
                Map.entry("bos_token_id", -1),
                Map.entry("eos_token_id", List.of(4, 5)),
                Map.entry("pad_token_id", 6),
                Map.entry("router_aux_loss_coef", 0.5),
                Map.entry("output_router_logits", true),
                Map.entry("architectures", List.of("MixtralForSequenceClassification")),
                Map.entry("dtype", "float16"),
                Map.entry("id2label", labels),
                Map.entry("problem_type", "single_label_classification")));
    config.savePretrained(folder);
    MixtralConfig read = MixtralConfig.fromPretrained(folder);
    assertEquals(config, read);
    assertEquals(config.hashCode(), read.hashCode());
    assertEquals(10, read.headDim());
    assertEquals(labels, read.id2label());
    assertEquals(1234.5, read.ropeTheta());
    assertEquals(Optional.of(ProblemType.SINGLE_LABEL_CLASSIFICATION), read.problemType());
    assertEquals(OptionalInt.empty(), read.bosTokenId());
  }

  @Test
  void everyFixtureSurvivesSavingAndReading() {
    for (Path source :
        List.of(
            Fixtures.folder("full-f32"),
            Fixtures.folder("window-bf16"),
            Fixtures.folder("classifier-f32"),
            Fixtures.storyteller())) {
      MixtralConfig config = MixtralConfig.fromPretrained(source);
      config.savePretrained(folder);
      assertEquals(config, MixtralConfig.fromPretrained(folder));
    }
  }

  @Test
  void keysThatMeanNothingHereAreKept() throws IOException {
    MixtralConfig config =
        read("{" + SIZES + ",'attention_dropout':0.25,'mine':{'deep':[1,null]},'use_cache':true}");
    config.with(Map.of("dtype", "float16")).savePretrained(folder.resolve("saved"));
    JsonNode saved = JsonFile.read(folder.resolve("saved/config.json"));
    assertEquals(0.25, saved.get("attention_dropout").doubleValue());
    assertEquals("{\"deep\":[1,null]}", saved.get("mine").toString());
    assertTrue(saved.get("use_cache").booleanValue());
    assertEquals("float16", saved.get("dtype").stringValue());
  }

  @Test
  void bothSpellingsAreWrittenForBothGenerationsOfReaders() throws IOException {
    read("{" + SIZES + ",'rope_theta':5e4,'torch_dtype':'float16','rope_scaling':null}")
        .savePretrained(folder.resolve("saved"));
    JsonNode saved = JsonFile.read(folder.resolve("saved/config.json"));
    assertEquals(5e4, saved.get("rope_theta").doubleValue());
    assertEquals(5e4, saved.get("rope_parameters").get("rope_theta").doubleValue());
    assertEquals("default", saved.get("rope_parameters").get("rope_type").stringValue());
    assertEquals("float16", saved.get("torch_dtype").stringValue());
    assertEquals("float16", saved.get("dtype").stringValue());
  }

  @Test
  void theWindowCanBeReplaced() throws IOException {
    MixtralConfig config = read("{" + SIZES + ",'sliding_window':4}");
    assertEquals(OptionalInt.of(9), config.with(Map.of("sliding_window", 9)).slidingWindow());
    assertEquals(OptionalInt.empty(), config.with(Map.of("sliding_window", 0)).slidingWindow());
    assertEquals(OptionalInt.of(4), config.slidingWindow());
  }

  @Test
  void aCallerIsRefusedWhatAFileMayNotSay() {
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class,
            () -> MixtralConfig.of(Map.of("num_key_value_heads", 5)));
    assertEquals(
        "num_key_value_heads: expected a divisor of num_attention_heads, 32, found 5",
        failure.getMessage());
  }

  private MixtralConfig read(String json) throws IOException {
    Files.writeString(folder.resolve("config.json"), json.replace('\'', '"'));
    return MixtralConfig.fromPretrained(folder);
  }
}
