package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The specification of {@link MatrixKernels} in plain loops, and what runs without the Vector API.
 */
final class ScalarMatrixKernels implements MatrixKernels {

  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public void sumRows(
      FloatFormat format,
      MemorySegment weights,
      int cols,
      int row,
      int count,
      float[] x,
      int xOffset,
      float[] sums) {
    assert count >= 1 && count <= ROWS && Borders.holds(sums.length, 0, count * lanes());
    assert Borders.holds(
        weights, (long) row * cols * format.byteSize(), (long) count * cols * format.byteSize());
    assert Borders.holds(x.length, xOffset, cols);
    for (int r = 0; r < count; r++) {
      long first = (long) (row + r) * cols;
      float sum = 0;
      for (int c = 0; c < cols; c++) {
        sum = Math.fma(format.get(weights, first + c), x[xOffset + c], sum);
      }
      sums[r] = sum;
    }
  }

  @Override
  public void unpack(
      FloatFormat format,
      MemorySegment weights,
      long first,
      float[] panel,
      int panelOffset,
      int count) {
    assert Borders.holds(weights, first * format.byteSize(), (long) count * format.byteSize());
    assert Borders.holds(panel.length, panelOffset, count);
    for (int i = 0; i < count; i++) {
      panel[panelOffset + i] = format.get(weights, first + i);
    }
  }

  @Override
  public void multiplyTile(
      float[] panel,
      int panelOffset,
      int panelStride,
      int cols,
      float[] x,
      int[] xOffsets,
      float[] sums,
      int sumsOffset) {
    assert cols % lanes() == 0 && Borders.holds(sums.length, sumsOffset, TILE * TILE * lanes());
    int x0 = xOffsets[0];
    int x1 = xOffsets[1];
    int x2 = xOffsets[2];
    int x3 = xOffsets[3];
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
