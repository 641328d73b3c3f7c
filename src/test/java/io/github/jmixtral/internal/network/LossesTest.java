package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import java.util.List;
import org.junit.jupiter.api.Test;

@RunsOnce
class LossesTest {

  private static final float LN2 = (float) Math.log(2);

  @Test
  void crossEntropyIsTheMeanOverPredictionsOfTheNextLabel() {
    // Probabilities 1/4, 1/2, 1/4, then 1/2, 1/4, 1/4; the last column predicts nothing.
    float[][][] logits = {{{0, LN2, 0}, {LN2 + 7, 7, 7}, {100, 0, 0}}};
    double expected = (Math.log(4) + Math.log(2)) / 2;
    assertEquals(expected, Losses.crossEntropy(logits, new int[][] {{2, 0, 0}}), 1e-6);
  }

  @Test
  void ignoredLabelsAreLeftOutOfTheMean() {
    float[][][] logits = {
      {{0, LN2, 0}, {LN2, 0, 0}, {0, 0, 0}}, {{0, 0, LN2}, {0, 0, 0}, {0, 0, 0}}
    };
    int[][] labels = {{-100, 1, -100}, {-100, 0, -100}};
    assertEquals((Math.log(2) + Math.log(4)) / 2, Losses.crossEntropy(logits, labels), 1e-6);
  }

  @Test
  void withoutAnyPredictionTheLossIsNaN() {
    assertTrue(Double.isNaN(Losses.crossEntropy(new float[1][1][3], new int[][] {{1}})));
    assertTrue(Double.isNaN(Losses.crossEntropy(new float[1][2][3], new int[][] {{1, -100}})));
  }

  @Test
  void largeLogitsDoNotOverflow() {
    float[][][] logits = {{{1e30f, -1e30f}, {0, 0}}};
    assertEquals(0, Losses.crossEntropy(logits, new int[][] {{0, 0}}), 0);
  }

  @Test
  void evenRoutingHasALoadBalancingLossOfTheNumberOfSlots() {
    // Each token gives both of its experts the same probability, and every expert two tokens.
    float[][] layer = {{9, 9, -9, -9}, {-9, -9, 9, 9}, {9, 9, -9, -9}, {-9, -9, 9, 9}};
    boolean[] visible = {true, true, true, true};
    assertEquals(2, Losses.loadBalancing(List.of(layer, layer), visible, 2), 1e-6);
  }

  @Test
  void maskedTokensAndTheirRoutingDoNotCount() {
    float[][] layer = {{9, -9}, {-9, 9}, {5, 1}};
    float[][] shorter = {{9, -9}, {-9, 9}};
    assertEquals(
        Losses.loadBalancing(List.<float[][]>of(shorter), new boolean[] {true, true}, 1),
        Losses.loadBalancing(List.<float[][]>of(layer), new boolean[] {true, true, false}, 1),
        0);
  }
}
