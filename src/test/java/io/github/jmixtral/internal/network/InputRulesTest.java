package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.model.ModelInput;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@RunsOnce
class InputRulesTest {
  private static final MixtralConfig CONFIG = Configs.withWindow(OptionalInt.empty());
  private static final ModelInput TWO_BY_THREE = ModelInput.ofIds(new int[2][3]);

  private static void check(ModelInput input) {
    List<BlockCache> caches =
        Stream.generate(() -> new BlockCache(CONFIG, CacheFormat.F32, new CacheMemory()))
            .limit(input.batchSize())
            .toList();
    InputRules.check(input, CONFIG, caches);
  }

  private static void assertRefused(String message, ModelInput input) {
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, () -> check(input)).getMessage());
  }

  @Test
  void idsBeyondTheVocabularyAreRefused() {
    for (int id : new int[] {-1, 50, Integer.MAX_VALUE}) {
      assertRefused(
          "inputIds[1][2]: expected an id from 0 to 49, found " + id,
          ModelInput.ofIds(new int[3], new int[] {0, 49, id}));
    }
  }

  @Test
  void whatIsMaskedMayBeAnything() {
    check(ModelInput.ofIds(new int[] {-1, 49}).withAttentionMask(new int[][] {{0, 1}}));
  }

  @Test
  void embeddingsOfAnotherWidthAreRefused() {
    assertRefused(
        "inputEmbeddings[0][1]: expected 24 floats, found 23",
        ModelInput.ofEmbeddings(new float[][][] {{new float[24], new float[23]}}));
  }

  @Test
  void labelsBeyondTheVocabularyAreRefused() {
    for (int label : new int[] {-1, -99, 50}) {
      assertRefused(
          "labels[0][2]: expected an id from 0 to 49, found " + label,
          TWO_BY_THREE.withLabels(new int[][] {{0, -100, label}, {0, 0, 0}}));
    }
    check(TWO_BY_THREE.withLabels(new int[][] {{-100, -100, 49}, {0, 0, 0}}));
  }
}
