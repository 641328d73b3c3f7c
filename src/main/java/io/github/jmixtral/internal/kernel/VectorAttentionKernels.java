package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.Exponential.C2;
import static io.github.jmixtral.internal.kernel.Exponential.C3;
import static io.github.jmixtral.internal.kernel.Exponential.C4;
import static io.github.jmixtral.internal.kernel.Exponential.C5;
import static io.github.jmixtral.internal.kernel.Exponential.C6;
import static io.github.jmixtral.internal.kernel.Exponential.C7;
import static io.github.jmixtral.internal.kernel.Exponential.INVERSE_LN2;
import static io.github.jmixtral.internal.kernel.Exponential.LN2_HIGH;
import static io.github.jmixtral.internal.kernel.Exponential.LN2_LOW;
import static io.github.jmixtral.internal.kernel.Exponential.LOWEST;
import static io.github.jmixtral.internal.kernel.Exponential.ROUND;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link AttentionKernels} on the machine's widest vectors. Lanes are positions while scoring and
 * channels while adding values, so that no loop ends in a sum over lanes.
 */
final class VectorAttentionKernels implements AttentionKernels {

  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final int LANES = FLOATS.length();

  /** Vectors that a tile of four rows holds in registers for each row. */
  private static final int WIDTH = 4;

  @Override
  public void scores(
      float[] queries,
      int queriesOffset,
      float[] keys,
      int keysOffset,
      int headDim,
      float[] scores,
      int scoresOffset) {
    for (int j = 0; j < BLOCK; j += WIDTH * LANES) {
      scoresOfStretch(
          queries, queriesOffset, keys, keysOffset + j, headDim, scores, scoresOffset + j);
    }
  }

  private static void scoresOfStretch(
      float[] queries, int q0, float[] keys, int keysOffset, int headDim, float[] scores, int out) {
    int q1 = q0 + headDim;
    int q2 = q1 + headDim;
    int q3 = q2 + headDim;
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = FloatVector.zero(FLOATS);
    FloatVector s02 = FloatVector.zero(FLOATS);
    FloatVector s03 = FloatVector.zero(FLOATS);
    FloatVector s10 = FloatVector.zero(FLOATS);
    FloatVector s11 = FloatVector.zero(FLOATS);
    FloatVector s12 = FloatVector.zero(FLOATS);
    FloatVector s13 = FloatVector.zero(FLOATS);
    FloatVector s20 = FloatVector.zero(FLOATS);
    FloatVector s21 = FloatVector.zero(FLOATS);
    FloatVector s22 = FloatVector.zero(FLOATS);
    FloatVector s23 = FloatVector.zero(FLOATS);
    FloatVector s30 = FloatVector.zero(FLOATS);
    FloatVector s31 = FloatVector.zero(FLOATS);
    FloatVector s32 = FloatVector.zero(FLOATS);
    FloatVector s33 = FloatVector.zero(FLOATS);
    for (int d = 0; d < headDim; d++) {
      int key = keysOffset + d * BLOCK;
      FloatVector k0 = FloatVector.fromArray(FLOATS, keys, key);
      FloatVector k1 = FloatVector.fromArray(FLOATS, keys, key + LANES);
      FloatVector k2 = FloatVector.fromArray(FLOATS, keys, key + 2 * LANES);
      FloatVector k3 = FloatVector.fromArray(FLOATS, keys, key + 3 * LANES);
      FloatVector q = FloatVector.broadcast(FLOATS, queries[q0 + d]);
      s00 = q.fma(k0, s00);
      s01 = q.fma(k1, s01);
      s02 = q.fma(k2, s02);
      s03 = q.fma(k3, s03);
      q = FloatVector.broadcast(FLOATS, queries[q1 + d]);
      s10 = q.fma(k0, s10);
      s11 = q.fma(k1, s11);
      s12 = q.fma(k2, s12);
      s13 = q.fma(k3, s13);
      q = FloatVector.broadcast(FLOATS, queries[q2 + d]);
      s20 = q.fma(k0, s20);
      s21 = q.fma(k1, s21);
      s22 = q.fma(k2, s22);
      s23 = q.fma(k3, s23);
      q = FloatVector.broadcast(FLOATS, queries[q3 + d]);
      s30 = q.fma(k0, s30);
      s31 = q.fma(k1, s31);
      s32 = q.fma(k2, s32);
      s33 = q.fma(k3, s33);
    }
    s00.intoArray(scores, out);
    s01.intoArray(scores, out + LANES);
    s02.intoArray(scores, out + 2 * LANES);
    s03.intoArray(scores, out + 3 * LANES);
    s10.intoArray(scores, out + BLOCK);
    s11.intoArray(scores, out + BLOCK + LANES);
    s12.intoArray(scores, out + BLOCK + 2 * LANES);
    s13.intoArray(scores, out + BLOCK + 3 * LANES);
    s20.intoArray(scores, out + 2 * BLOCK);
    s21.intoArray(scores, out + 2 * BLOCK + LANES);
    s22.intoArray(scores, out + 2 * BLOCK + 2 * LANES);
    s23.intoArray(scores, out + 2 * BLOCK + 3 * LANES);
    s30.intoArray(scores, out + 3 * BLOCK);
    s31.intoArray(scores, out + 3 * BLOCK + LANES);
    s32.intoArray(scores, out + 3 * BLOCK + 2 * LANES);
    s33.intoArray(scores, out + 3 * BLOCK + 3 * LANES);
  }

