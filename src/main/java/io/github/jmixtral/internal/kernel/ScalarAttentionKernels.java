package io.github.jmixtral.internal.kernel;

import java.util.Arrays;

/**
 * The specification of {@link AttentionKernels} in plain loops, and what runs without the Vector
 * API.
 */
final class ScalarAttentionKernels implements AttentionKernels {

  @Override
  public void scores(
      float[] queries,
      int queriesOffset,
      float[] keys,
      int keysOffset,
      int headDim,
      float[] scores,
      int scoresOffset) {
    for (int r = 0; r < ROWS; r++) {
      int row = scoresOffset + r * BLOCK;
      Arrays.fill(scores, row, row + BLOCK, 0f);
      for (int d = 0; d < headDim; d++) {
        float query = queries[queriesOffset + r * headDim + d];
        int key = keysOffset + d * BLOCK;
        for (int j = 0; j < BLOCK; j++) {
          scores[row + j] = Math.fma(query, keys[key + j], scores[row + j]);
        }
      }
    }
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
    float maximum = before;
    for (int j = from; j < to; j++) {
      maximum = Math.max(maximum, scores[scoresOffset + j] * scale);
    }
    // Nothing visible is larger than −∞: probabilities are 0, and −∞ − −∞ is never formed.
    float shift = maximum == Float.NEGATIVE_INFINITY ? 0 : maximum;
    float sum = 0;
    for (int j = 0; j < BLOCK; j++) {
      boolean visible = from <= j && j < to;
      float p = visible ? Exponential.of(scores[scoresOffset + j] * scale - shift) : 0f;
      scores[scoresOffset + j] = p;
      sum += p;
    }
    float rescale = Exponential.of(before - shift);
    state[stateOffset] = maximum;
    state[stateOffset + 1] = state[stateOffset + 1] * rescale + sum;
    return rescale;
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
    for (int r = 0; r < ROWS; r++) {
      int row = outOffset + r * headDim;
      for (int d = 0; d < headDim; d++) {
        out[row + d] *= rescale[rescaleOffset + r];
      }
      for (int j = 0; j < BLOCK; j++) {
        float p = probabilities[probabilitiesOffset + r * BLOCK + j];
        int value = valuesOffset + j * headDim;
        for (int d = 0; d < headDim; d++) {
          out[row + d] = Math.fma(p, values[value + d], out[row + d]);
        }
      }
    }
  }
}
