package io.github.jmixtral.internal.kernel;

/**
 * Inner loops over the channels of one token: normalisation and activation. Arguments are the
 * caller's responsibility.
 */
public sealed interface RowKernels permits ScalarRowKernels, VectorRowKernels {

  /**
   * RMSNorm: {@code out[i] = x[i] / sqrt(mean(x²) + epsilon) · weight[i]}.
   *
   * <p>Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
   *
   * @param x input, {@code count} floats from {@code xOffset} on
   * @param weight [count]
   * @param out may be {@code x} itself at the same offset
   */
  void rmsNorm(
      float[] x, int xOffset, float[] weight, float epsilon, int count, float[] out, int outOffset);

  /**
   * SiLU of the gate times the up projection, in the gate's place: {@code gate[i] = gate[i] / (1 +
   * exp(−gate[i])) · up[i]}.
   */
  void siluMultiply(float[] gate, int gateOffset, float[] up, int upOffset, int count);
}
