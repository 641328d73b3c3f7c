package io.github.jmixtral.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The kernels of this machine against their scalar twins and against double precision. */
class RowKernelsTest {

  private static final float UNTOUCHED = 12345f;
  private static final float EPSILON = 1e-5f;

  private static final int[] COUNTS = {
    1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 100, 129, 1000
  };

  private final RowKernels kernels = Kernels.detected().row();
  private final RowKernels scalar = Kernels.scalar().row();

  @Test
  void theNormEqualsDoublePrecisionAndTheScalarTwin() {
    for (int count : COUNTS) {
      float[] x = Samples.floats(count, 3 + count);
      float[] weight = Samples.floats(count + 1, count);
      float[] found = normalise(kernels, x, weight);
      float[] plain = normalise(scalar, x, weight);
      double squares = 0;
      for (int i = 0; i < count; i++) {
        squares += (double) x[3 + i] * x[3 + i];
      }
      double scale = 1 / Math.sqrt(squares / count + EPSILON);
      // The squares' sum rounds count times, of which the root keeps half; then the mean, the
      // epsilon, the scale and the two products round once each.
      double roundings = count / 2.0 + 5;
      for (int i = 0; i < count; i++) {
        double expected = x[3 + i] * scale * weight[i];
        double bound = roundings * Samples.ROUNDING * Math.abs(expected) + Float.MIN_VALUE;
        assertEquals(expected, found[2 + i], bound, "count %d, [%d]".formatted(count, i));
        assertEquals(expected, plain[2 + i], bound, "count %d, [%d], scalar".formatted(count, i));
      }
    }
  }

  @Test
  void theNormMayOverwriteItsInput() {
    for (int count : COUNTS) {
      float[] x = Samples.floats(count, count);
      float[] weight = Samples.floats(count + 1, count);
      float[] expected = new float[count];
      kernels.rmsNorm(x, 0, weight, EPSILON, count, expected, 0);
      kernels.rmsNorm(x, 0, weight, EPSILON, count, x, 0);
      assertArrayEquals(expected, x);
    }
  }

  @Test
  void theNormOfZerosIsZero() {
    for (int count : COUNTS) {
      float[] out = Samples.floats(count, count);
      kernels.rmsNorm(new float[count], 0, Samples.floats(1, count), EPSILON, count, out, 0);
      for (float value : out) {
        assertEquals(0f, value, 0f);
      }
    }
  }

  @Test
  void theGateEqualsDoublePrecisionAndTheScalarTwinBitForBit() {
    for (int count : COUNTS) {
      float[] gate = Samples.floats(count, 3 + count);
      float[] up = Samples.floats(count + 1, 2 + count);
      float[] found = gateOf(kernels, gate, up, count);
      assertArrayEquals(gateOf(scalar, gate, up, count), found);
      for (int i = 0; i < count; i++) {
        double g = gate[3 + i];
        double expected = g / (1 + Math.exp(-g)) * up[2 + i];
        // The exponential rounds to one unit in the last place, then a sum, a quotient, a product.
        double bound = 5 * Samples.ROUNDING * Math.abs(expected) + Float.MIN_VALUE;
        assertEquals(expected, found[3 + i], bound, "count %d, [%d]".formatted(count, i));
      }
    }
  }

  @Test
  void aGateThatIsNaNIsNotLost() {
    for (int count : COUNTS) {
      float[] gate = new float[count];
      float[] up = new float[count];
      Arrays.fill(gate, Float.intBitsToFloat(0x7fc00001));
      Arrays.fill(up, 1f);
      kernels.siluMultiply(gate, 0, up, 0, count);
      for (float value : gate) {
        assertTrue(Float.isNaN(value));
      }
    }
  }

  private static float[] normalise(RowKernels kernels, float[] x, float[] weight) {
    int count = weight.length;
    float[] out = new float[2 + count + 1];
    Arrays.fill(out, UNTOUCHED);
    kernels.rmsNorm(x, 3, weight, EPSILON, count, out, 2);
    assertEquals(UNTOUCHED, out[1]);
    assertEquals(UNTOUCHED, out[2 + count]);
    return out;
  }

  private static float[] gateOf(RowKernels kernels, float[] gate, float[] up, int count) {
    float[] out = Arrays.copyOf(gate, 3 + count + 1);
    out[2] = UNTOUCHED;
    out[3 + count] = UNTOUCHED;
    kernels.siluMultiply(out, 3, up, 2, count);
    assertEquals(UNTOUCHED, out[2]);
    assertEquals(UNTOUCHED, out[3 + count]);
    return out;
  }
}
