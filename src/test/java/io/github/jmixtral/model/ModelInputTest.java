package io.github.jmixtral.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.CacheMemory;
import io.github.jmixtral.internal.network.Configs;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

@RunsOnce
class ModelInputTest {

  private static final MixtralConfig CONFIG = Configs.withWindow(OptionalInt.empty());
  private static final ModelInput TWO_BY_THREE = ModelInput.ofIds(new int[2][3]);

  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void idsAreARectangleWithAtLeastOneId() {
    assertRefused(
        "inputIds is empty; give at least one sequence of at least one id", ModelInput::ofIds);
    assertRefused(
        "inputIds is empty; give at least one sequence of at least one id",
        () -> ModelInput.ofIds(new int[0]));
    assertRefused(
        "inputIds has a row of 2 columns, but every row should have 3",
        () -> ModelInput.ofIds(new int[3], new int[2]));
  }

  @Test
  void embeddingsAreARectangleWithAtLeastOne() {
    assertRefused(
        "inputEmbeddings is empty; give at least one sequence of at least one embedding",
        () -> ModelInput.ofEmbeddings(new float[0][][]));
    assertRefused(
        "inputEmbeddings is empty; give at least one sequence of at least one embedding",
        () -> ModelInput.ofEmbeddings(new float[1][0][]));
    assertRefused(
        "inputEmbeddings: the sequences have 2 and 1 columns, but must have the same; pad the"
            + " shorter",
        () -> ModelInput.ofEmbeddings(new float[][][] {new float[2][4], new float[1][4]}));
  }

  @Test
  void theMaskHasARowForEachSequenceAndCoversItsColumns() {
    assertRefused(
        "attentionMask has 1 rows, but there are 2 sequences",
        () -> TWO_BY_THREE.withAttentionMask(new int[1][3]));
    assertRefused(
        "attentionMask has a row of 2 columns, but the sequences have 3",
        () -> TWO_BY_THREE.withAttentionMask(new int[][] {new int[3], new int[2]}));
  }

  @Test
  void ofAMaskThatCoversThePastTheLastColumnsCount() {
    ModelInput input =
        TWO_BY_THREE.withAttentionMask(new int[][] {{0, 0, 1, 0, 1}, {1, 1, 0, 1, 0}});
    assertEquals(true, input.isVisible(0, 0));
    assertEquals(false, input.isVisible(0, 1));
    assertEquals(true, input.isVisible(0, 2));
    assertEquals(false, input.isVisible(1, 0));
  }

  @Test
  void positionsAreOneForEachIdAndNotNegative() {
    assertRefused(
        "positionIds has 1 rows, but there should be 2",
        () -> TWO_BY_THREE.withPositionIds(new int[1][3]));
    assertRefused(
        "positionIds has a row of 4 columns, but every row should have 3",
        () -> TWO_BY_THREE.withPositionIds(new int[2][4]));
    assertRefused(
        "positionIds: -1 is negative; positions count from 0",
        () -> TWO_BY_THREE.withPositionIds(new int[][] {{0, 1, 2}, {0, -1, 2}}));
  }

  @Test
  void cachesAreDifferentAndOneForEachSequence() {
    BlockCache cache = new BlockCache(CONFIG, CacheFormat.F32, new CacheMemory());
    assertRefused(
        "caches: 2 sequences need as many different caches, but there are 1",
        () -> TWO_BY_THREE.withCache(cache));
    assertRefused(
        "caches: 2 sequences need as many different caches, but there are 1",
        () -> TWO_BY_THREE.withCaches(List.of(cache, cache)));
    assertRefused(
        "caches: 2 sequences need as many different caches, but there are 3",
        () ->
            TWO_BY_THREE.withCaches(
                List.of(
                    cache,
                    new BlockCache(CONFIG, CacheFormat.F32, new CacheMemory()),
                    new BlockCache(CONFIG, CacheFormat.F32, new CacheMemory()))));
  }

  @Test
  void logitsToKeepIsNotNegative() {
    assertRefused(
        "logitsToKeep is -1, but must be 0 or more", () -> TWO_BY_THREE.withLogitsToKeep(-1));
  }

  @Test
  void labelsAreOneForEachId() {
    assertRefused(
        "labels has 3 rows, but there should be 2", () -> TWO_BY_THREE.withLabels(new int[3][3]));
    assertRefused(
        "labels has a row of 2 columns, but every row should have 3",
        () -> TWO_BY_THREE.withLabels(new int[2][2]));
  }

  @Test
  void laterChangesOfAnArrayChangeNoInput() {
    int[] ids = {1, 2};
    int[] mask = {1, 1};
    ModelInput input = ModelInput.ofIds(ids).withAttentionMask(new int[][] {mask});
    ids[0] = 7;
    mask[0] = 0;
    input.inputIds().orElseThrow()[0][1] = 7;
    assertArrayEquals(new int[][] {{1, 2}}, input.inputIds().orElseThrow());
    assertArrayEquals(new int[][] {{1, 1}}, input.attentionMask().orElseThrow());
  }

  @Test
  void anInputNamesWhatItAsksFor() {
    assertEquals(
        "ModelInput[inputIds=[2, 3], labels, logitsToKeep=1, outputHiddenStates=false,"
            + " outputAttentions=true, outputRouterLogits=false]",
        TWO_BY_THREE
            .withLabels(new int[2][3])
            .withLogitsToKeep(1)
            .withOutputAttentions(true)
            .withOutputRouterLogits(false)
            .toString());
  }

  @Test
  void withersLeaveTheInputAsItWas() {
    ModelInput changed =
        TWO_BY_THREE
            .withLogitsToKeep(1)
            .withLabels(new int[2][3])
            .withPositionIds(new int[2][3])
            .withAttentionMask(new int[2][3])
            .withOutputHiddenStates(true);
    assertEquals(1, changed.logitsToKeep());
    assertEquals(true, changed.outputHiddenStates());
    assertEquals(false, changed.isVisible(0, 0));
    assertEquals(0, TWO_BY_THREE.logitsToKeep());
    assertEquals(false, TWO_BY_THREE.outputHiddenStates());
    assertEquals(true, TWO_BY_THREE.isVisible(0, 0));
    assertEquals(true, TWO_BY_THREE.labels().isEmpty());
    assertEquals(true, TWO_BY_THREE.positionIds().isEmpty());
  }
}
