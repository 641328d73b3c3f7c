package io.github.jmixtral.tensor;

import io.github.jmixtral.kernel.MatrixKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Weights as single-precision floats, for looking up an embedding and for unpacking panels. */
public final class WeightRows {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private WeightRows() {}

  /** Copies one row, widened exactly: {@code out[outOffset + c] = W[row, c]}. */
  public static void read(
      MatrixKernels kernels, WeightMatrix weights, int row, float[] out, int outOffset) {
    unpack(kernels, weights, (long) row * weights.cols(), out, outOffset, weights.cols());
  }

  /**
   * Widens {@code count} consecutive elements, counted row by row from element {@code first} on.
   */
  static void unpack(
      MatrixKernels kernels,
      WeightMatrix weights,
      long first,
      float[] out,
      int outOffset,
      int count) {
    switch (weights) {
      case F32Matrix(var data, _, _) ->
          MemorySegment.copy(data, FLOAT, first * Float.BYTES, out, outOffset, count);
      case F16Matrix(var data, _, _) -> kernels.unpackF16(data, first, out, outOffset, count);
      case Bf16Matrix(var data, _, _) -> kernels.unpackBf16(data, first, out, outOffset, count);
    }
  }
}
