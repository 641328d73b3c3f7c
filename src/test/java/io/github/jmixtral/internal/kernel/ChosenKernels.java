package io.github.jmixtral.internal.kernel;

import java.util.Arrays;

/** Says on standard output which kernels its process chose, and what they compute. */
final class ChosenKernels {
  private static final int GROUPS = 4;

  private ChosenKernels() {}

  /** Prints the width of vectors, twice, or each time the message of a refusal. */
  public static void main(String[] arguments) {
    for (int time = 0; time < 2; time++) {
      try {
        Kernels kernels = Kernels.detected();
        System.out.println(kernels.vectorBits() + " bits: " + results(kernels));
      } catch (IllegalArgumentException refusal) {
        System.out.println(refusal.getMessage());
      }
    }
  }

  /** What kernels give that has the same bits on vectors of any width. */
  static String results(Kernels kernels) {
    float[] x = Samples.floats(1, GROUPS * QuantizedKernels.GROUP);
    float[] gate = Samples.floats(2, 100);
    kernels.row().siluMultiply(gate, 0, Samples.floats(3, 100), 0, 100);
    float[] scores = Samples.floats(4, AttentionKernels.BLOCK);
    kernels.attention().softmax(scores, 0, 1, 3, 60, new float[] {0, 1});
    RoundedActivations rounded = RoundedActivations.allocate(GROUPS);
    kernels.quantized().quantize(x, 0, GROUPS, rounded, 0);
    QuantizedSamples weights = QuantizedSamples.random(5, 4, 32, x.length);
    float[] sums = new float[32];
    kernels
        .quantized()
        .multiplyOne(TileFormat.Q4, weights.tiles(), 0, 0, 1, 2, GROUPS, rounded, 0, sums);
    return Arrays.toString(gate) + Arrays.toString(scores) + Arrays.toString(sums);
  }
}
