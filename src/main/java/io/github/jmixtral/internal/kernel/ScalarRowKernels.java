package io.github.jmixtral.internal.kernel;

/** The specification of {@link RowKernels} in plain loops, and what runs without the Vector API. */
final class ScalarRowKernels implements RowKernels {

  @Override
  public void rmsNorm(
      float[] x,
      int xOffset,
      float[] weight,
      float epsilon,
      int count,
      float[] out,
      int outOffset) {
    float squares = 0;
    for (int i = 0; i < count; i++) {
      squares = Math.fma(x[xOffset + i], x[xOffset + i], squares);
    }
    float scale = (float) (1 / Math.sqrt(squares / count + epsilon));
    for (int i = 0; i < count; i++) {
      out[outOffset + i] = x[xOffset + i] * scale * weight[i];
    }
  }

  @Override
  public void siluMultiply(float[] gate, int gateOffset, float[] up, int upOffset, int count) {
    for (int i = 0; i < count; i++) {
      float g = gate[gateOffset + i];
      gate[gateOffset + i] = g / (1 + Exponential.of(-g)) * up[upOffset + i];
    }
  }
}
