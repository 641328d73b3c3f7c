// Generated from scripts/kernels/VectorAttentionLoops.template: do not edit.
// Change the template and run scripts/GenerateKernels.java.
package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.AttentionKernels.BLOCK;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link VectorAttentionKernels} that keep four rows × four vectors of sums in
 * registers. {@link VectorQuantizedKernels} says why the arithmetic stands inline.
 */
final class VectorAttentionLoops {

  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final int LANES = FLOATS.length();

  /**
   * Lanes of the vectors that a call computes for each row. Four vectors for each of four rows are
   * 16 independent sums: more than the 8 that keep two multiply-adds a cycle busy over a latency of
   * 4 cycles. A vector of keys or values, once loaded, serves four rows. Of 512 bits, they are a
   * whole block of positions.
   */
  static final int STRETCH = 4 * LANES;

  private VectorAttentionLoops() {}

  /**
   * {@link AttentionKernels#scores} of a stretch of positions.
   *
   * @param position the first of them
   */
  static void scores(
      float[] queries,
      float[] keys,
      int keysOffset,
      int headDim,
      int firstRow,
      int position,
      float[] scores) {
    int query0 = (firstRow + 0) * headDim;
    FloatVector sum0of0 = FloatVector.zero(FLOATS);
    FloatVector sum0of1 = FloatVector.zero(FLOATS);
    FloatVector sum0of2 = FloatVector.zero(FLOATS);
    FloatVector sum0of3 = FloatVector.zero(FLOATS);
    int query1 = (firstRow + 1) * headDim;
    FloatVector sum1of0 = FloatVector.zero(FLOATS);
    FloatVector sum1of1 = FloatVector.zero(FLOATS);
    FloatVector sum1of2 = FloatVector.zero(FLOATS);
    FloatVector sum1of3 = FloatVector.zero(FLOATS);
    int query2 = (firstRow + 2) * headDim;
    FloatVector sum2of0 = FloatVector.zero(FLOATS);
    FloatVector sum2of1 = FloatVector.zero(FLOATS);
    FloatVector sum2of2 = FloatVector.zero(FLOATS);
    FloatVector sum2of3 = FloatVector.zero(FLOATS);
    int query3 = (firstRow + 3) * headDim;
    FloatVector sum3of0 = FloatVector.zero(FLOATS);
    FloatVector sum3of1 = FloatVector.zero(FLOATS);
    FloatVector sum3of2 = FloatVector.zero(FLOATS);
    FloatVector sum3of3 = FloatVector.zero(FLOATS);
    for (int d = 0; d < headDim; d++) {
      int at = keysOffset + d * BLOCK + position;
      FloatVector keys0 = FloatVector.fromArray(FLOATS, keys, at + 0 * LANES);
      FloatVector keys1 = FloatVector.fromArray(FLOATS, keys, at + 1 * LANES);
      FloatVector keys2 = FloatVector.fromArray(FLOATS, keys, at + 2 * LANES);
      FloatVector keys3 = FloatVector.fromArray(FLOATS, keys, at + 3 * LANES);
      FloatVector channel0 = FloatVector.broadcast(FLOATS, queries[query0 + d]);
      sum0of0 = channel0.fma(keys0, sum0of0);
      sum0of1 = channel0.fma(keys1, sum0of1);
      sum0of2 = channel0.fma(keys2, sum0of2);
      sum0of3 = channel0.fma(keys3, sum0of3);
      FloatVector channel1 = FloatVector.broadcast(FLOATS, queries[query1 + d]);
      sum1of0 = channel1.fma(keys0, sum1of0);
      sum1of1 = channel1.fma(keys1, sum1of1);
      sum1of2 = channel1.fma(keys2, sum1of2);
      sum1of3 = channel1.fma(keys3, sum1of3);
      FloatVector channel2 = FloatVector.broadcast(FLOATS, queries[query2 + d]);
      sum2of0 = channel2.fma(keys0, sum2of0);
      sum2of1 = channel2.fma(keys1, sum2of1);
      sum2of2 = channel2.fma(keys2, sum2of2);
      sum2of3 = channel2.fma(keys3, sum2of3);
      FloatVector channel3 = FloatVector.broadcast(FLOATS, queries[query3 + d]);
      sum3of0 = channel3.fma(keys0, sum3of0);
      sum3of1 = channel3.fma(keys1, sum3of1);
      sum3of2 = channel3.fma(keys2, sum3of2);
      sum3of3 = channel3.fma(keys3, sum3of3);
    }
    int to = firstRow * BLOCK + position;
    sum0of0.intoArray(scores, to + 0 * BLOCK + 0 * LANES);
    sum0of1.intoArray(scores, to + 0 * BLOCK + 1 * LANES);
    sum0of2.intoArray(scores, to + 0 * BLOCK + 2 * LANES);
    sum0of3.intoArray(scores, to + 0 * BLOCK + 3 * LANES);
    sum1of0.intoArray(scores, to + 1 * BLOCK + 0 * LANES);
    sum1of1.intoArray(scores, to + 1 * BLOCK + 1 * LANES);
    sum1of2.intoArray(scores, to + 1 * BLOCK + 2 * LANES);
    sum1of3.intoArray(scores, to + 1 * BLOCK + 3 * LANES);
    sum2of0.intoArray(scores, to + 2 * BLOCK + 0 * LANES);
    sum2of1.intoArray(scores, to + 2 * BLOCK + 1 * LANES);
    sum2of2.intoArray(scores, to + 2 * BLOCK + 2 * LANES);
    sum2of3.intoArray(scores, to + 2 * BLOCK + 3 * LANES);
    sum3of0.intoArray(scores, to + 3 * BLOCK + 0 * LANES);
    sum3of1.intoArray(scores, to + 3 * BLOCK + 1 * LANES);
    sum3of2.intoArray(scores, to + 3 * BLOCK + 2 * LANES);
    sum3of3.intoArray(scores, to + 3 * BLOCK + 3 * LANES);
  }

