package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.ProblemType;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.SequenceClassifierOutput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class MixtralForSequenceClassificationTest {
  /**
   * Of the largest score. The first prompt magnifies rounding: vectors differ by 0.2e-5 to 0.8e-5,
   * plain loops, which add up one by one, by 1.1e-5; the other prompts by less than 0.2e-5.
   */
  private static final double TOLERANCE = Kernels.detected().vectorBits() == 0 ? 2e-5 : 1e-5;

  private static final int PAD = 0;

  @TempDir private Path temporary;

  private static MixtralForSequenceClassification model;
  private static Golden golden;
  private static int[][] prompts;

  @BeforeAll
  static void load() {
    Path folder = Fixtures.folder("classifier-f32");
    model = MixtralForSequenceClassification.fromPretrained(folder);
    golden = Golden.open("classifier-f32");
    JsonNode lists = JsonFile.read(folder.resolve("expected.json")).get("prompts");
    prompts =
        lists
            .valueStream()
            .map(list -> list.valueStream().mapToInt(JsonNode::intValue).toArray())
            .toArray(int[][]::new);
  }

  @AfterAll
  static void close() {
    model.close();
    golden.close();
  }

  @Test
  void theScoresOfEachPromptEqualTheReference() {
    for (int i = 0; i < prompts.length; i++) {
      float[][] scores = model.forward(ModelInput.ofIds(prompts[i])).logits();
      golden.assertClose("prompt" + i + ".scores", scores, TOLERANCE);
    }
  }

  @Test
  void theScoresOfALeftPaddedBatchEqualTheReference() {
    SequenceClassifierOutput output =
        model.forward(
            ModelInput.ofIds(golden.ids("batch.input_ids"))
                .withAttentionMask(golden.ids("batch.attention_mask")));
    golden.assertClose("batch.scores", output.logits(), TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theScoresOfARightPaddedBatchAreThoseOfEachPromptAlone(boolean masked) {
    int columns = Arrays.stream(prompts).mapToInt(ids -> ids.length).max().orElseThrow();
    int[][] ids = new int[prompts.length][columns];
    int[][] mask = new int[prompts.length][columns];
    for (int b = 0; b < prompts.length; b++) {
      System.arraycopy(prompts[b], 0, ids[b], 0, prompts[b].length);
      Arrays.fill(mask[b], 0, prompts[b].length, 1);
    }
    ModelInput input = ModelInput.ofIds(ids);
    float[][] scores = model.forward(masked ? input.withAttentionMask(mask) : input).logits();
    for (int b = 0; b < prompts.length; b++) {
      golden.assertClose("prompt" + b + ".scores", scores[b], TOLERANCE);
    }
  }

  @Test
  void probabilitiesAreTheSoftmaxOfTheScoresAloneAndBatched() {
    List<Classification> batched = model.classify(prompts);
    for (int i = 0; i < prompts.length; i++) {
      float[] scores = golden.floats("prompt" + i + ".scores");
      double sum = IntStream.range(0, 3).mapToDouble(label -> Math.exp(scores[label])).sum();
      Classification alone = model.classify(prompts[i]);
      assertEquals(alone, batched.get(i));
      assertEquals(3, alone.labels().size());
      for (Classification.Label label : alone.labels()) {
        assertEquals("LABEL_" + label.index(), label.name());
        assertEquals(
            Math.exp(scores[label.index()]) / sum, label.probability(), TOLERANCE, label.name());
        assertTrue(label.probability() <= alone.best().probability());
      }
    }
  }

  @Test
  void paddingBehindTheIdsDoesNotCount() {
    int[] padded = Arrays.copyOf(prompts[1], prompts[1].length + 3);
    assertEquals(model.classify(prompts[1]), model.classify(padded));
    assertEquals(model.classify(new int[] {PAD}), model.classify(new int[] {PAD, PAD, PAD}));
  }

  @Test
  void manyThreadsGetWhatEachGetsAlone() throws InterruptedException, ExecutionException {
    LoadOptions options = LoadOptions.defaults().withMaxRequests(2).withQuantization(Recipe.Q8);
    try (var narrow =
            MixtralForSequenceClassification.fromPretrained(
                Fixtures.folder("classifier-f32"), options);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Classification> alone = Arrays.stream(prompts).map(narrow::classify).toList();
      List<Callable<Classification>> tasks =
          IntStream.range(0, 30)
              .<Callable<Classification>>mapToObj(
                  i -> () -> narrow.classify(prompts[i % prompts.length]))
              .toList();
      List<Future<Classification>> found = threads.invokeAll(tasks);
      for (int i = 0; i < found.size(); i++) {
        assertEquals(alone.get(i % prompts.length), found.get(i).get());
      }
    }
  }

  @Test
  void aLongListIsTheSameInManyBatches() {
    int[][] many = new int[40][];
    Arrays.setAll(many, i -> prompts[i % prompts.length]);
    try (var small =
        MixtralForSequenceClassification.fromPretrained(
            Fixtures.folder("classifier-f32"), LoadOptions.defaults().withChunkTokens(16))) {
      List<Classification> found = small.classify(many);
      assertEquals(40, found.size());
      for (int i = 0; i < many.length; i++) {
        assertEquals(model.classify(many[i]), found.get(i));
      }
    }
    assertEquals(List.of(), model.classify(new int[0][]));
  }

  @Test
  void theLossOfExclusiveLabelsIsTheMeanCrossEntropy() {
    int[] labels = {2, ModelInput.IGNORED_LABEL, 1};
    double expected =
        (crossEntropy(golden.floats("prompt0.scores"), 2)
                + crossEntropy(golden.floats("prompt2.scores"), 1))
            / 2;
    SequenceClassifierOutput output = model.forward(batch(), labels);
    assertEquals(expected, output.loss().orElseThrow(), TOLERANCE * expected);
  }

  @Test
  void theLossOfLabelsThatHoldOrNotIsTheMeanBinaryCrossEntropy() throws IOException {
    float[][] labels = {{1, 0, 0}, {0, 0.25f, 1}, {1, 1, 1}};
    double expected = 0;
    for (int b = 0; b < 3; b++) {
      float[] scores = golden.floats("prompt" + b + ".scores");
      for (int label = 0; label < 3; label++) {
        double probability = 1 / (1 + Math.exp(-scores[label]));
        expected -= labels[b][label] * Math.log(probability);
        expected -= (1 - labels[b][label]) * Math.log(1 - probability);
      }
    }
    expected /= 9;
    // As in the reference, floats for several labels mean this where config.json is silent.
    assertEquals(
        expected, model.forward(batch(), labels).loss().orElseThrow(), TOLERANCE * expected);
    try (var multiLabel = configured(c -> c.put("problem_type", "multi_label_classification"))) {
      assertEquals(
          expected, multiLabel.forward(batch(), labels).loss().orElseThrow(), TOLERANCE * expected);
      assertThrows(
          IllegalArgumentException.class, () -> multiLabel.forward(batch(), new int[] {0, 1, 2}));
    }
  }

  @Test
  void theLossOfARegressionIsTheMeanSquaredErrorAndItsValuesStayAsTheyAre() throws IOException {
    float[][] values = {{0.5f, -1, 2}, {0, 0, 0}, {3, 1, -1}};
    double expected = 0;
    for (int b = 0; b < 3; b++) {
      float[] scores = golden.floats("prompt" + b + ".scores");
      for (int label = 0; label < 3; label++) {
        expected += Math.pow(scores[label] - values[b][label], 2) / 9;
      }
    }
    try (var regression = configured(config -> config.put("problem_type", "regression"))) {
      assertEquals(ProblemType.REGRESSION, regression.problemType());
      assertEquals(
          expected, regression.forward(batch(), values).loss().orElseThrow(), TOLERANCE * expected);
      float[] scores = regression.forward(ModelInput.ofIds(prompts[0])).logits()[0];
      for (Classification.Label label : regression.classify(prompts[0]).labels()) {
        assertEquals(scores[label.index()], label.probability());
      }
    }
  }

  @Test
  void labelsThatHoldOrNotGetProbabilitiesOfTheirOwn() throws IOException {
    float[] scores = golden.floats("prompt0.scores");
    try (var multiLabel =
        configured(
            config -> {
              config.put("problem_type", "multi_label_classification");
              config.putObject("id2label").put("0", "warm").put("1", "dry").put("2", "loud");
              config.putObject("label2id").put("warm", 0).put("dry", 1).put("loud", 2);
            })) {
      Classification found = multiLabel.classify(prompts[0]);
      for (Classification.Label label : found.labels()) {
        assertEquals(List.of("warm", "dry", "loud").get(label.index()), label.name());
        assertEquals(1 / (1 + Math.exp(-scores[label.index()])), label.probability(), TOLERANCE);
      }
      assertEquals(
          IntStream.range(0, 3).filter(label -> scores[label] >= 0).count(),
          found.labels().stream().filter(label -> label.probability() >= 0.5).count());
    }
  }

  @Test
  void severalSequencesWithoutAPadIdAreAnError() throws IOException {
    try (var unpadded = configured(config -> config.remove("pad_token_id"))) {
      IllegalArgumentException failure =
          assertThrows(IllegalArgumentException.class, () -> unpadded.forward(batch()));
      assertTrue(failure.getMessage().contains("pad_token_id"), failure.getMessage());
      assertThrows(IllegalArgumentException.class, () -> unpadded.classify(prompts));
      golden.assertClose(
          "prompt0.scores", unpadded.forward(ModelInput.ofIds(prompts[0])).logits(), TOLERANCE);
    }
  }

  @Test
  void unfitLabelsAndInputsAreErrors() {
    assertRefused("labels[0]: expected a label from 0 to 2 or -100, found 3", new int[] {3, 0, 0});
    assertRefused("labels: there are 1, but 3 sequences; give one for each", new int[] {0});
    assertThrows(IllegalArgumentException.class, () -> model.forward(batch(), new float[3][2]));
    assertThrows(
        IllegalArgumentException.class,
        () -> model.forward(ModelInput.ofIds(prompts[0]).withLabels(new int[][] {prompts[0]})));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            model.forward(
                ModelInput.ofIds(prompts[0])
                    .withAttentionMask(new int[][] {new int[prompts[0].length]})));
    assertThrows(IllegalArgumentException.class, () -> model.classify(new int[] {1, 512}));
    assertThrows(IllegalArgumentException.class, () -> model.classify(new int[0]));
  }

  @Test
  void anUnknownProblemTypeIsRefused() {
    UnsupportedCheckpointException failure =
        assertThrows(
            UnsupportedCheckpointException.class,
            () -> configured(config -> config.put("problem_type", "ranking")).close());
    assertTrue(failure.getMessage().contains("found 'ranking'"), failure.getMessage());
  }

  @Test
  void hiddenStatesComeWhenAskedFor() {
    SequenceClassifierOutput output =
        model.forward(ModelInput.ofIds(prompts[0]).withOutputHiddenStates(true));
    assertEquals(model.config().numHiddenLayers() + 1, output.hiddenStates().size());
    golden.assertClose("prompt0.scores", output.logits(), TOLERANCE);
    assertTrue(output.loss().isEmpty());
  }

  @Test
  void aTextNeedsATokenizer() {
    assertFalse(model.hasTokenizer());
    assertThrows(MissingFileException.class, () -> model.classify("A fine day"));
    assertThrows(MissingFileException.class, () -> model.classify(List.of("A fine day")));
  }

  @Test
  void aTextIsClassifiedAsItsIds() throws IOException {
    Path folder = copy(config -> {});
    Files.copy(Fixtures.storyteller().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    try (var withTokenizer = MixtralForSequenceClassification.fromPretrained(folder)) {
      // The model knows the first 512 of the tokenizer's ids: those of frequent words.
      int[] ids = withTokenizer.tokenizer().encode("The big dog danced", true);
      assertEquals(withTokenizer.classify(ids), withTokenizer.classify("The big dog danced"));
      assertEquals(
          List.of(withTokenizer.classify(ids)),
          withTokenizer.classify(List.of("The big dog danced")));
    }
  }

  @Test
  void aSavedModelGivesTheSame() {
    Path folder = temporary.resolve("saved");
    model.savePretrained(folder);
    try (var saved = MixtralForSequenceClassification.fromPretrained(folder)) {
      assertArrayEquals(model.forward(batch()).logits()[1], saved.forward(batch()).logits()[1]);
      assertEquals(model.config(), saved.config());
    }
  }

  private static void assertRefused(String message, int[] labels) {
    IllegalArgumentException failure =
        assertThrows(IllegalArgumentException.class, () -> model.forward(batch(), labels));
    assertEquals(message, failure.getMessage());
  }

  private static ModelInput batch() {
    return ModelInput.ofIds(golden.ids("batch.input_ids"))
        .withAttentionMask(golden.ids("batch.attention_mask"));
  }

  private static double crossEntropy(float[] scores, int label) {
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp(score);
    }
    return Math.log(sum) - scores[label];
  }

  private MixtralForSequenceClassification configured(Consumer<ObjectNode> change)
      throws IOException {
    return MixtralForSequenceClassification.fromPretrained(copy(change));
  }

  private Path copy(Consumer<ObjectNode> change) throws IOException {
    Path source = Fixtures.folder("classifier-f32");
    Path folder = Files.createTempDirectory(temporary, "classifier");
    Files.copy(source.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    ObjectNode config = (ObjectNode) JsonFile.read(source.resolve("config.json"));
    change.accept(config);
    JsonFile.write(folder.resolve("config.json"), config);
    return folder;
  }
}
