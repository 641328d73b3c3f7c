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
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Exponential} of the lanes of a vector, bit for bit but for what a NaN carries. Called once
 * in a small loop it is inlined, unlike helpers of the loops that {@link VectorQuantizedKernels}
 * speaks of.
 */
final class VectorExponential {

  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;

  private VectorExponential() {}

  static FloatVector of(FloatVector x) {
    FloatVector round = FloatVector.broadcast(FLOATS, ROUND);
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
    return p.reinterpretAsInts()
        .add(shifted.reinterpretAsInts().lanewise(LSHL, 23))
        .reinterpretAsFloats()
        .blend(0f, x.compare(LT, LOWEST));
  }
}
