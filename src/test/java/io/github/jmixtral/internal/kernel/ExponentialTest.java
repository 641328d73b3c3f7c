package io.github.jmixtral.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExponentialTest {

  private static final int SAMPLES = 200_000;

  /** Arguments all over the range and closely around 0, and the edges. */
  private static float[] arguments() {
    float[] edges = {
      0f,
      -0f,
      Float.MIN_VALUE,
      -Float.MIN_VALUE,
      1f,
      -1f,
      Exponential.LOWEST,
      Math.nextUp(Exponential.LOWEST),
      Math.nextDown(Exponential.LOWEST),
      Exponential.HIGHEST,
      Math.nextUp(Exponential.HIGHEST),
      -1000f,
      1000f,
      -Float.MAX_VALUE,
      Float.MAX_VALUE,
      Float.NEGATIVE_INFINITY,
      Float.POSITIVE_INFINITY,
      Float.NaN
    };
    Random random = new Random(1);
    float[] all = new float[edges.length + SAMPLES];
    System.arraycopy(edges, 0, all, 0, edges.length);
    for (int i = edges.length; i < all.length; i++) {
      all[i] = i % 4 == 0 ? (float) random.nextGaussian() : (random.nextFloat() * 2 - 1) * 90f;
    }
    return all;
  }

  @Test
  void liesWithinOneUnitInTheLastPlace() {
    for (float x : arguments()) {
      if (x >= Exponential.LOWEST && x <= Exponential.HIGHEST) {
        double expected = Math.exp(x);
        double unit = Math.ulp((float) expected);
        double error = Math.abs(Exponential.of(x) - expected);
        assertTrue(error <= unit, () -> "exp(%s): off by %.3f units".formatted(x, error / unit));
      }
    }
  }

  @Test
  void isOneAtZero() {
    assertEquals(1f, Exponential.of(0f));
    assertEquals(1f, Exponential.of(-0f));
  }

  @Test
  void neverDecreases() {
    float[] arguments = arguments();
    Arrays.sort(arguments);
    float before = 0;
    for (float x : arguments) {
      if (!Float.isNaN(x)) {
        float value = Exponential.of(x);
        // Neighbours may swap by the rounding of one of them.
        assertTrue(value >= before - Math.ulp(before), () -> "exp(" + x + ")");
        before = value;
      }
    }
  }

  @Test
  void isZeroBelowTheLowestArgument() {
    assertTrue(Exponential.of(Exponential.LOWEST) >= Float.MIN_NORMAL);
    assertEquals(0f, Exponential.of(Math.nextDown(Exponential.LOWEST)));
    assertEquals(0f, Exponential.of(-1000f));
    assertEquals(0f, Exponential.of(Float.NEGATIVE_INFINITY));
  }

  @Test
  void staysAtTheHighestArgumentAboveIt() {
    float highest = Exponential.of(Exponential.HIGHEST);
    assertTrue(Float.isFinite(highest));
    assertEquals(highest, Exponential.of(Math.nextUp(Exponential.HIGHEST)));
    assertEquals(highest, Exponential.of(Float.POSITIVE_INFINITY));
  }

  @Test
  void keepsNaN() {
    assertTrue(Float.isNaN(Exponential.of(Float.NaN)));
    // What x86 makes of ∞ − ∞.
    assertTrue(Float.isNaN(Exponential.of(Float.intBitsToFloat(0xffc00000))));
    assertTrue(Float.isNaN(Exponential.of(Float.intBitsToFloat(0x7fc00001))));
  }

  @Test
  void theGateUsesTheSameBits() {
    RowKernels kernels = Kernels.detected().row();
    float[] arguments = arguments();
    float[] ones = new float[arguments.length];
    Arrays.fill(ones, 1f);
    float[] gate = new float[arguments.length];
    for (int i = 0; i < gate.length; i++) {
      gate[i] = -arguments[i];
    }
    kernels.siluMultiply(gate, 0, ones, 0, gate.length);
    for (int i = 0; i < gate.length; i++) {
      assertEquals(
          Float.floatToIntBits(-arguments[i] / (1 + Exponential.of(arguments[i]))),
          Float.floatToIntBits(gate[i]),
          "exp(" + arguments[i] + ")");
    }
  }

  @Test
  void theSoftmaxUsesTheSameBits() {
    AttentionKernels kernels = Kernels.detected().attention();
    float[] arguments = arguments();
    int block = AttentionKernels.BLOCK;
    float[] scores = new float[block];
    for (int start = 0; start + block <= arguments.length; start += block) {
      for (int j = 0; j < block; j++) {
        float x = arguments[start + j];
        scores[j] = Float.isNaN(x) ? 0 : -Math.abs(x);
      }
      float[] expected = scores.clone();
      // With 0 the largest score before, the probabilities are the exponentials themselves.
      kernels.softmax(scores, 0, 1f, 0, block, new float[] {0f, 1f});
      for (int j = 0; j < block; j++) {
        assertEquals(
            Float.floatToRawIntBits(Exponential.of(expected[j])),
            Float.floatToRawIntBits(scores[j]),
            "exp(" + expected[j] + ")");
      }
    }
  }
}