  @Override
  public float softmax(
      float[] scores,
      int scoresOffset,
      float scale,
      int from,
      int to,
      float[] state,
      int stateOffset) {
    float before = state[stateOffset];
    float maximum = scaleAndFindMaximum(scores, scoresOffset, scale, from, to, before);
    // Nothing visible is larger than −∞: probabilities are 0, and −∞ − −∞ is never formed.
    float shift = maximum == Float.NEGATIVE_INFINITY ? 0 : maximum;
    float sum = exponentials(scores, scoresOffset, shift);
    float rescale = Exponential.of(before - shift);
    state[stateOffset] = maximum;
    state[stateOffset + 1] = state[stateOffset + 1] * rescale + sum;
    return rescale;
  }

  private static float scaleAndFindMaximum(
      float[] scores, int offset, float scale, int from, int to, float before) {
    Arrays.fill(scores, offset, offset + from, Float.NEGATIVE_INFINITY);
    Arrays.fill(scores, offset + to, offset + BLOCK, Float.NEGATIVE_INFINITY);
    FloatVector largest = FloatVector.broadcast(FLOATS, before);
    for (int j = 0; j < BLOCK; j += LANES) {
      FloatVector scaled = FloatVector.fromArray(FLOATS, scores, offset + j).mul(scale);
      scaled.intoArray(scores, offset + j);
      largest = largest.max(scaled);
    }
    // Which of several equal maxima is found makes no difference: the order is free here.
    return largest.reduceLanes(VectorOperators.MAX);
  }

