package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares whole forward passes with what the reference implementation gave for the same files. */
class ReferenceTest {

  /** Of the largest absolute value of a tensor. */
  private static final double TOLERANCE = 2e-5;

  private static final int PROMPTS = 3;

  private static LanguageModel open(String folder) {
    return LanguageModel.fromPretrained(Fixtures.folder(folder), LoadOptions.defaults());
  }

  @ParameterizedTest
  @CsvSource({
    "full-f32, full-f32",
    "sharded-f32, full-f32",
    "fused-v5-f32, full-f32",
    "raw-safetensors, full-f32",
    "raw-pth, full-f32",
    "raw-pt-stacked, full-f32",
    "window-bf16, window-bf16"
  })
  void everyOutputOfAPromptEqualsTheReference(String folder, String expected) {
    try (Golden golden = Golden.open(expected);
        LanguageModel model = open(folder)) {
      int layers = model.config().numHiddenLayers();
      for (int prompt = 0; prompt < PROMPTS; prompt++) {
        String name = "prompt" + prompt + ".";
        int[] ids = golden.ids(name + "input_ids")[0];
        CausalLMOutput output =
            model.forward(
                ModelInput.ofIds(ids)
                    .withOutputHiddenStates(true)
                    .withOutputAttentions(true)
                    .withOutputRouterLogits(true));
        golden.assertClose(name + "logits", output.logits(), TOLERANCE);
        for (int layer = 0; layer <= layers; layer++) {
          golden.assertClose(
              name + "hidden_states." + layer, output.hiddenStates().get(layer), TOLERANCE);
        }
        for (int layer = 0; layer < layers; layer++) {
          golden.assertClose(
              name + "attentions." + layer, output.attentions().get(layer), TOLERANCE);
          golden.assertClose(
              name + "router_logits." + layer, output.routerLogits().get(layer), TOLERANCE);
        }
        golden.assertClose(name + "aux_loss", output.auxLoss().getAsDouble(), 1e-5);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"full-f32", "window-bf16"})
  void theLossOfAPromptEqualsTheReference(String fixture) {
    try (Golden golden = Golden.open(fixture);
        LanguageModel model = open(fixture)) {
      for (int prompt = 0; prompt < PROMPTS; prompt++) {
        int[][] ids = golden.ids("prompt" + prompt + ".input_ids");
        if (ids[0].length > 1) {
          CausalLMOutput output = model.forward(ModelInput.ofIds(ids).withLabels(ids));
          golden.assertClose("prompt" + prompt + ".loss", output.loss().getAsDouble(), 1e-5);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"full-f32", "window-bf16"})
  void aLeftPaddedBatchEqualsTheReference(String fixture) {
    try (Golden golden = Golden.open(fixture);
        LanguageModel model = open(fixture)) {
      int[][] mask = golden.ids("batch.attention_mask");
      CausalLMOutput output =
          model.forward(
              ModelInput.ofIds(golden.ids("batch.input_ids"))
                  .withAttentionMask(mask)
                  .withOutputRouterLogits(true));
      float[] expected = golden.floats("batch.logits");
      int vocab = model.config().vocabSize();
      for (int b = 0; b < mask.length; b++) {
        for (int column = 0; column < mask[b].length; column++) {
          if (mask[b][column] == 1) {
            int at = (b * mask[b].length + column) * vocab;
            Golden.assertClose(
                "batch.logits[" + b + "][" + column + "]",
                Arrays.copyOfRange(expected, at, at + vocab),
                output.logits()[b][column],
                TOLERANCE);
          }
        }
      }
      golden.assertClose("batch.aux_loss", output.auxLoss().getAsDouble(), 1e-5);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"full-f32", "window-bf16"})
  void greedyIdsEqualTheReferenceOnARollingCache(String fixture) {
    try (Golden golden = Golden.open(fixture);
        LanguageModel model = open(fixture)) {
      for (int prompt = 0; prompt < PROMPTS; prompt++) {
        int[] ids = golden.ids("prompt" + prompt + ".input_ids")[0];
        int[] expected = golden.ids("prompt" + prompt + ".greedy")[0];
        float[] expectedLogits = golden.floats("prompt" + prompt + ".greedy_logits");
        int vocab = model.config().vocabSize();
        float[] logits = new float[vocab];
        int[] found = Arrays.copyOf(ids, expected.length);
        BlockCache cache = model.newCache();
        model.nextTokenLogits(new SequenceStep(cache, ids, 0, ids.length, logits));
        for (int i = ids.length; i < expected.length; i++) {
          int step = i - ids.length;
          Golden.assertClose(
              "step " + step,
              Arrays.copyOfRange(expectedLogits, step * vocab, (step + 1) * vocab),
              logits,
              TOLERANCE);
          found[i] = indexOfLargest(logits);
          model.nextTokenLogits(new SequenceStep(cache, found, i, 1, logits));
        }
        assertArrayEquals(expected, found);
        assertEquals(expected.length, cache.length());
      }
    }
  }

  @Test
  void vectorsGiveTheLogitsOfPlainLoops() {
    int[] ids = IntStream.range(0, 300).map(i -> i == 0 ? 1 : 3 + i * 7 % 1900).toArray();
    float[][] expected = storytellerLogits(ids, Kernels.scalar());
    float[][] found = storytellerLogits(ids, Kernels.detected());
    float[] allExpected = new float[ids.length * expected[0].length];
    float[] allFound = new float[allExpected.length];
    for (int t = 0; t < ids.length; t++) {
      System.arraycopy(expected[t], 0, allExpected, t * expected[t].length, expected[t].length);
      System.arraycopy(found[t], 0, allFound, t * found[t].length, found[t].length);
    }
    Golden.assertClose("logits", allExpected, allFound, 1e-5);
  }

  private static float[][] storytellerLogits(int[] ids, Kernels kernels) {
    try (var checkpoint = Checkpoint.open(Fixtures.storyteller(), LoadOptions.defaults());
        var pass = new ForwardPass(checkpoint.config(), checkpoint.weights(), kernels, 2, false)) {
      var cache = new BlockCache(checkpoint.config(), CacheFormat.F32, new CacheMemory());
      float[][] logits = new float[ids.length][checkpoint.config().vocabSize()];
      new StepRun(pass, ids.length)
          .run(
              List.of(new SequenceStep(cache, ids, 0, ids.length, logits)),
              checkpoint.languageModelHead(),
              null);
      return logits;
    }
  }

  private static int indexOfLargest(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
