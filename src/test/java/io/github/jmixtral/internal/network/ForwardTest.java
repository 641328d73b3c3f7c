package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.MatrixKernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.ModelOutput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a forward pass takes, and the shapes of what it returns. */
class ForwardTest {

  private static final int VOCAB = 512;
  private static final int HIDDEN = 64;
  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int EXPERTS = 8;

  /** Eleven ids. */
  private static final int[] IDS = {1, 17, 300, 5, 5, 42, 511, 99, 0, 256, 3};

  private static LanguageModel model;

  @BeforeAll
  static void load() {
    model = LanguageModel.fromPretrained(Fixtures.folder("full-f32"), LoadOptions.defaults());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static ModelInput sequence(int... ids) {
    return ModelInput.ofIds(ids);
  }

  private static float[][] logits(int... ids) {
    return model.forward(sequence(ids)).logits()[0];
  }

  @Test
  void nothingIsReturnedThatWasNotAskedFor() {
    CausalLMOutput output = model.forward(ModelInput.ofIds(IDS));
    assertTrue(output.loss().isEmpty());
    assertTrue(output.auxLoss().isEmpty());
    assertTrue(output.hiddenStates().isEmpty());
    assertTrue(output.attentions().isEmpty());
    assertTrue(output.routerLogits().isEmpty());
    assertEquals(1, output.caches().size());
    assertEquals(IDS.length, output.caches().getFirst().length());
  }

  @Test
  void embeddingsInThePlaceOfIdsGiveTheSame() {
    float[][] embeddings = new float[IDS.length][HIDDEN];
    try (Checkpoint checkpoint =
        Checkpoint.open(Fixtures.folder("full-f32"), LoadOptions.defaults())) {
      MatrixKernels kernels = Kernels.scalar().matrix();
      WeightMatrix table = checkpoint.weights().embedTokens();
      for (int i = 0; i < IDS.length; i++) {
        WeightRows.read(kernels, table, IDS[i], embeddings[i], 0);
      }
    }
    ModelInput input = ModelInput.ofEmbeddings(new float[][][] {embeddings});
    assertArrayEquals(logits(IDS), model.forward(input).logits()[0]);
  }

  @Test
  void logitsOfTheLastColumnsEqualThoseOfAll() {
    float[][] all = logits(IDS);
    for (int kept : new int[] {1, 2, IDS.length, IDS.length + 5}) {
      float[][] last = model.forward(ModelInput.ofIds(IDS).withLogitsToKeep(kept)).logits()[0];
      assertArrayEquals(Arrays.copyOfRange(all, Math.max(0, IDS.length - kept), IDS.length), last);
    }
  }

  @Test
  void ofKeptLogitsTheLossIsThatOfAll() {
    ModelInput input = ModelInput.ofIds(IDS).withLabels(new int[][] {IDS});
    CausalLMOutput output = model.forward(input.withLogitsToKeep(1));
    assertEquals(1, output.logits()[0].length);
    assertEquals(model.forward(input).loss(), output.loss());
  }

  @Test
  void ignoredLabelsLeaveTheLossOfTheOthers() {
    int[] labels = IDS.clone();
    Arrays.fill(labels, 0, 4, ModelInput.IGNORED_LABEL);
    labels[7] = ModelInput.IGNORED_LABEL;
    float[][] logits = logits(IDS);
    double sum = 0;
    int count = 0;
    for (int t = 0; t + 1 < IDS.length; t++) {
      if (labels[t + 1] != ModelInput.IGNORED_LABEL) {
        double total = 0;
        for (float logit : logits[t]) {
          total += Math.exp(logit);
        }
        sum += Math.log(total) - logits[t][labels[t + 1]];
        count++;
      }
    }
    double loss =
        model.forward(ModelInput.ofIds(IDS).withLabels(new int[][] {labels})).loss().getAsDouble();
    assertEquals(6, count);
    assertEquals(sum / count, loss, 1e-6);
  }

  @Test
  void theLossTakesTheAuxiliaryLossInWhereRouterLogitsAreAskedFor() {
    ModelInput input = ModelInput.ofIds(IDS).withLabels(new int[][] {IDS});
    double without = model.forward(input).loss().getAsDouble();
    CausalLMOutput output = model.forward(input.withOutputRouterLogits(true));
    double coefficient = model.config().routerAuxLossCoef();
    assertTrue(coefficient > 0);
    assertEquals(
        without + coefficient * output.auxLoss().getAsDouble(), output.loss().getAsDouble(), 1e-9);
  }

  @Test
  void whereTheInputSaysNothingTheConfigurationDecidesOnRouterLogits(@TempDir Path folder)
      throws IOException {
    for (String file : List.of("model.safetensors", "config.json")) {
      Files.copy(Fixtures.folder("full-f32").resolve(file), folder.resolve(file));
    }
    MixtralConfig.fromPretrained(folder)
        .with(Map.of("output_router_logits", true))
        .savePretrained(folder);
    ModelInput input = ModelInput.ofIds(IDS).withLabels(new int[][] {IDS});
    CausalLMOutput asked = model.forward(input.withOutputRouterLogits(true));
    try (LanguageModel recording = LanguageModel.fromPretrained(folder, LoadOptions.defaults())) {
      CausalLMOutput unasked = recording.forward(input);
      assertEquals(LAYERS, unasked.routerLogits().size());
      assertEquals(asked.auxLoss(), unasked.auxLoss());
      assertEquals(asked.loss(), unasked.loss());
      CausalLMOutput declined = recording.forward(input.withOutputRouterLogits(false));
      assertTrue(declined.routerLogits().isEmpty());
      assertTrue(declined.auxLoss().isEmpty());
      assertEquals(model.forward(input).loss(), declined.loss());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 10})
  void severalCallsOnACacheEqualOneCall(int first) {
    float[][] expected = logits(IDS);
    BlockCache cache = model.newCache();
    CausalLMOutput head =
        model.forward(ModelInput.ofIds(Arrays.copyOf(IDS, first)).withCache(cache));
    CausalLMOutput tail =
        model.forward(
            ModelInput.ofIds(Arrays.copyOfRange(IDS, first, IDS.length)).withCache(cache));
    assertArrayEquals(Arrays.copyOf(expected, first), head.logits()[0]);
    assertArrayEquals(Arrays.copyOfRange(expected, first, IDS.length), tail.logits()[0]);
    assertSame(cache, tail.caches().getFirst());
    assertEquals(IDS.length, cache.length());
  }

  @Test
  void aResetCacheBeginsANewSequence() {
    BlockCache cache = model.newCache();
    model.forward(sequence(7, 8, 9).withCache(cache));
    cache.reset();
    float[][] found = model.forward(ModelInput.ofIds(IDS).withCache(cache)).logits()[0];
    assertArrayEquals(logits(IDS), found);
  }

  @Test
  void leftAndRightPaddingChangeNothing() {
    float[][] expected = logits(3, 4, 5, 6);
    int[][] padded = {{0, 0, 3, 4, 5, 6}, {3, 4, 5, 6, 0, 0}};
    int[][] mask = {{0, 0, 1, 1, 1, 1}, {1, 1, 1, 1, 0, 0}};
    CausalLMOutput output = model.forward(ModelInput.ofIds(padded).withAttentionMask(mask));
    assertArrayEquals(expected, Arrays.copyOfRange(output.logits()[0], 2, 6));
    assertArrayEquals(expected, Arrays.copyOf(output.logits()[1], 4));
    assertArrayEquals(new float[VOCAB], output.logits()[0][1]);
    assertArrayEquals(new float[VOCAB], output.logits()[1][5]);
    assertEquals(4, output.caches().getFirst().length());
  }

  @Test
  void aMaskWithHolesEqualsTheIdsWithoutThem() {
    float[][] expected = logits(3, 4, 5, 6);
    CausalLMOutput output =
        model.forward(
            sequence(3, 99, 4, 5, 98, 97, 6)
                .withAttentionMask(new int[][] {{1, 0, 1, 1, 0, 0, 1}}));
    int[] columns = {0, 2, 3, 6};
    for (int i = 0; i < columns.length; i++) {
      assertArrayEquals(expected[i], output.logits()[0][columns[i]]);
    }
  }

  @Test
  void aSequenceThatIsMaskedAltogetherDisturbsNobody() {
    int[][] ids = {{9, 9, 9}, {3, 4, 5}};
    int[][] mask = {{0, 0, 0}, {1, 1, 1}};
    CausalLMOutput output =
        model.forward(
            ModelInput.ofIds(ids)
                .withAttentionMask(mask)
                .withOutputHiddenStates(true)
                .withOutputAttentions(true)
                .withOutputRouterLogits(true));
    assertArrayEquals(new float[3][VOCAB], output.logits()[0]);
    assertArrayEquals(logits(3, 4, 5), output.logits()[1]);
    assertEquals(0, output.caches().get(0).length());
    assertEquals(3, output.caches().get(1).length());
  }

  @Test
  void aBatchOfNothingButPaddingGivesZeros() {
    CausalLMOutput output = model.forward(sequence(9, 9).withAttentionMask(new int[1][2]));
    assertArrayEquals(new float[2][VOCAB], output.logits()[0]);
    assertEquals(0, output.caches().getFirst().length());
  }

  @Test
  void aMaskMayCoverThePastToo() {
    BlockCache cache = model.newCache();
    model.forward(sequence(0, 3, 4).withAttentionMask(new int[][] {{0, 1, 1}}).withCache(cache));
    CausalLMOutput output =
        model.forward(
            sequence(5, 6).withAttentionMask(new int[][] {{0, 1, 1, 1, 1}}).withCache(cache));
    assertArrayEquals(Arrays.copyOfRange(logits(3, 4, 5, 6), 2, 4), output.logits()[0]);
  }

  @Test
  void aMaskThatHidesCachedIdsIsRefused() {
    BlockCache cache = model.newCache();
    model.forward(sequence(3, 4, 5, 6).withCache(cache));
    ModelInput next = sequence(7).withCache(cache);
    assertRefused(
        "attentionMask[0]: the cache holds 4 ids, but before the last 1 columns there are 2 ones",
        () -> model.forward(next.withAttentionMask(new int[][] {{0, 0, 1, 1, 1}})));
    assertRefused(
        "attentionMask[0]: the cache holds 0 ids, but before the last 1 columns there are 1 ones",
        () -> model.forward(sequence(7).withAttentionMask(new int[][] {{1, 1}})));
    assertEquals(4, cache.length());
    model.forward(next.withAttentionMask(new int[][] {{1, 1, 1, 1, 1}}));
    assertEquals(5, cache.length());
  }

  @Test
  void positionsFromZeroAreTheDefault() {
    int[] positions = IntStream.range(0, IDS.length).toArray();
    float[][] found =
        model.forward(ModelInput.ofIds(IDS).withPositionIds(new int[][] {positions})).logits()[0];
    assertArrayEquals(logits(IDS), found);
  }

  @Test
  void onlyTheDistanceOfPositionsCounts() {
    int[] shifted = IntStream.range(100, 100 + IDS.length).toArray();
    float[][] found =
        model.forward(ModelInput.ofIds(IDS).withPositionIds(new int[][] {shifted})).logits()[0];
    float[][] expected = logits(IDS);
    for (int t = 0; t < IDS.length; t++) {
      Golden.assertClose("logits[" + t + "]", expected[t], found[t], 1e-4);
    }
    int[] stretched = IntStream.range(0, IDS.length).map(i -> 3 * i).toArray();
    float[][] other =
        model.forward(ModelInput.ofIds(IDS).withPositionIds(new int[][] {stretched})).logits()[0];
    assertFalse(Arrays.equals(expected[5], other[5]));
    assertArrayEquals(expected[0], other[0]);
  }

  @Test
  void positionsAreTakenByColumnWhereAMaskHasHoles() {
    int[][] positions = {{77, 0, 88, 1, 2, 99}};
    int[][] mask = {{0, 1, 0, 1, 1, 0}};
    CausalLMOutput output =
        model.forward(
            sequence(9, 3, 9, 4, 5, 9).withAttentionMask(mask).withPositionIds(positions));
    float[][] expected = logits(3, 4, 5);
    assertArrayEquals(expected[0], output.logits()[0][1]);
    assertArrayEquals(expected[1], output.logits()[0][3]);
    assertArrayEquals(expected[2], output.logits()[0][4]);
  }

  @Test
  void whatIsRecordedHasTheShapeOfTheInput() {
    int[][] ids = {{0, 0, 3, 4, 5}, {6, 7, 8, 9, 10}};
    int[][] mask = {{0, 0, 1, 1, 1}, {1, 1, 1, 1, 1}};
    BlockCache past = model.newCache();
    model.forward(sequence(11, 12, 13).withCache(past));
    CausalLMOutput output =
        model.forward(
            ModelInput.ofIds(ids)
                .withAttentionMask(mask)
                .withCaches(List.of(model.newCache(), past))
                .withOutputHiddenStates(true)
                .withOutputAttentions(true)
                .withOutputRouterLogits(true));
    assertEquals(LAYERS + 1, output.hiddenStates().size());
    for (float[][][] states : output.hiddenStates()) {
      assertEquals(2, states.length);
      assertEquals(5, states[0].length);
      assertArrayEquals(new float[HIDDEN], states[0][0]);
      assertArrayEquals(new float[HIDDEN], states[0][1]);
      assertFalse(Arrays.equals(new float[HIDDEN], states[0][2]));
    }
    assertEquals(LAYERS, output.routerLogits().size());
    for (float[][] router : output.routerLogits()) {
      assertEquals(2 * 5, router.length);
      assertArrayEquals(new float[EXPERTS], router[1]);
      assertFalse(Arrays.equals(new float[EXPERTS], router[2]));
    }
    assertEquals(LAYERS, output.attentions().size());
    for (float[][][][] layer : output.attentions()) {
      assertEquals(2, layer.length);
      assertEquals(HEADS, layer[0].length);
      for (int head = 0; head < HEADS; head++) {
        assertArrayEquals(new float[5], layer[0][head][0]);
        assertAttends(layer[0][head][2], 2);
        assertAttends(layer[0][head][3], 2, 3);
        assertAttends(layer[0][head][4], 2, 3, 4);
        assertEquals(3 + 5, layer[1][head][0].length);
        assertAttends(layer[1][head][0], 0, 1, 2, 3);
        assertAttends(layer[1][head][4], 0, 1, 2, 3, 4, 5, 6, 7);
      }
    }
  }

  private static void assertAttends(float[] probabilities, int... keys) {
    double sum = 0;
    for (int key = 0; key < probabilities.length; key++) {
      int wanted = key;
      boolean visible = IntStream.of(keys).anyMatch(k -> k == wanted);
      assertEquals(visible, probabilities[key] > 0, "key " + key);
      sum += probabilities[key];
    }
    assertEquals(1, sum, 1e-6);
  }

  @Test
  void whatIsRecordedDoesNotDependOnPaddingOrChunks() {
    ModelInput plain =
        ModelInput.ofIds(IDS)
            .withOutputHiddenStates(true)
            .withOutputAttentions(true)
            .withOutputRouterLogits(true);
    CausalLMOutput expected = model.forward(plain);
    try (LanguageModel chunked =
        LanguageModel.fromPretrained(
            Fixtures.folder("full-f32"), LoadOptions.defaults().withChunkTokens(3))) {
      CausalLMOutput found = chunked.forward(plain);
      assertArrayEquals(expected.logits(), found.logits());
      for (int layer = 0; layer <= LAYERS; layer++) {
        assertArrayEquals(expected.hiddenStates().get(layer), found.hiddenStates().get(layer));
      }
      for (int layer = 0; layer < LAYERS; layer++) {
        assertArrayEquals(expected.attentions().get(layer), found.attentions().get(layer));
        assertArrayEquals(expected.routerLogits().get(layer), found.routerLogits().get(layer));
      }
    }
  }

  @Test
  void aModelWithoutItsHeadReturnsTheFinalState() {
    try (DecoderStack bare =
        DecoderStack.fromPretrained(Fixtures.folder("full-f32"), LoadOptions.defaults())) {
      ModelInput input =
          ModelInput.ofIds(new int[] {0, 3, 4}, new int[] {5, 6, 7})
              .withAttentionMask(new int[][] {{0, 1, 1}, {1, 1, 1}})
              .withOutputHiddenStates(true);
      ModelOutput output = bare.forward(input);
      assertArrayEquals(output.hiddenStates().getLast(), output.lastHiddenState());
      assertArrayEquals(model.forward(input).hiddenStates().getLast(), output.lastHiddenState());
      assertNotEquals(0f, output.lastHiddenState()[0][1][0]);
    }
  }

  @Test
  void wrongArgumentsOfNextTokenLogitsAreRefused() {
    BlockCache cache = model.newCache();
    float[] logits = new float[VOCAB];
    assertRefused(
        "outputs: expected 512 floats, found 511",
        () -> model.nextTokenLogits(new SequenceStep(cache, IDS, 0, 1, new float[511])));
    assertRefused(
        "ids: [0, 0) is no stretch of at least one of the 11 ids",
        () -> model.nextTokenLogits(new SequenceStep(cache, IDS, 0, 0, logits)));
    assertRefused(
        "ids: [5, 12) is no stretch of at least one of the 11 ids",
        () -> model.nextTokenLogits(new SequenceStep(cache, IDS, 5, 7, logits)));
    assertRefused(
        "ids[1]: expected an id from 0 to 511, found 512",
        () -> model.nextTokenLogits(new SequenceStep(cache, new int[] {0, 512}, 0, 2, logits)));
    assertRefused(
        "caches: 2 sequences need as many different caches, but there are 1",
        () ->
            model.nextTokenLogits(
                SequenceStep.ofEach(
                    List.of(cache, cache),
                    List.of(new int[1], new int[1]),
                    new float[][] {logits, logits})));
    assertRefused(
        "outputs: there are 2 rows for 1 ids; a row for each is the most",
        () -> model.nextTokenLogits(new SequenceStep(cache, IDS, 0, 1, new float[2][VOCAB])));
    assertRefused(
        "ids: [0, 0) is no stretch of at least one of the 0 ids",
        () -> model.nextTokenLogits(new SequenceStep(cache, new int[0], 0, 0, logits)));
    assertEquals(0, cache.length());
  }

  @Test
  void anotherModelsCacheIsRefusedEvenOfTheSameFolder() {
    for (String folder : new String[] {"window-bf16", "full-f32"}) {
      try (LanguageModel other =
          LanguageModel.fromPretrained(Fixtures.folder(folder), LoadOptions.defaults())) {
        BlockCache cache = other.newCache();
        String refusal =
            "cache: a model takes only caches that its own newCache() made, but this one is another"
                + " model's";
        assertRefused(
            refusal,
            () -> model.nextTokenLogits(new SequenceStep(cache, IDS, 0, 1, new float[VOCAB])));
        assertRefused(refusal, () -> model.forward(ModelInput.ofIds(IDS).withCache(cache)));
      }
    }
  }

  @Test
  void anotherImplementationOfACacheIsRefused() {
    assertRefused(
        "cache: a model takes only caches that its own newCache() made, but this one is a "
            + ForeignCache.class.getName(),
        () -> model.forward(ModelInput.ofIds(IDS).withCache(new ForeignCache())));
  }

  /** A cache that a user might write. */
  private static final class ForeignCache implements KeyValueCache {
    @Override
    public int length() {
      return 0;
    }

    @Override
    public KeyValueCache fork() {
      return new ForeignCache();
    }

    @Override
    public void truncate(int length) {}

    @Override
    public boolean canTruncate(int length) {
      return true;
    }

    @Override
    public void reset() {}

    @Override
    public long byteSize() {
      return 0;
    }

    @Override
    public int numExpertsPerTok() {
      return 2;
    }

    @Override
    public void setNumExpertsPerTok(int numExpertsPerTok) {}

    @Override
    public long[][] expertCounts() {
      return new long[0][];
    }

    @Override
    public void close() {}
  }

  @Test
  void aClosedModelRefusesCalls(@TempDir Path folder) {
    LanguageModel closed =
        LanguageModel.fromPretrained(Fixtures.folder("full-f32"), LoadOptions.defaults());
    closed.close();
    closed.close();
    BlockCache cache = closed.newCache();
    assertThrows(IllegalStateException.class, () -> closed.forward(sequence(1)));
    assertThrows(IllegalStateException.class, closed::warmUp);
    IllegalStateException unsaved =
        assertThrows(
            IllegalStateException.class, () -> closed.savePretrained(folder.resolve("saved")));
    assertEquals("the model is closed", unsaved.getMessage());
    assertFalse(Files.exists(folder.resolve("saved")));
    IllegalStateException refusal =
        assertThrows(
            IllegalStateException.class,
            () -> closed.nextTokenLogits(new SequenceStep(cache, IDS, 0, 1, new float[VOCAB])));
    assertEquals("the model is closed", refusal.getMessage());
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }
}
