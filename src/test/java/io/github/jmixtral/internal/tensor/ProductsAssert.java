package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import java.util.Arrays;

/** Products of any number of tokens, by any number of threads. */
final class ProductsAssert {
  private ProductsAssert() {}

  /**
   * Multiplies the last tokens with rounded activations.
   *
   * @param x [most tokens, cols]
   * @param expected [most tokens, rows]
   * @param counts how many tokens, one number after the other
   */
  static void assertProducts(
      Kernels kernels, WeightMatrix weights, float[] x, float[] expected, int... counts) {
    int rows = weights.rows();
    int cols = weights.cols();
    int most = x.length / cols;
    for (int threads = 1; threads <= 3; threads++) {
      try (ThreadTeam team = new ThreadTeam(threads)) {
        MatMul matMul = new MatMul(kernels, team, true);
        for (int tokens : counts) {
          int first = most - tokens;
          float[] out = new float[tokens * rows + 1];
          matMul.add(weights, x, first * cols, tokens, out, 1);
          matMul.run();
          assertArrayEquals(
              Arrays.copyOfRange(expected, first * rows, most * rows),
              Arrays.copyOfRange(out, 1, out.length),
              tokens + " tokens, " + threads + " threads");
        }
      }
    }
  }
}
