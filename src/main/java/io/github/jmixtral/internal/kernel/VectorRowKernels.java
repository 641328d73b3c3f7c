package io.github.jmixtral.internal.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link RowKernels} on the machine's widest vectors. */
final class VectorRowKernels implements RowKernels {

  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final int LANES = FLOATS.length();

  @Override
  public void rmsNorm(
      float[] x,
      int xOffset,
      float[] weight,
      float epsilon,
      int count,
      float[] out,
      int outOffset) {
    float scale = (float) (1 / Math.sqrt(sumOfSquares(x, xOffset, count) / count + epsilon));
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector.fromArray(FLOATS, x, xOffset + i)
          .mul(scale)
          .mul(FloatVector.fromArray(FLOATS, weight, i))
          .intoArray(out, outOffset + i);
    }
    for (int i = whole; i < count; i++) {
      out[outOffset + i] = x[xOffset + i] * scale * weight[i];
    }
  }

  private static float sumOfSquares(float[] x, int xOffset, int count) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    int pairs = count - count % (2 * LANES);
    for (int i = 0; i < pairs; i += 2 * LANES) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, xOffset + i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, xOffset + i + LANES);
      sum0 = x0.fma(x0, sum0);
      sum1 = x1.fma(x1, sum1);
    }
    // The lanes are added one after the other: reduceLanes leaves its order open.
    sum0 = sum0.add(sum1);
    float squares = 0;
    for (int lane = 0; lane < LANES; lane++) {
      squares += sum0.lane(lane);
    }
    for (int i = pairs; i < count; i++) {
      squares = Math.fma(x[xOffset + i], x[xOffset + i], squares);
    }
    return squares;
  }

  @Override
  public void siluMultiply(float[] gate, int gateOffset, float[] up, int upOffset, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector g = FloatVector.fromArray(FLOATS, gate, gateOffset + i);
      FloatVector exponential = VectorExponential.of(g.neg());
      g.div(exponential.add(1f))
          .mul(FloatVector.fromArray(FLOATS, up, upOffset + i))
          .intoArray(gate, gateOffset + i);
    }
    for (int i = whole; i < count; i++) {
      float g = gate[gateOffset + i];
      gate[gateOffset + i] = g / (1 + Exponential.of(-g)) * up[upOffset + i];
    }
  }
}
