package io.github.jmixtral.internal.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link AttentionKernels} on vectors. Lanes are positions while scoring and channels while adding
 * values, so that no loop ends in a sum over lanes. The loops with many sums are generated: {@link
 * VectorAttentionLoops}.
 */
final class VectorAttentionKernels implements AttentionKernels {

  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final int LANES = FLOATS.length();
  private static final int STRETCH = VectorAttentionLoops.STRETCH;

  @Override
  public void scores(
      float[] queries, float[] keys, int keysOffset, int headDim, int firstRow, float[] scores) {
    assert Borders.holds(queries.length, firstRow * headDim, ROWS * headDim);
    assert Borders.holds(keys.length, keysOffset, headDim * BLOCK);
    for (int j = 0; j < BLOCK; j += STRETCH) {
      VectorAttentionLoops.scores(queries, keys, keysOffset, headDim, firstRow, j, scores);
    }
  }

  @Override
  public float softmax(float[] scores, int row, float scale, int from, int to, float[] states) {
    assert 0 <= from && from < to && to <= BLOCK;
    int first = row * BLOCK;
    float before = states[2 * row];
    Arrays.fill(scores, first, first + from, Float.NEGATIVE_INFINITY);
    Arrays.fill(scores, first + to, first + BLOCK, Float.NEGATIVE_INFINITY);
    float maximum = scaleAndFindMaximum(scores, first, scale, before);
    // Nothing visible is larger than −∞: probabilities are 0, and −∞ − −∞ is never formed.
    float shift = maximum == Float.NEGATIVE_INFINITY ? 0 : maximum;
    float sum = exponentials(scores, first, shift);
    float rescale = Exponential.of(before - shift);
    states[2 * row] = maximum;
    states[2 * row + 1] = states[2 * row + 1] * rescale + sum;
    return rescale;
  }

  private static float scaleAndFindMaximum(float[] scores, int first, float scale, float before) {
    FloatVector largest = FloatVector.broadcast(FLOATS, before);
    for (int j = first; j < first + BLOCK; j += LANES) {
      FloatVector scaled = FloatVector.fromArray(FLOATS, scores, j).mul(scale);
      scaled.intoArray(scores, j);
      largest = largest.max(scaled);
    }
    // Which of several equal maxima is found makes no difference: the order is free here.
    return largest.reduceLanes(VectorOperators.MAX);
  }

  private static float exponentials(float[] scores, int first, float shift) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int j = first; j < first + BLOCK; j += LANES) {
      FloatVector exponential =
          VectorExponential.of(FloatVector.fromArray(FLOATS, scores, j).sub(shift));
      exponential.intoArray(scores, j);
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
      float[] rescale,
      int firstRow,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] out) {
    assert Borders.holds(values.length, valuesOffset, BLOCK * headDim);
    assert Borders.holds(out.length, firstRow * headDim, ROWS * headDim);
    int d = 0;
    for (; d + STRETCH <= headDim; d += STRETCH) {
      VectorAttentionLoops.accumulate(
          probabilities, rescale, firstRow, values, valuesOffset, headDim, d, out);
    }
    for (int r = firstRow; d < headDim && r < firstRow + ROWS; r++) {
      accumulateRest(probabilities, rescale[r], r, values, valuesOffset, headDim, d, out);
    }
  }

  /** A row's channels past the last whole stretch: a vector, then a channel at a time. */
  private static void accumulateRest(
      float[] probabilities,
      float factor,
      int row,
      float[] values,
      int valuesOffset,
      int headDim,
      int channel,
      float[] out) {
    int whole = FLOATS.loopBound(headDim);
    int p = row * BLOCK;
    int to = row * headDim;
    for (int d = channel; d < whole; d += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, out, to + d).mul(factor);
      for (int j = 0; j < BLOCK; j++) {
        sum =
            FloatVector.fromArray(FLOATS, values, valuesOffset + j * headDim + d)
                .fma(FloatVector.broadcast(FLOATS, probabilities[p + j]), sum);
      }
      sum.intoArray(out, to + d);
    }
    for (int d = whole; d < headDim; d++) {
      float sum = out[to + d] * factor;
      for (int j = 0; j < BLOCK; j++) {
        sum = Math.fma(probabilities[p + j], values[valuesOffset + j * headDim + d], sum);
      }
      out[to + d] = sum;
    }
  }
}
