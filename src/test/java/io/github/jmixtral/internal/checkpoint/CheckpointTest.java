package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.testkit.Fixtures;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

@RunsOnce
class CheckpointTest {
  @Test
  void aFolderOpensWithConfigurationAndWeights() {
    try (Checkpoint checkpoint =
        Checkpoint.open(Fixtures.folder("full-f32"), LoadOptions.defaults())) {
      MixtralWeights weights = checkpoint.weights();
      assertEquals(2, weights.layers().size());
      assertEquals(8, weights.layers().get(1).experts().size());
      WeightMatrix w2 = weights.layers().get(1).experts().get(7).w2();
      assertEquals(FloatFormat.F32, WeightsAssert.format(w2));
      assertEquals(64, w2.rows());
      assertEquals(128, w2.cols());
      assertEquals(64, weights.norm().length);
      assertEquals(512, checkpoint.languageModelHead().rows());
    }
  }

  @Test
  void bfloat16WeightsStayInPlaceAndNormsBecomeFloats() {
    try (Checkpoint checkpoint =
        Checkpoint.open(Fixtures.folder("window-bf16"), LoadOptions.defaults())) {
      MixtralWeights.Layer layer = checkpoint.weights().layers().get(2);
      FloatMatrix queries = assertInstanceOf(FloatMatrix.class, layer.qProj());
      assertEquals(FloatFormat.BF16, queries.format());
      assertEquals(4 * 32, queries.rows());
      assertTrue(queries.data().isMapped());
      for (float weight : layer.inputLayernorm()) {
        assertEquals(1, weight, 0.5);
      }
    }
  }

  @Test
  void shardsHoldTheSameWeightsAsTheSingleFile() {
    assertSameWeights("full-f32", "sharded-f32");
  }

  @Test
  void fusedExpertsHoldTheSameWeightsAsSeparateOnes() {
    assertSameWeights("full-f32", "fused-v5-f32");
  }

  @Test
  void theModelInTheBoxOpens() {
    try (Checkpoint checkpoint = Checkpoint.open(Fixtures.storyteller(), LoadOptions.defaults())) {
      assertEquals(OptionalInt.of(128), checkpoint.config().slidingWindow());
      assertEquals(1e4, checkpoint.config().ropeTheta());
    }
  }

  @Test
  void aClassifierHasNoLanguageModelHeadAndSaysSo() {
    try (Checkpoint checkpoint =
        Checkpoint.open(Fixtures.folder("classifier-f32"), LoadOptions.defaults())) {
      assertEquals(3, checkpoint.classifierHead().rows());
      String message =
          assertThrows(UnsupportedCheckpointException.class, checkpoint::languageModelHead)
              .getMessage();
      assertTrue(message.contains("classifier-f32"), message);
      assertTrue(
          message.contains(
              "this is a classifier (score.weight), not a language model (lm_head.weight)"),
          message);
    }
  }

  @Test
  void closingUnmapsAndMayBeRepeated() {
    Checkpoint checkpoint = Checkpoint.open(Fixtures.folder("full-f32"), LoadOptions.defaults());
    FloatMatrix embedding = assertInstanceOf(FloatMatrix.class, checkpoint.weights().embedTokens());
    checkpoint.close();
    checkpoint.close();
    assertThrows(IllegalStateException.class, () -> embedding.data().get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void aFolderThatIsNotThereIsNamed() {
    MissingFileException missing =
        assertThrows(
            MissingFileException.class,
            () -> Checkpoint.open(Path.of("no-such-folder"), LoadOptions.defaults()));
    assertTrue(missing.getMessage().contains("no-such-folder"), missing.getMessage());
  }

  @Test
  void optionsOverrideTheWindow() {
    Path folder = Fixtures.folder("window-bf16");
    assertEquals(OptionalInt.of(16), windowOf(folder, LoadOptions.defaults()));
    assertEquals(OptionalInt.of(7), windowOf(folder, LoadOptions.defaults().withSlidingWindow(7)));
    assertEquals(
        OptionalInt.empty(), windowOf(folder, LoadOptions.defaults().withSlidingWindow(0)));
  }

  private static OptionalInt windowOf(Path folder, LoadOptions options) {
    try (Checkpoint checkpoint = Checkpoint.open(folder, options)) {
      return checkpoint.config().slidingWindow();
    }
  }

  private static void assertSameWeights(String one, String other) {
    try (Checkpoint expected = Checkpoint.open(Fixtures.folder(one), LoadOptions.defaults());
        Checkpoint found = Checkpoint.open(Fixtures.folder(other), LoadOptions.defaults())) {
      WeightsAssert.assertSameBits(expected.weights(), found.weights());
      assertArrayEquals(expected.weights().norm(), found.weights().norm());
    }
  }
}
