package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.MatrixKernels;
import java.util.Arrays;

/**
 * Products in single precision: weights of any format, widened, times float activations. One
 * worker's: holds scratch memory.
 */
final class FloatMultiplier {

  /**
   * Rows of a work item: with {@link #COLS}, its unpacked panel is 128 KiB, a quarter of a common
   * L2.
   */
  static final int ROWS = 32;

  /** Tokens of a work item: their activations, {@link #COLS} of each, take 256 KiB. */
  static final int TOKENS = 64;

  /** Columns of a panel: the 4 rows that a tile reads take 16 KiB, half of a common L1. */
  private static final int COLS = 1024;

  private static final int TILE = MatrixKernels.TILE;

  private final MatrixKernels kernels;
  private final float[] panel = new float[ROWS * COLS];
  private final float[] sums;
  private final float[] totals = new float[TILE * TILE];
  private final int[] xOffsets = new int[TILE];

  FloatMultiplier(MatrixKernels kernels) {
    this.kernels = kernels;
    sums = new float[ROWS * TOKENS * kernels.lanes()];
  }

  /**
   * Multiplies some rows with some tokens.
   *
   * @param item at most {@link #ROWS} × {@link #TOKENS}
   * @param x activations [tokens, cols], those of the product's first token at {@code xOffset}
   */
  void multiply(WeightMatrix weights, WorkItem item, float[] x, int xOffset) {
    int cols = weights.cols();
    int first = xOffset + item.tokenStart * cols;
    if (item.tokens == 1 && weights instanceof FloatMatrix floats) {
      multiplyOne(floats, item, x, first);
    } else {
      multiplyMany(weights, item, x, first);
    }
    int whole = cols - cols % kernels.lanes();
    if (whole < cols) {
      addLastColumns(weights, item, whole, x, first);
    }
  }

  /** One token, straight from the weights. */
  private void multiplyOne(FloatMatrix weights, WorkItem item, float[] x, int xOffset) {
    for (int row = item.rowStart; row < item.rowEnd; row += MatrixKernels.ROWS) {
      int count = Math.min(MatrixKernels.ROWS, item.rowEnd - row);
      kernels.sumRows(
          weights.format(), weights.data(), weights.cols(), row, count, x, xOffset, sums);
      kernels.reduce(sums, 0, count, item.out, item.outOffset + row - item.rowStart);
    }
  }

  /**
   * Unpacks the rows a panel of columns at a time and runs all tokens over each panel, in tiles of
   * 4 rows × 4 tokens. A tile that sticks out computes its last row or token again and drops it.
   */
  private void multiplyMany(WeightMatrix weights, WorkItem item, float[] x, int xOffset) {
    int cols = weights.cols();
    int lanes = kernels.lanes();
    int whole = cols - cols % lanes;
    int rowTiles = (item.rows() + TILE - 1) / TILE;
    int tokenTiles = (item.tokens + TILE - 1) / TILE;
    int tileSums = TILE * TILE * lanes;
    Arrays.fill(sums, 0, rowTiles * tokenTiles * tileSums, 0f);
    for (int col = 0; col < whole; col += COLS) {
      int count = Math.min(COLS, whole - col);
      for (int r = 0; r < rowTiles * TILE; r++) {
        int row = Math.min(item.rowStart + r, item.rowEnd - 1);
        WeightRows.unpack(kernels, weights, row, col, panel, r * COLS, count);
      }
      for (int rowTile = 0; rowTile < rowTiles; rowTile++) {
        for (int tokenTile = 0; tokenTile < tokenTiles; tokenTile++) {
          for (int t = 0; t < TILE; t++) {
            int token = Math.min(tokenTile * TILE + t, item.tokens - 1);
            xOffsets[t] = xOffset + token * cols + col;
          }
          int to = (rowTile * tokenTiles + tokenTile) * tileSums;
          kernels.multiplyTile(panel, rowTile * TILE * COLS, COLS, count, x, xOffsets, sums, to);
        }
      }
    }
    for (int rowTile = 0; rowTile < rowTiles; rowTile++) {
      for (int tokenTile = 0; tokenTile < tokenTiles; tokenTile++) {
        kernels.reduce(sums, (rowTile * tokenTiles + tokenTile) * tileSums, TILE * TILE, totals, 0);
        store(item, rowTile * TILE, tokenTile * TILE);
      }
    }
  }

  /** Stores the totals [4 rows, 4 tokens] of a tile, but for what sticks out. */
  private void store(WorkItem item, int firstRow, int firstToken) {
    int rows = Math.min(TILE, item.rows() - firstRow);
    int tokens = Math.min(TILE, item.tokens - firstToken);
    for (int r = 0; r < rows; r++) {
      for (int t = 0; t < tokens; t++) {
        item.out[item.outOf(firstToken + t) + firstRow + r] = totals[r * TILE + t];
      }
    }
  }

  /** The columns past the last whole vector, one by one. */
  private void addLastColumns(
      WeightMatrix weights, WorkItem item, int whole, float[] x, int xOffset) {
    int cols = weights.cols();
    for (int row = item.rowStart; row < item.rowEnd; row++) {
      WeightRows.unpack(kernels, weights, row, whole, panel, 0, cols - whole);
      for (int t = 0; t < item.tokens; t++) {
        int target = item.outOf(t) + row - item.rowStart;
        float sum = item.out[target];
        for (int c = whole; c < cols; c++) {
          sum = Math.fma(panel[c - whole], x[xOffset + t * cols + c], sum);
        }
        item.out[target] = sum;
      }
    }
  }
}
