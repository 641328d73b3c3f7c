package io.github.jmixtral.internal.kernel;

/**
 * The specification of {@link RoundingKernels} in plain loops, and what runs without the Vector
 * API.
 */
final class ScalarRoundingKernels implements RoundingKernels {

  @Override
  public void searchScales(
      float[] weights,
      float[] importance,
      int importanceOffset,
      float[] candidates,
      float lowest,
      float highest,
      float[] scales) {
    for (int row = 0; row < ROWS; row++) {
      float largest = largest(weights, row);
      float best = 0;
      scales[row] = 0;
      for (float candidate : candidates) {
        float inverse = largest == 0 ? 0 : candidate / largest;
        float products = 0;
        float squares = 0;
        for (int c = 0; c < COLUMNS; c++) {
          float w = weights[c * ROWS + row];
          float q = Math.min(Math.max(round(w * inverse), lowest), highest);
          float weighted = q * importance[importanceOffset + c];
          products = Math.fma(weighted, w, products);
          squares = Math.fma(weighted, q, squares);
        }
        // The error with the best scale is Σ w² − (Σ w · q)² / Σ q².
        float explained = products * products / squares;
        if (explained > best) {
          best = explained;
          scales[row] = products / squares;
        }
      }
    }
  }

  /** The weight of largest absolute value, the first of them. */
  private static float largest(float[] weights, int row) {
    float largest = 0;
    for (int c = 0; c < COLUMNS; c++) {
      float w = weights[c * ROWS + row];
      if (Math.abs(w) > Math.abs(largest)) {
        largest = w;
      }
    }
    return largest;
  }

  /** To the nearest whole number, halves to even. */
  private static float round(float value) {
    return value + Exponential.ROUND - Exponential.ROUND;
  }

  @Override
  public void round(
      float[] weights,
      float[] scales,
      float lowest,
      float highest,
      float[] integers,
      float[] errors,
      float[] squares) {
    for (int row = 0; row < ROWS; row++) {
      float scale = scales[row];
      float inverse = scale == 0 ? 0 : 1 / scale;
      errors[row] = 0;
      squares[row] = 0;
      for (int c = 0; c < COLUMNS; c++) {
        float w = weights[c * ROWS + row];
        float q = Math.min(Math.max(round(w * inverse), lowest), highest);
        float error = Math.fma(-scale, q, w);
        integers[c * ROWS + row] = q;
        errors[row] = Math.fma(error, error, errors[row]);
        squares[row] = Math.fma(w, w, squares[row]);
      }
    }
  }
}
