package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares models in GGUF files with the reference on the weights that the files stand for. */
class GgufReferenceTest {
  /** Q4_0 with Q8_0 and F32: two layers, and a tokenizer. */
  private static final String FIXTURE = "quantized/gguf-q4_0";

  private static final double TOLERANCE = 2e-5;

  private static final LoadOptions FIDELITY =
      LoadOptions.defaults().withActivations(LoadOptions.Activations.F32);

  /**
   * A file of llama.cpp's mixture Q4_K_M, in which Q4_K, Q5_K, Q6_K and Q8_0 are, and one in which
   * every matrix has another type: all K-quants but Q4_K, and all others of the older types.
   */
  @ParameterizedTest
  @ValueSource(strings = {FIXTURE, "quantized/gguf-q4_k", "quantized/gguf-mixed"})
  void withUnroundedActivationsLogitsAndGreedyIdsEqualTheReference(String fixture) {
    Path path = Fixtures.folder(fixture);
    try (Golden golden = Golden.open(fixture)) {
      int[] ids = golden.ids("input_ids")[0];
      try (LanguageModel model = LanguageModel.fromPretrained(path, FIDELITY)) {
        golden.assertClose("logits", model.forward(ModelInput.ofIds(ids)).logits(), TOLERANCE);
      }
      try (MixtralForCausalLM model = MixtralForCausalLM.fromPretrained(path, FIDELITY)) {
        int[] all = golden.ids("greedy")[0];
        int[] expected = Arrays.copyOfRange(all, ids.length, all.length);
        GenerationConfig greedy =
            GenerationConfig.inherit()
                .withDoSample(false)
                .withMinNewTokens(expected.length)
                .withMaxNewTokens(expected.length);
        assertArrayEquals(expected, model.generate(Prompt.ids(ids), greedy).ids());
      }
    }
  }

  @Test
  void theFilesTokenizerGivesTheReferencesIds() {
    try (Golden golden = Golden.open(FIXTURE)) {
      Tokenizer tokenizer = Tokenizer.fromPretrained(Fixtures.folder(FIXTURE));
      String text = "Once upon a time, Kira found a blue box. é中\n";
      assertArrayEquals(golden.ids("tokenised")[0], tokenizer.encode(text, true));
    }
  }
}
