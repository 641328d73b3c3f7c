package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The specification of {@link MatrixKernels} in plain loops, and what runs without the Vector API.
 */
final class ScalarMatrixKernels implements MatrixKernels {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public void multiplyF32(
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums) {
    for (int r = rowStart; r < rowEnd; r++) {
      long row = (long) r * cols * Float.BYTES;
      float sum = 0;
      for (int c = 0; c < cols; c++) {
        sum = Math.fma(weights.get(FLOAT, row + (long) c * Float.BYTES), x[xOffset + c], sum);
      }
      out[outOffset + r] = sum;
    }
  }

  @Override
  public void multiplyF16(
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums) {
    for (int r = rowStart; r < rowEnd; r++) {
      long row = (long) r * cols * Short.BYTES;
      float sum = 0;
      for (int c = 0; c < cols; c++) {
        float weight = Float.float16ToFloat(weights.get(SHORT, row + (long) c * Short.BYTES));
        sum = Math.fma(weight, x[xOffset + c], sum);
      }
      out[outOffset + r] = sum;
    }
  }

  @Override
  public void multiplyBf16(
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums) {
    for (int r = rowStart; r < rowEnd; r++) {
      long row = (long) r * cols * Short.BYTES;
      float sum = 0;
      for (int c = 0; c < cols; c++) {
        float weight = Float.intBitsToFloat(weights.get(SHORT, row + (long) c * Short.BYTES) << 16);
        sum = Math.fma(weight, x[xOffset + c], sum);
      }
      out[outOffset + r] = sum;
    }
  }

  @Override
  public void unpackF16(
      MemorySegment weights, long first, float[] panel, int panelOffset, int count) {
    for (int i = 0; i < count; i++) {
      panel[panelOffset + i] = Float.float16ToFloat(weights.get(SHORT, (first + i) * Short.BYTES));
    }
  }

  @Override
  public void unpackBf16(
      MemorySegment weights, long first, float[] panel, int panelOffset, int count) {
    for (int i = 0; i < count; i++) {
      panel[panelOffset + i] =
          Float.intBitsToFloat(weights.get(SHORT, (first + i) * Short.BYTES) << 16);
    }
  }

  @Override
  public void multiplyTile(
      float[] panel,
      int panelOffset,
      int panelStride,
      int cols,
      float[] x,
      int x0,
      int x1,
      int x2,
      int x3,
      float[] sums,
      int sumsOffset) {
    for (int r = 0; r < TILE; r++) {
      int row = panelOffset + r * panelStride;
      int sum = sumsOffset + r * TILE;
      for (int c = 0; c < cols; c++) {
        float weight = panel[row + c];
        sums[sum] = Math.fma(weight, x[x0 + c], sums[sum]);
        sums[sum + 1] = Math.fma(weight, x[x1 + c], sums[sum + 1]);
        sums[sum + 2] = Math.fma(weight, x[x2 + c], sums[sum + 2]);
        sums[sum + 3] = Math.fma(weight, x[x3 + c], sums[sum + 3]);
      }
    }
  }

  @Override
  public void reduce(float[] sums, int sumsOffset, int count, float[] totals, int totalsOffset) {
    System.arraycopy(sums, sumsOffset, totals, totalsOffset, count);
  }
}
