package io.github.jmixtral.internal.kernel;

import java.util.Arrays;

/**
 * The specification of {@link AttentionKernels} in plain loops, and what runs without the Vector
 * API.
 */
final class ScalarAttentionKernels implements AttentionKernels {

  @Override
  public void scores(
      float[] queries, float[] keys, int keysOffset, int headDim, int firstRow, float[] scores) {
    assert Borders.holds(queries.length, firstRow * headDim, ROWS * headDim);
    assert Borders.holds(keys.length, keysOffset, headDim * BLOCK);
    for (int r = firstRow; r < firstRow + ROWS; r++) {
      int row = r * BLOCK;
      Arrays.fill(scores, row, row + BLOCK, 0f);
      for (int d = 0; d < headDim; d++) {
        float query = queries[r * headDim + d];
        int key = keysOffset + d * BLOCK;
        for (int j = 0; j < BLOCK; j++) {
          scores[row + j] = Math.fma(query, keys[key + j], scores[row + j]);
        }
      }
    }
  }

  @Override
  public float softmax(float[] scores, int row, float scale, int from, int to, float[] states) {
    assert 0 <= from && from < to && to <= BLOCK;
    int first = row * BLOCK;
    float before = states[2 * row];
    float maximum = before;
    for (int j = from; j < to; j++) {
      maximum = Math.max(maximum, scores[first + j] * scale);
    }
    // Nothing visible is larger than −∞: probabilities are 0, and −∞ − −∞ is never formed.
    float shift = maximum == Float.NEGATIVE_INFINITY ? 0 : maximum;
    float sum = 0;
    for (int j = 0; j < BLOCK; j++) {
      boolean visible = from <= j && j < to;
      float p = visible ? Exponential.of(scores[first + j] * scale - shift) : 0f;
      scores[first + j] = p;
      sum += p;
    }
    float rescale = Exponential.of(before - shift);
    states[2 * row] = maximum;
    states[2 * row + 1] = states[2 * row + 1] * rescale + sum;
    return rescale;
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
    for (int r = firstRow; r < firstRow + ROWS; r++) {
      int row = r * headDim;
      for (int d = 0; d < headDim; d++) {
        out[row + d] *= rescale[r];
      }
      for (int j = 0; j < BLOCK; j++) {
        float p = probabilities[r * BLOCK + j];
        int value = valuesOffset + j * headDim;
        for (int d = 0; d < headDim; d++) {
          out[row + d] = Math.fma(p, values[value + d], out[row + d]);
        }
      }
    }
  }
}
