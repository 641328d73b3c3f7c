package io.github.jmixtral.tensor;

import io.github.jmixtral.kernel.Kernels;
import io.github.jmixtral.kernel.MatrixKernels;
import io.github.jmixtral.kernel.RowKernels;
import io.github.jmixtral.kernel.ThreadTeam;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Products of weight matrices with activations, {@code out[t] = W · x[t]}, several of them in one
 * parallel step: add them, then run.
 *
 * <pre>{@code
 * matMul.add(qProj, x, 0, tokens, q, 0);
 * matMul.add(kProj, x, 0, tokens, k, 0);
 * matMul.run();
 * }</pre>
 *
 * <p>The work is cut into items of {@link #ROWS} rows × {@link #TOKENS} tokens, which the team's
 * threads draw one by one. The items of one stretch of rows follow each other, so that its weights
 * come from memory once. No sum is cut: an output's bits depend neither on the number of threads
 * nor on the tokens beside it.
 *
 * <p>Holds scratch memory: belongs to one session at a time.
 */
public final class MatMul implements ThreadTeam.Step {

  /**
   * Rows of an item: with {@link #COLS}, its unpacked panel is 128 KiB, a quarter of a common L2.
   */
  private static final int ROWS = 32;

  /** Tokens of an item: their activations, {@link #COLS} of each, take 256 KiB. */
  private static final int TOKENS = 64;

  /** Columns of a panel: the 4 rows that a tile reads take 16 KiB, half of a common L1. */
  private static final int COLS = 1024;

  /** Fewer multiply-adds than this are done before another thread has woken up. */
  private static final long WORTH_SHARING = 1 << 16;

  private static final int TILE = MatrixKernels.TILE;

  private final MatrixKernels kernels;
  private final RowKernels rowKernels;
  private final ThreadTeam team;
  private final Scratch[] scratch;
  private final List<Product> products = new ArrayList<>();
  private int added;

  /** Makes the products of one session. */
  public MatMul(Kernels kernels, ThreadTeam team) {
    this.kernels = kernels.matrix();
    this.rowKernels = kernels.row();
    this.team = team;
    scratch = new Scratch[team.size()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new Scratch(kernels.matrix().lanes());
    }
  }

  /**
   * Adds a product to the next run.
   *
   * @param x activations [tokens, cols] from {@code xOffset} on
   * @param out [tokens, rows] from {@code outOffset} on, overwritten
   */
  public void add(
      WeightMatrix weights, float[] x, int xOffset, int tokens, float[] out, int outOffset) {
    nextProduct().set(weights, null, x, xOffset, tokens, out, outOffset);
  }

  /**
   * Adds the first half of an expert to the next run: {@code out[t] = silu(gate · x[t]) ⊙ (up ·
   * x[t])}.
   *
   * @param x activations [tokens, cols] from {@code xOffset} on
   * @param out [tokens, rows] from {@code outOffset} on, overwritten
   */
  public void addGated(
      WeightMatrix gate,
      WeightMatrix up,
      float[] x,
      int xOffset,
      int tokens,
      float[] out,
      int outOffset) {
    nextProduct().set(gate, up, x, xOffset, tokens, out, outOffset);
  }

  private Product nextProduct() {
    if (added == products.size()) {
      products.add(new Product());
    }
    return products.get(added++);
  }

  /** Computes what has been added since the last run. */
  public void run() {
    int items = 0;
    long multiplyAdds = 0;
    for (int i = 0; i < added; i++) {
      Product product = products.get(i);
      product.firstItem = items;
      items += product.items();
      multiplyAdds += product.multiplyAdds();
    }
    try {
      if (multiplyAdds < WORTH_SHARING) {
        for (int item = 0; item < items; item++) {
          run(item, 0);
        }
      } else {
        team.run(items, this);
      }
    } finally {
      for (int i = 0; i < added; i++) {
        products.get(i).clear();
      }
      added = 0;
    }
  }

  /** One item of the current run; called by the team. */
  @Override
  public void run(int item, int worker) {
    int number = 0;
    while (number + 1 < added && item >= products.get(number + 1).firstItem) {
      number++;
    }
    Product product = products.get(number);
    int within = item - product.firstItem;
    int tokenBlocks = product.tokenBlocks();
    int rowStart = within / tokenBlocks * ROWS;
    int rowEnd = Math.min(rowStart + ROWS, product.weights.rows());
    int tokenStart = within % tokenBlocks * TOKENS;
    int tokens = Math.min(TOKENS, product.tokens - tokenStart);
    Scratch own = scratch[worker];
    int cols = product.weights.cols();
    int x = product.xOffset + tokenStart * cols;
    int outStride = product.weights.rows();
    int out = product.outOffset + tokenStart * outStride + rowStart;
    multiply(
        product.weights, rowStart, rowEnd, product.x, x, tokens, product.out, out, outStride, own);
    if (product.up != null) {
      multiply(product.up, rowStart, rowEnd, product.x, x, tokens, own.up, 0, ROWS, own);
      for (int t = 0; t < tokens; t++) {
        rowKernels.siluMultiply(
            product.out, out + t * outStride, own.up, t * ROWS, rowEnd - rowStart);
      }
    }
  }

  /** Rows × tokens of one matrix; {@code out} is where the first row of the first token goes. */
  private void multiply(
      WeightMatrix weights,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      int tokens,
      float[] out,
      int outOffset,
      int outStride,
      Scratch own) {
    if (tokens == 1) {
      multiplyOne(weights, rowStart, rowEnd, x, xOffset, out, outOffset - rowStart, own.sums);
    } else {
      multiplyMany(weights, rowStart, rowEnd, x, xOffset, tokens, out, outOffset, outStride, own);
    }
  }

  private void multiplyOne(
      WeightMatrix weights,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums) {
    switch (weights) {
      case F32Matrix(var data, _, var cols) ->
          kernels.multiplyF32(data, cols, rowStart, rowEnd, x, xOffset, out, outOffset, sums);
      case F16Matrix(var data, _, var cols) ->
          kernels.multiplyF16(data, cols, rowStart, rowEnd, x, xOffset, out, outOffset, sums);
      case Bf16Matrix(var data, _, var cols) ->
          kernels.multiplyBf16(data, cols, rowStart, rowEnd, x, xOffset, out, outOffset, sums);
    }
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
      int outStride,
      Scratch own) {
    int cols = weights.cols();
    int lanes = kernels.lanes();
    int whole = cols - cols % lanes;
    int rowTiles = (rowEnd - rowStart + TILE - 1) / TILE;
    int tokenTiles = (tokens + TILE - 1) / TILE;
    int tileSums = TILE * TILE * lanes;
    Arrays.fill(own.sums, 0, rowTiles * tokenTiles * tileSums, 0f);
    for (int col = 0; col < whole; col += COLS) {
      int count = Math.min(COLS, whole - col);
      for (int r = 0; r < rowTiles * TILE; r++) {
        int row = Math.min(rowStart + r, rowEnd - 1);
        WeightRows.unpack(kernels, weights, (long) row * cols + col, own.panel, r * COLS, count);
      }
      for (int rowTile = 0; rowTile < rowTiles; rowTile++) {
        for (int tokenTile = 0; tokenTile < tokenTiles; tokenTile++) {
          int token = tokenTile * TILE;
          kernels.multiplyTile(
              own.panel,
              rowTile * TILE * COLS,
              COLS,
              count,
              x,
              xOffset + token * cols + col,
              xOffset + Math.min(token + 1, tokens - 1) * cols + col,
              xOffset + Math.min(token + 2, tokens - 1) * cols + col,
              xOffset + Math.min(token + 3, tokens - 1) * cols + col,
              own.sums,
              (rowTile * tokenTiles + tokenTile) * tileSums);
        }
      }
    }
    for (int rowTile = 0; rowTile < rowTiles; rowTile++) {
      for (int tokenTile = 0; tokenTile < tokenTiles; tokenTile++) {
        int tile = rowTile * tokenTiles + tokenTile;
        kernels.reduce(own.sums, tile * tileSums, TILE * TILE, own.totals, 0);
        int rows = Math.min(TILE, rowEnd - rowStart - rowTile * TILE);
        int columns = Math.min(TILE, tokens - tokenTile * TILE);
        for (int r = 0; r < rows; r++) {
          for (int t = 0; t < columns; t++) {
            out[outOffset + (tokenTile * TILE + t) * outStride + rowTile * TILE + r] =
                own.totals[r * TILE + t];
          }
        }
      }
    }
    if (whole < cols) {
      addLastColumns(
          weights, rowStart, rowEnd, whole, x, xOffset, tokens, out, outOffset, outStride, own);
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
      int outStride,
      Scratch own) {
    int cols = weights.cols();
    for (int row = rowStart; row < rowEnd; row++) {
      WeightRows.unpack(kernels, weights, (long) row * cols + whole, own.panel, 0, cols - whole);
      for (int t = 0; t < tokens; t++) {
        int target = outOffset + t * outStride + row - rowStart;
        float sum = out[target];
        for (int c = whole; c < cols; c++) {
          sum = Math.fma(own.panel[c - whole], x[xOffset + t * cols + c], sum);
        }
        out[target] = sum;
      }
    }
  }

  /** A product waiting for the next run. */
  private static final class Product {
    private WeightMatrix weights;
    private WeightMatrix up;
    private float[] x;
    private int xOffset;
    private int tokens;
    private float[] out;
    private int outOffset;
    private int firstItem;

    void set(
        WeightMatrix weights,
        WeightMatrix up,
        float[] x,
        int xOffset,
        int tokens,
        float[] out,
        int outOffset) {
      this.weights = weights;
      this.up = up;
      this.x = x;
      this.xOffset = xOffset;
      this.tokens = tokens;
      this.out = out;
      this.outOffset = outOffset;
    }

    void clear() {
      set(null, null, null, 0, 0, null, 0);
    }

    int tokenBlocks() {
      return (tokens + TOKENS - 1) / TOKENS;
    }

    int items() {
      return (weights.rows() + ROWS - 1) / ROWS * tokenBlocks();
    }

    long multiplyAdds() {
      return (long) weights.rows() * weights.cols() * tokens * (up == null ? 1 : 2);
    }
  }

  /** One worker's memory. */
  private static final class Scratch {
    private final float[] panel = new float[ROWS * COLS];
    private final float[] sums;
    private final float[] totals = new float[TILE * TILE];
    private final float[] up = new float[TOKENS * ROWS];

    Scratch(int lanes) {
      sums = new float[ROWS * TOKENS * lanes];
    }
  }
}
