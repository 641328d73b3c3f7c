package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.Activations;
import io.github.jmixtral.config.LoadOptions.InexactWeights;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * Compares models that other programs quantised with what the reference implementation gave on
 * exactly the weights that their bytes stand for.
 */
class ForeignWeightsReferenceTest {

  /** Of the largest absolute logit. */
  private static final double TOLERANCE = 2e-5;

  private static LanguageModel open(String name, LoadOptions options) {
    return LanguageModel.fromPretrained(Fixtures.folder("quantized/" + name), options);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gptq-v1-actorder",
        "gptq-v1-3bit",
        "awq-gemm",
        "bnb-nf4-bf16storage",
        "bnb-int8",
        "fp8-tensor",
        "ct-pack-quantized-asym",
        "mlx-affine"
      })
  void logitsAndGreedyIdsEqualTheReference(String name) {
    try (Golden golden = Golden.open("quantized/" + name);
        LanguageModel model = open(name, LoadOptions.defaults().withActivations(Activations.F32))) {
      int[] ids = golden.ids("input_ids")[0];
      golden.assertClose("logits", model.forward(ModelInput.ofIds(ids)).logits(), TOLERANCE);
      int[] expected = golden.ids("greedy")[0];
      assertArrayEquals(expected, greedy(model, ids, expected.length));
    }
  }

  /** The prompt and what is likeliest after it, {@code length} ids in all. */
  private static int[] greedy(LanguageModel model, int[] prompt, int length) {
    int[] found = Arrays.copyOf(prompt, length);
    float[] logits = new float[model.config().vocabSize()];
    BlockCache cache = model.newCache();
    model.nextTokenLogits(new SequenceStep(cache, prompt, 0, prompt.length, logits));
    for (int i = prompt.length; i < length; i++) {
      found[i] = indexOfLargest(logits);
      model.nextTokenLogits(new SequenceStep(cache, found, i, 1, logits));
    }
    return found;
  }

  /** Programs that pack weights as others do, and name themselves. */
  @Test
  void theSameBytesUnderTheNamesOfOtherProgramsGiveTheSameIds(@TempDir Path folder)
      throws IOException {
    Path modelopt =
        renamed(
            "fp8-tensor",
            folder.resolve("modelopt"),
            """
            {"quant_method": "modelopt", "quant_algo": "FP8", "kv_cache_quant_algo": "FP8",
             "ignore": ["lm_head"], "producer": {"name": "modelopt"}}
            """);
    LoadOptions exact = LoadOptions.defaults().withActivations(Activations.F32);
    try (LanguageModel model = LanguageModel.fromPretrained(modelopt, exact)) {
      assertArrayEquals(
          new int[] {1, 5, 9, 100, 180, 100, 134, 87, 167, 180},
          greedy(model, new int[] {1, 5, 9, 100}, 10));
    }
    Path autoRound =
        renamed(
            "gptq-v1-actorder",
            folder.resolve("auto-round"),
            """
            {"quant_method": "auto-round", "packing_format": "auto_round:auto_gptq", "bits": 4,
             "group_size": 32, "sym": false}
            """);
    try (Golden golden = Golden.open("quantized/gptq-v1-actorder");
        LanguageModel model = LanguageModel.fromPretrained(autoRound, exact)) {
      int[] expected = golden.ids("greedy")[0];
      assertArrayEquals(expected, greedy(model, golden.ids("input_ids")[0], expected.length));
    }
  }

  /** A copy of a folder whose configuration says otherwise how its weights were quantised. */
  private static Path renamed(String name, Path copy, String quantization) throws IOException {
    Path source = Fixtures.folder("quantized/" + name);
    Files.createDirectories(copy);
    Files.copy(source.resolve("model.safetensors"), copy.resolve("model.safetensors"));
    ObjectNode config = JsonFile.readObject(source.resolve("config.json"));
    config.set(
        "quantization_config",
        JsonFile.parse("quantization_config", quantization.getBytes(StandardCharsets.UTF_8)));
    JsonFile.write(copy.resolve("config.json"), config);
    return copy;
  }

  /** The bounds are some three times what was measured: these weights are random, and sensitive. */
  @ParameterizedTest
  @CsvSource({
    "gptq-v1-actorder, Q8, 2e-3",
    "awq-gemm, Q8, 1e-3",
    "bnb-nf4-bf16storage, Q8, 1e-2",
    "bnb-nf4-bf16storage, Q4, 0.5",
    "bnb-nf4-bf16storage, F32, 1e-9",
    "ct-pack-quantized-asym, Q8, 2e-3"
  })
  void roundedActivationsChangeTheDistributionLittle(
      String name, InexactWeights inexact, double bound) {
    try (Golden golden = Golden.open("quantized/" + name);
        LanguageModel model = open(name, LoadOptions.defaults().withInexactWeights(inexact))) {
      int[] ids = golden.ids("input_ids")[0];
      float[][] found = model.forward(ModelInput.ofIds(ids)).logits()[0];
      float[] expected = golden.floats("logits");
      double sum = 0;
      for (int t = 0; t < ids.length; t++) {
        int at = t * found[t].length;
        sum += divergence(Arrays.copyOfRange(expected, at, at + found[t].length), found[t]);
      }
      double mean = sum / ids.length;
      assertTrue(Math.abs(mean) < bound, name + ", " + inexact + ": " + mean);
    }
  }

  /** The promise of quantised weights, with zero points and with sorted columns, too. */
  @ParameterizedTest
  @ValueSource(strings = {"gptq-v1-actorder", "awq-gemm", "ct-pack-quantized-asym"})
  void chunksThreadsAndCompanyDoNotChangeABit(String name) {
    int[] prompt = new SplittableRandom(5).ints(100, 0, 50).toArray();
    float[][] expected;
    try (LanguageModel model = open(name, options(512, 2))) {
      expected = model.forward(ModelInput.ofIds(prompt)).logits()[0];
      assertArrayEquals(expected[49], last(model, Arrays.copyOf(prompt, 50)), "a shorter prompt");
    }
    int[][] runs = {{1, 2}, {7, 1}, {64, 3}, {512, 1}};
    for (int[] run : runs) {
      try (LanguageModel model = open(name, options(run[0], run[1]))) {
        String place = "chunk " + run[0] + ", threads " + run[1];
        assertArrayEquals(expected[99], last(model, prompt), place);
        List<BlockCache> caches = List.of(model.newCache(), model.newCache());
        float[][] logits = new float[2][model.config().vocabSize()];
        model.nextTokenLogits(
            SequenceStep.ofEach(caches, List.of(Arrays.copyOf(prompt, 30), prompt), logits));
        assertArrayEquals(expected[29], logits[0], place + ", beside a longer one");
        assertArrayEquals(expected[99], logits[1], place + ", beside a shorter one");
      }
    }
  }

  private static LoadOptions options(int chunk, int threads) {
    return LoadOptions.defaults().withChunkTokens(chunk).withThreads(threads);
  }

  private static float[] last(LanguageModel model, int[] ids) {
    float[] logits = new float[model.config().vocabSize()];
    model.nextTokenLogits(new SequenceStep(model.newCache(), ids, 0, ids.length, logits));
    return logits;
  }

  /** Kullback-Leibler divergence of the distributions of two vectors of logits. */
  private static double divergence(float[] expected, float[] found) {
    double[] p = logProbabilities(expected);
    double[] q = logProbabilities(found);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += Math.exp(p[i]) * (p[i] - q[i]);
    }
    return sum;
  }

  private static double[] logProbabilities(float[] logits) {
    double largest = logits[indexOfLargest(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    double[] result = new double[logits.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = logits[i] - largest - Math.log(sum);
    }
    return result;
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
