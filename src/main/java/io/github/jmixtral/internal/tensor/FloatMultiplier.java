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

  FloatMultiplier(MatrixKernels kernels) {
    this.kernels = kernels;
    sums = new float[ROWS * TOKENS * kernels.lanes()];
  }

  /**
   * Multiplies some rows with some tokens.
   *
   * @param x activations [tokens, cols] from {@code xOffset} on
   * @param tokens at most {@link #TOKENS}
   * @param out where the first row of the first token goes, at {@code outOffset}; a token's rows
   *     are {@code outStride} after the one before's
   */
  void multiply(
      WeightMatrix weights,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      int tokens,
      float[] out,
      int outOffset,
      int outStride) {
    if (tokens > 1
        || !multiplyOne(weights, rowStart, rowEnd, x, xOffset, out, outOffset - rowStart)) {
      multiplyMany(weights, rowStart, rowEnd, x, xOffset, tokens, out, outOffset, outStride);
    }
  }

  /** One token, straight from the weights; false: they have to be unpacked first. */
  private boolean multiplyOne(
      WeightMatrix weights,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset) {
    switch (weights) {
      case FloatMatrix(var format, var data, _, var cols) -> {
        switch (format) {
          case F32 ->
              kernels.multiplyF32(data, cols, rowStart, rowEnd, x, xOffset, out, outOffset, sums);
          case F16 ->
              kernels.multiplyF16(data, cols, rowStart, rowEnd, x, xOffset, out, outOffset, sums);
          case BF16 ->
              kernels.multiplyBf16(data, cols, rowStart, rowEnd, x, xOffset, out, outOffset, sums);
        }
      }
      case TiledMatrix _, ReorderedMatrix _, EncodedMatrix _ -> {
        return false;
      }
    }
    return true;
  }

  /**
   * Unpacks the rows a panel of columns at a time and runs all tokens over each panel, in tiles of
   * 4 rows × 4 tokens. A tile that sticks out computes its last row or token again and drops it.
   */
  private void multiplyMany(
      WeightMatrix weights,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      int tokens,
      float[] out,
      int outOffset,
      int outStride) {
    int cols = weights.cols();
    int lanes = kernels.lanes();
    int whole = cols - cols % lanes;
    int rowTiles = (rowEnd - rowStart + TILE - 1) / TILE;
    int tokenTiles = (tokens + TILE - 1) / TILE;
    int tileSums = TILE * TILE * lanes;
    Arrays.fill(sums, 0, rowTiles * tokenTiles * tileSums, 0f);
    for (int col = 0; col < whole; col += COLS) {
      int count = Math.min(COLS, whole - col);
      for (int r = 0; r < rowTiles * TILE; r++) {
        int row = Math.min(rowStart + r, rowEnd - 1);
        WeightRows.unpack(kernels, weights, row, col, panel, r * COLS, count);
      }
      for (int rowTile = 0; rowTile < rowTiles; rowTile++) {
        for (int tokenTile = 0; tokenTile < tokenTiles; tokenTile++) {
          int token = tokenTile * TILE;
          kernels.multiplyTile(
              panel,
              rowTile * TILE * COLS,
              COLS,
              count,
              x,
              xOffset + token * cols + col,
              xOffset + Math.min(token + 1, tokens - 1) * cols + col,
              xOffset + Math.min(token + 2, tokens - 1) * cols + col,
              xOffset + Math.min(token + 3, tokens - 1) * cols + col,
              sums,
              (rowTile * tokenTiles + tokenTile) * tileSums);
        }
      }
    }
    for (int rowTile = 0; rowTile < rowTiles; rowTile++) {
      for (int tokenTile = 0; tokenTile < tokenTiles; tokenTile++) {
        int tile = rowTile * tokenTiles + tokenTile;
        kernels.reduce(sums, tile * tileSums, TILE * TILE, totals, 0);
        int rows = Math.min(TILE, rowEnd - rowStart - rowTile * TILE);
        int columns = Math.min(TILE, tokens - tokenTile * TILE);
        for (int r = 0; r < rows; r++) {
          for (int t = 0; t < columns; t++) {
            out[outOffset + (tokenTile * TILE + t) * outStride + rowTile * TILE + r] =
                totals[r * TILE + t];
          }
        }
      }
    }
    if (whole < cols) {
      addLastColumns(
          weights, rowStart, rowEnd, whole, x, xOffset, tokens, out, outOffset, outStride);
    }
  }

  /** The columns past the last whole vector, one by one, as the one-token kernels add them. */
  private void addLastColumns(
      WeightMatrix weights,
      int rowStart,
      int rowEnd,
      int whole,
      float[] x,
      int xOffset,
      int tokens,
      float[] out,
      int outOffset,
      int outStride) {
    int cols = weights.cols();
    for (int row = rowStart; row < rowEnd; row++) {
      WeightRows.unpack(kernels, weights, row, whole, panel, 0, cols - whole);
      for (int t = 0; t < tokens; t++) {
        int target = outOffset + t * outStride + row - rowStart;
        float sum = out[target];
        for (int c = whole; c < cols; c++) {
          sum = Math.fma(panel[c - whole], x[xOffset + t * cols + c], sum);
        }
        out[target] = sum;
      }
    }
  }
}