  /**
   * {@link AttentionKernels#accumulate} of a stretch of channels.
   *
   * @param channel the first of them
   */
  static void accumulate(
      float[] probabilities,
      float[] rescale,
      int firstRow,
      float[] values,
      int valuesOffset,
      int headDim,
      int channel,
      float[] out) {
    int row0 = (firstRow + 0) * BLOCK;
    int out0 = (firstRow + 0) * headDim + channel;
    float factor0 = rescale[firstRow + 0];
    FloatVector sum0of0 = FloatVector.fromArray(FLOATS, out, out0 + 0 * LANES).mul(factor0);
    FloatVector sum0of1 = FloatVector.fromArray(FLOATS, out, out0 + 1 * LANES).mul(factor0);
    FloatVector sum0of2 = FloatVector.fromArray(FLOATS, out, out0 + 2 * LANES).mul(factor0);
    FloatVector sum0of3 = FloatVector.fromArray(FLOATS, out, out0 + 3 * LANES).mul(factor0);
    int row1 = (firstRow + 1) * BLOCK;
    int out1 = (firstRow + 1) * headDim + channel;
    float factor1 = rescale[firstRow + 1];
    FloatVector sum1of0 = FloatVector.fromArray(FLOATS, out, out1 + 0 * LANES).mul(factor1);
    FloatVector sum1of1 = FloatVector.fromArray(FLOATS, out, out1 + 1 * LANES).mul(factor1);
    FloatVector sum1of2 = FloatVector.fromArray(FLOATS, out, out1 + 2 * LANES).mul(factor1);
    FloatVector sum1of3 = FloatVector.fromArray(FLOATS, out, out1 + 3 * LANES).mul(factor1);
    int row2 = (firstRow + 2) * BLOCK;
    int out2 = (firstRow + 2) * headDim + channel;
    float factor2 = rescale[firstRow + 2];
    FloatVector sum2of0 = FloatVector.fromArray(FLOATS, out, out2 + 0 * LANES).mul(factor2);
    FloatVector sum2of1 = FloatVector.fromArray(FLOATS, out, out2 + 1 * LANES).mul(factor2);
    FloatVector sum2of2 = FloatVector.fromArray(FLOATS, out, out2 + 2 * LANES).mul(factor2);
    FloatVector sum2of3 = FloatVector.fromArray(FLOATS, out, out2 + 3 * LANES).mul(factor2);
    int row3 = (firstRow + 3) * BLOCK;
    int out3 = (firstRow + 3) * headDim + channel;
    float factor3 = rescale[firstRow + 3];
    FloatVector sum3of0 = FloatVector.fromArray(FLOATS, out, out3 + 0 * LANES).mul(factor3);
    FloatVector sum3of1 = FloatVector.fromArray(FLOATS, out, out3 + 1 * LANES).mul(factor3);
    FloatVector sum3of2 = FloatVector.fromArray(FLOATS, out, out3 + 2 * LANES).mul(factor3);
    FloatVector sum3of3 = FloatVector.fromArray(FLOATS, out, out3 + 3 * LANES).mul(factor3);
    for (int j = 0; j < BLOCK; j++) {
      int at = valuesOffset + j * headDim + channel;
      FloatVector values0 = FloatVector.fromArray(FLOATS, values, at + 0 * LANES);
      FloatVector values1 = FloatVector.fromArray(FLOATS, values, at + 1 * LANES);
      FloatVector values2 = FloatVector.fromArray(FLOATS, values, at + 2 * LANES);
      FloatVector values3 = FloatVector.fromArray(FLOATS, values, at + 3 * LANES);
      FloatVector weight0 = FloatVector.broadcast(FLOATS, probabilities[row0 + j]);
      sum0of0 = weight0.fma(values0, sum0of0);
      sum0of1 = weight0.fma(values1, sum0of1);
      sum0of2 = weight0.fma(values2, sum0of2);
      sum0of3 = weight0.fma(values3, sum0of3);
      FloatVector weight1 = FloatVector.broadcast(FLOATS, probabilities[row1 + j]);
      sum1of0 = weight1.fma(values0, sum1of0);
      sum1of1 = weight1.fma(values1, sum1of1);
      sum1of2 = weight1.fma(values2, sum1of2);
      sum1of3 = weight1.fma(values3, sum1of3);
      FloatVector weight2 = FloatVector.broadcast(FLOATS, probabilities[row2 + j]);
      sum2of0 = weight2.fma(values0, sum2of0);
      sum2of1 = weight2.fma(values1, sum2of1);
      sum2of2 = weight2.fma(values2, sum2of2);
      sum2of3 = weight2.fma(values3, sum2of3);
      FloatVector weight3 = FloatVector.broadcast(FLOATS, probabilities[row3 + j]);
      sum3of0 = weight3.fma(values0, sum3of0);
      sum3of1 = weight3.fma(values1, sum3of1);
      sum3of2 = weight3.fma(values2, sum3of2);
      sum3of3 = weight3.fma(values3, sum3of3);
    }
    sum0of0.intoArray(out, out0 + 0 * LANES);
    sum0of1.intoArray(out, out0 + 1 * LANES);
    sum0of2.intoArray(out, out0 + 2 * LANES);
    sum0of3.intoArray(out, out0 + 3 * LANES);
    sum1of0.intoArray(out, out1 + 0 * LANES);
    sum1of1.intoArray(out, out1 + 1 * LANES);
    sum1of2.intoArray(out, out1 + 2 * LANES);
    sum1of3.intoArray(out, out1 + 3 * LANES);
    sum2of0.intoArray(out, out2 + 0 * LANES);
    sum2of1.intoArray(out, out2 + 1 * LANES);
    sum2of2.intoArray(out, out2 + 2 * LANES);
    sum2of3.intoArray(out, out2 + 3 * LANES);
    sum3of0.intoArray(out, out3 + 0 * LANES);
    sum3of1.intoArray(out, out3 + 1 * LANES);
    sum3of2.intoArray(out, out3 + 2 * LANES);
    sum3of3.intoArray(out, out3 + 3 * LANES);
  }
}
