package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.Exponential.C2;
import static io.github.jmixtral.internal.kernel.Exponential.C3;
import static io.github.jmixtral.internal.kernel.Exponential.C4;
import static io.github.jmixtral.internal.kernel.Exponential.C5;
import static io.github.jmixtral.internal.kernel.Exponential.C6;
import static io.github.jmixtral.internal.kernel.Exponential.C7;
import static io.github.jmixtral.internal.kernel.Exponential.HIGHEST;
import static io.github.jmixtral.internal.kernel.Exponential.INVERSE_LN2;
import static io.github.jmixtral.internal.kernel.Exponential.LN2_HIGH;
import static io.github.jmixtral.internal.kernel.Exponential.LN2_LOW;
import static io.github.jmixtral.internal.kernel.Exponential.LOWEST;
import static io.github.jmixtral.internal.kernel.Exponential.ROUND;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
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
    FloatVector round = FloatVector.broadcast(FLOATS, ROUND);
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector g = FloatVector.fromArray(FLOATS, gate, gateOffset + i);
      FloatVector x = g.neg();
      FloatVector clamped = x.min(HIGHEST).max(LOWEST);
      FloatVector shifted = clamped.fma(FloatVector.broadcast(FLOATS, INVERSE_LN2), round);
      FloatVector n = shifted.sub(round);
      FloatVector r =
          n.fma(
              FloatVector.broadcast(FLOATS, -LN2_LOW),
              n.fma(FloatVector.broadcast(FLOATS, -LN2_HIGH), clamped));
      FloatVector p = r.fma(FloatVector.broadcast(FLOATS, C7), FloatVector.broadcast(FLOATS, C6));
      p = p.fma(r, FloatVector.broadcast(FLOATS, C5));
      p = p.fma(r, FloatVector.broadcast(FLOATS, C4));
      p = p.fma(r, FloatVector.broadcast(FLOATS, C3));
      p = p.fma(r, FloatVector.broadcast(FLOATS, C2));
      p = p.fma(r, FloatVector.broadcast(FLOATS, 1f));
      p = p.fma(r, FloatVector.broadcast(FLOATS, 1f));
      FloatVector exponential =
          p.reinterpretAsInts()
              .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
              .reinterpretAsFloats()
              .blend(0f, x.compare(VectorOperators.LT, LOWEST));
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