  private static float exponentials(float[] scores, int offset, float shift) {
    FloatVector round = FloatVector.broadcast(FLOATS, ROUND);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int j = 0; j < BLOCK; j += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, scores, offset + j).sub(shift);
      FloatVector clamped = x.max(LOWEST);
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
      exponential.intoArray(scores, offset + j);
      sum = sum.add(exponential);
    }
    float total = 0;
    for (int lane = 0; lane < LANES; lane++) {
      total += sum.lane(lane);
    }
    return total;
  }

  @Override
  public void accumulate(
      float[] probabilities,
      int probabilitiesOffset,
      float[] rescale,
      int rescaleOffset,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] out,
      int outOffset) {
    int d = 0;
    for (; d + WIDTH * LANES <= headDim; d += WIDTH * LANES) {
      accumulateStretch(
          probabilities,
          probabilitiesOffset,
          rescale,
          rescaleOffset,
          values,
          valuesOffset + d,
          headDim,
          out,
          outOffset + d);
    }
    if (d < headDim) {
      accumulateRest(
          probabilities,
          probabilitiesOffset,
          rescale,
          rescaleOffset,
          values,
          valuesOffset,
          headDim,
          out,
          outOffset,
          d);
    }
  }

  private static void accumulateStretch(
      float[] probabilities,
      int p,
      float[] rescale,
      int rescaleOffset,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] out,
      int o0) {
    int o1 = o0 + headDim;
    int o2 = o1 + headDim;
    int o3 = o2 + headDim;
    FloatVector s00 = FloatVector.fromArray(FLOATS, out, o0).mul(rescale[rescaleOffset]);
    FloatVector s01 = FloatVector.fromArray(FLOATS, out, o0 + LANES).mul(rescale[rescaleOffset]);
    FloatVector s02 =
        FloatVector.fromArray(FLOATS, out, o0 + 2 * LANES).mul(rescale[rescaleOffset]);
    FloatVector s03 =
        FloatVector.fromArray(FLOATS, out, o0 + 3 * LANES).mul(rescale[rescaleOffset]);
    FloatVector s10 = FloatVector.fromArray(FLOATS, out, o1).mul(rescale[rescaleOffset + 1]);
    FloatVector s11 =
        FloatVector.fromArray(FLOATS, out, o1 + LANES).mul(rescale[rescaleOffset + 1]);
    FloatVector s12 =
        FloatVector.fromArray(FLOATS, out, o1 + 2 * LANES).mul(rescale[rescaleOffset + 1]);
    FloatVector s13 =
        FloatVector.fromArray(FLOATS, out, o1 + 3 * LANES).mul(rescale[rescaleOffset + 1]);
    FloatVector s20 = FloatVector.fromArray(FLOATS, out, o2).mul(rescale[rescaleOffset + 2]);
    FloatVector s21 =
        FloatVector.fromArray(FLOATS, out, o2 + LANES).mul(rescale[rescaleOffset + 2]);
    FloatVector s22 =
        FloatVector.fromArray(FLOATS, out, o2 + 2 * LANES).mul(rescale[rescaleOffset + 2]);
    FloatVector s23 =
        FloatVector.fromArray(FLOATS, out, o2 + 3 * LANES).mul(rescale[rescaleOffset + 2]);
    FloatVector s30 = FloatVector.fromArray(FLOATS, out, o3).mul(rescale[rescaleOffset + 3]);
    FloatVector s31 =
        FloatVector.fromArray(FLOATS, out, o3 + LANES).mul(rescale[rescaleOffset + 3]);
    FloatVector s32 =
        FloatVector.fromArray(FLOATS, out, o3 + 2 * LANES).mul(rescale[rescaleOffset + 3]);
    FloatVector s33 =
        FloatVector.fromArray(FLOATS, out, o3 + 3 * LANES).mul(rescale[rescaleOffset + 3]);
    for (int j = 0; j < BLOCK; j++) {
      int value = valuesOffset + j * headDim;
      FloatVector v0 = FloatVector.fromArray(FLOATS, values, value);
      FloatVector v1 = FloatVector.fromArray(FLOATS, values, value + LANES);
      FloatVector v2 = FloatVector.fromArray(FLOATS, values, value + 2 * LANES);
      FloatVector v3 = FloatVector.fromArray(FLOATS, values, value + 3 * LANES);
      FloatVector w = FloatVector.broadcast(FLOATS, probabilities[p + j]);
      s00 = w.fma(v0, s00);
      s01 = w.fma(v1, s01);
      s02 = w.fma(v2, s02);
      s03 = w.fma(v3, s03);
      w = FloatVector.broadcast(FLOATS, probabilities[p + BLOCK + j]);
      s10 = w.fma(v0, s10);
      s11 = w.fma(v1, s11);
      s12 = w.fma(v2, s12);
      s13 = w.fma(v3, s13);
      w = FloatVector.broadcast(FLOATS, probabilities[p + 2 * BLOCK + j]);
      s20 = w.fma(v0, s20);
      s21 = w.fma(v1, s21);
      s22 = w.fma(v2, s22);
      s23 = w.fma(v3, s23);
      w = FloatVector.broadcast(FLOATS, probabilities[p + 3 * BLOCK + j]);
      s30 = w.fma(v0, s30);
      s31 = w.fma(v1, s31);
      s32 = w.fma(v2, s32);
      s33 = w.fma(v3, s33);
    }
    s00.intoArray(out, o0);
    s01.intoArray(out, o0 + LANES);
    s02.intoArray(out, o0 + 2 * LANES);
    s03.intoArray(out, o0 + 3 * LANES);
    s10.intoArray(out, o1);
    s11.intoArray(out, o1 + LANES);
    s12.intoArray(out, o1 + 2 * LANES);
    s13.intoArray(out, o1 + 3 * LANES);
    s20.intoArray(out, o2);
    s21.intoArray(out, o2 + LANES);
    s22.intoArray(out, o2 + 2 * LANES);
    s23.intoArray(out, o2 + 3 * LANES);
    s30.intoArray(out, o3);
    s31.intoArray(out, o3 + LANES);
    s32.intoArray(out, o3 + 2 * LANES);
    s33.intoArray(out, o3 + 3 * LANES);
  }

  /** Channels past the last whole stretch: a vector, then a channel at a time. */
  private static void accumulateRest(
      float[] probabilities,
      int probabilitiesOffset,
      float[] rescale,
      int rescaleOffset,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] out,
      int outOffset,
      int start) {
    int whole = FLOATS.loopBound(headDim);
    for (int r = 0; r < ROWS; r++) {
      int row = outOffset + r * headDim;
      int p = probabilitiesOffset + r * BLOCK;
      float factor = rescale[rescaleOffset + r];
      for (int d = start; d < whole; d += LANES) {
        FloatVector sum = FloatVector.fromArray(FLOATS, out, row + d).mul(factor);
        for (int j = 0; j < BLOCK; j++) {
          sum =
              FloatVector.fromArray(FLOATS, values, valuesOffset + j * headDim + d)
                  .fma(FloatVector.broadcast(FLOATS, probabilities[p + j]), sum);
        }
        sum.intoArray(out, row + d);
      }
      for (int d = whole; d < headDim; d++) {
        float sum = out[row + d] * factor;
        for (int j = 0; j < BLOCK; j++) {
          sum = Math.fma(probabilities[p + j], values[valuesOffset + j * headDim + d], sum);
        }
        out[row + d] = sum;
      }
    }
  }
}
